"""The lives of a block of customers, month after month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from clvlens.simulation import billing, shop, support
from clvlens.simulation.billing import Billing
from clvlens.simulation.levers import Arms, Seen, World, decide
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import CHANNELS, Flags, logistic
from clvlens.simulation.settings import LANDMARK, SPECIAL_DAY
from clvlens.simulation.shop import Bookings, Carts, Orders
from clvlens.simulation.state import Slots, State, satisfaction, slots
from clvlens.simulation.support import Tickets

VISITS = 4
ALONE, STANDARD, GUIDED = -0.7, 0.4, 2.3  # logits of finishing onboarding, and what helps


@dataclass(frozen=True)
class Month:
    """What happened in one month of each life; `start` holds the arms as the month left them."""

    start: State
    billing: Billing
    carts: Carts
    orders: Orders
    bookings: Bookings
    tickets: Tickets
    visits: Slots
    cancels: Flags


def live(world: World, months: int) -> Iterator[Month]:
    """Yield the first `months` months since sign-up, one after another.

    What a lever moves changes nothing before the lever's decision, and nothing for those who
    are not eligible.
    """
    state = begin(world)
    for _ in range(months):
        month = _step(world, state)
        yield month
        state = _next(world, month)


def begin(world: World) -> State:
    """Return the customers at sign-up, with what is decided then."""
    people, size = world.people, world.people.size
    zeros, somebody = np.zeros(size), np.ones(size, dtype=bool)
    seen = Seen(
        plan=np.where(people.subscriber, people.plan, 0).astype(float),
        early_visits=people.early_visits,
        from_friend=(people.channel == CHANNELS.index("friend")).astype(float),
        from_ads=(people.channel == CHANNELS.index("ads")).astype(float),
        trial=people.trial.astype(float),
        orders=zeros,
        recent_orders=zeros,
        spend=zeros,
        visits=zeros,
        failures=zeros,
        tickets=zeros,
    )
    arms = Arms.undecided(size)
    for name in ("annual_billing", "onboarding", "onboarding_completed"):
        arms = decide(world, arms, name, people.subscriber, 0.0, seen)
    return State(
        month=0,
        subscribed=people.subscriber,
        engaged=somebody,
        onboarded=_onboarded(world, arms),
        experience=zeros,
        last_orders=zeros,
        light=~somebody,
        seen=seen,
        arms=arms,
    )


def is_standard(world: World) -> Flags:
    """Return who gets the standard programme where the guided one is not given."""
    return world.noise.uniform("standard onboarding") < 0.6


def _onboarded(world: World, arms: Arms) -> Flags:
    """Return who finishes onboarding; without a subscription there is nothing to finish."""
    people = world.people
    helped = np.where(arms.treated["onboarding"], GUIDED, STANDARD * is_standard(world))
    finishes = logistic(ALONE + helped + 0.5 * people.digital + 0.25 * people.need)
    done = world.noise.uniform("onboarded") < finishes
    if world.do.lever == "onboarding_completed":
        done = np.full(people.size, not world.do.other)
    return done | ~people.subscriber


def _step(world: World, state: State) -> Month:
    state = _decide_by_age(world, state)
    charged = billing.charge(world, state)
    tickets, state = support.answer(world, state, charged.failed)
    carts, state = shop.fill_carts(world, state)
    return Month(
        start=state,
        billing=charged,
        carts=carts,
        orders=shop.order(world, state, carts),
        bookings=shop.book(world, state),
        tickets=tickets,
        visits=_visit(world, state),
        cancels=billing.cancels(world, state),
    )


def _decide_by_age(world: World, state: State) -> State:
    """Take the decisions that fall at an age, before anything else of that month happens."""
    arms, seen = state.arms, state.seen
    everybody = np.ones(world.people.size, dtype=bool)
    monthly = state.subscribed & ~arms.treated["annual_billing"]
    due = {}
    if state.age == LANDMARK:
        state = replace(state, light=seen.orders <= 1)
        due = dict.fromkeys(("dunning", "card_updater", "no_card_failure"), monthly)
        due |= dict.fromkeys(("bundle", "loyalty"), seen.orders > 0)
        due |= dict.fromkeys(("newsletter", "recommendations", "community"), everybody)
    if state.age == SPECIAL_DAY:
        due = {"special_day": everybody}
    for name, eligible in due.items():
        arms = decide(world, arms, name, eligible, state.age, seen)
    return replace(state, arms=arms)


def _visit(world: World, state: State) -> Slots:
    people = world.people
    keen = logistic(-0.9 + 0.6 * people.need + 0.5 * people.digital)
    active = np.where(state.engaged, np.where(state.subscribed, 1.0, 0.6), 0.1)
    return slots(world, state, "visits", VISITS, VISITS * 0.5 * keen * active, office=0.4)


def _next(world: World, month: Month) -> State:
    """Return the state in which a month leaves everybody."""
    state = month.start
    slow = world.settings.business.slow_reply
    shock = -slow * month.tickets.shock - 0.15 * (month.billing.due & month.billing.failed)
    tires = 0.025 * np.exp(-0.3 * satisfaction(world, state) - 0.2 * world.people.need)
    stays = world.noise.uniform(f"tires {state.month}") >= tires
    ordered = month.orders.slots.happens.sum(axis=1)
    return replace(
        state,
        month=state.month + 1,
        subscribed=state.subscribed & ~month.cancels & ~month.billing.lost,
        engaged=state.engaged & stays,
        experience=0.85 * state.experience + shock,
        last_orders=ordered.astype(float),
        seen=_see(state, month, ordered),
    )


def _see(state: State, month: Month, ordered: Floats) -> Seen:
    """Return what the business has seen by the end of a month."""
    seen = state.seen
    spent = np.where(month.orders.slots.happens, month.orders.amount, 0.0).sum(axis=1)
    return replace(
        seen,
        orders=seen.orders + ordered,
        recent_orders=ordered + state.last_orders,
        spend=seen.spend + spent,
        visits=seen.visits + month.visits.happens.sum(axis=1),
        failures=seen.failures + (month.billing.due & month.billing.failed),
        tickets=seen.tickets + month.tickets.slots.happens.sum(axis=1),
    )
