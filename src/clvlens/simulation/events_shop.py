"""Rows of orders, carts, bookings and visits, from what happened in each month."""

from __future__ import annotations

import numpy as np

from clvlens.simulation.columns import Rows, pick, stack
from clvlens.simulation.levers import World
from clvlens.simulation.life import VISITS, Month
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import EARLY_VISITS
from clvlens.simulation.shop import BOOKINGS, CARTS, DIRECT

COUNT = CARTS + DIRECT
FREE_SHIPPING = 60.0  # USD of an order from which shipping is free
FEE = 4.9
WEB, PHONE, APP, SUBSCRIPTION, BOOKING = range(5)
CALCULATOR, COMMUNITY = 2, 4  # places among the kinds of a visit
MINUTES = 1440  # a day


def position(world: World) -> np.ndarray:
    """Return each customer's place in the block, as a column that broadcasts over slots."""
    return np.arange(world.people.size)[:, None]


def serial(world: World, month: int, kind: int, slots: int = 1) -> np.ndarray:
    """Return numbers that tell rows apart, whatever other customers do."""
    number = ((world.people.index[:, None] * 100 + month) * 10 + kind) * 10 + np.arange(slots)
    return number if slots > 1 else number[:, 0]


def orders(world: World, month: Month) -> Rows:
    """Return the shop's orders, the paid charges and the kept bookings: all that is value."""
    return stack([_shop(world, month), _charges(world, month), _kept(world, month)])


def _shop(world: World, month: Month) -> Rows:
    done, here, noise = month.orders, month.start.month, world.noise
    day = world.people.day[:, None] + done.slots.age
    luck = noise.uniform(f"order {here}", COUNT)
    lines = 1 + np.floor(3 * luck) + done.bundle + done.recommended
    late = noise.uniform(f"late {here}", COUNT) ** 4 * 6
    promised = np.ceil(day) + 3
    refunded = np.where(done.refunded, day + 4 + 10 * luck, np.nan)
    free = done.amount >= FREE_SHIPPING
    return pick(
        done.slots.happens,
        customer_id=position(world),
        ordered_at=day,
        amount=done.amount,
        order_id=serial(world, here, 1, COUNT),
        cost=done.amount * (0.5 + 0.15 * luck),
        discount=done.discount,
        refunded_at=refunded,
        refund_amount=np.where(done.refunded, done.amount, np.nan),
        items=lines,
        products=np.maximum(lines - (luck > 0.6), 1),
        categories=1 + (luck > 0.5),
        promised_at=promised,
        delivered_at=promised - 1.5 + late,
        bundle=done.bundle,
        cross_sell_lines=done.bundle * 1.0,
        upsell_lines=(luck * 7 % 1 < 0.1) * 1.0,
        recommended_lines=done.recommended * 1.0,
        shipping_fee=np.where(free, 0.0, FEE),
        shipping_saved=free,
        channel=np.where(np.arange(COUNT) < CARTS, WEB, np.where(luck < 0.4, PHONE, APP)),
    )


def _charges(world: World, month: Month) -> Rows:
    bill = month.billing
    return pick(
        ~np.isnan(bill.paid),
        customer_id=position(world)[:, 0],
        ordered_at=world.people.day + bill.paid,
        amount=bill.amount,
        order_id=serial(world, month.start.month, 0),
        cost=0.2 * bill.amount,
        discount=0.0,
        items=1.0,
        products=1.0,
        categories=1.0,
        bundle=0.0,
        cross_sell_lines=0.0,
        upsell_lines=0.0,
        recommended_lines=0.0,
        channel=SUBSCRIPTION,
    )


def _kept(world: World, month: Month) -> Rows:
    held = month.bookings
    return pick(
        held.slots.happens & held.kept,
        customer_id=position(world),
        ordered_at=world.people.day[:, None] + held.held,
        amount=held.amount,
        order_id=serial(world, month.start.month, 2, BOOKINGS),
        cost=0.6 * held.amount,
        discount=0.0,
        items=1.0,
        products=1.0,
        categories=1.0,
        bundle=0.0,
        cross_sell_lines=0.0,
        upsell_lines=0.0,
        recommended_lines=0.0,
        channel=BOOKING,
    )


def carts(world: World, month: Month) -> Rows:
    """Return the checkout sessions, finished or abandoned."""
    found, here, noise = month.carts, month.start.month, world.noise
    day = world.people.day[:, None]
    luck = noise.uniform(f"session {here}", CARTS)
    autofilled = noise.uniform(f"autofill {here}", CARTS) < 0.3
    steps = np.where(found.completed, 5, 1 + np.floor(4 * luck))
    return pick(
        found.slots.happens,
        customer_id=position(world),
        started_at=day + found.slots.age,
        cart_id=serial(world, here, 3, CARTS),
        ended_at=day + found.ended,
        steps=steps,
        clicks=steps * 3 + np.floor(12 * luck),
        fields=np.where(autofilled, 3, 9) + np.floor(6 * luck),
        autofilled=autofilled,
        completed_at=np.where(found.completed, day + found.ended, np.nan),
        recovered_at=day + found.recovered,
        value=month.orders.amount[:, :CARTS],
    )


def bookings(world: World, month: Month) -> Rows:
    """Return the bookings made in the month; half of those not kept were called off."""
    made, here, noise = month.bookings, month.start.month, world.noise
    day = world.people.day[:, None]
    luck = noise.uniform(f"called off {here}", BOOKINGS)
    called_off = ~made.kept & (luck < 0.5)
    hour = (day + made.slots.age) % 1 * 24
    return pick(
        made.slots.happens,
        customer_id=position(world),
        booked_at=day + made.slots.age,
        booking_id=serial(world, here, 2, BOOKINGS),
        for_when=day + made.held,
        out_of_hours=(hour < 9 - 1e-6) | (hour >= 18 - 1e-6),
        outcome_at=day + made.held,
        kept=made.kept,
        cancelled_at=np.where(called_off, _between(made.slots.age, made.held, luck) + day, np.nan),
        value=made.amount,
        channel=np.where(made.online, 0, np.where(luck < 0.7, 1, 2)),
    )


def _between(first: Floats, last: Floats, share: Floats) -> Floats:
    return first + (last - first) * share


def visits(world: World, month: Month) -> Rows:
    """Return the visits to site, app and community, before sign-up too."""
    found, here, noise = month.visits, month.start.month, world.noise
    luck = noise.uniform(f"visit {here}", VISITS)
    came = world.people.day[:, None] + found.age
    minutes = 1 + 12 * noise.uniform(f"minutes {here}", VISITS) ** 2
    arms = month.start.arms
    member = arms.treated["community"] & (arms.zero["community"] <= month.start.age)
    elsewhere = np.floor(8 * luck**1.5)
    elsewhere = np.where(elsewhere == COMMUNITY, 0, elsewhere)
    there = member[:, None] & (luck * 7 % 1 < 0.4)
    rows = pick(
        found.happens,
        customer_id=position(world),
        visited_at=came,
        visit_id=serial(world, here, 4, VISITS),
        left_at=came + minutes / MINUTES,
        kind=np.where(there, COMMUNITY, elsewhere),
        source=np.floor(4 * (luck * 13 % 1)),
    )
    return stack([_early(world), rows]) if here == 0 else rows


def _early(world: World) -> Rows:
    """Return who looked around before sign-up; the site knows them by the same browser."""
    luck = world.noise.uniform("early visit when", EARLY_VISITS)
    came = world.people.day[:, None] - 0.05 - 10 * luck
    return pick(
        np.arange(EARLY_VISITS) < world.people.early_visits[:, None],
        customer_id=position(world),
        visited_at=came,
        visit_id=serial(world, 0, 5, EARLY_VISITS),
        left_at=came + (2 + 8 * luck) / MINUTES,
        kind=np.where(luck < 0.4, CALCULATOR, 1),
        source=np.floor(4 * (luck * 13 % 1)),
    )
