"""What customers put into carts, order and book."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clvlens.simulation.levers import World, decide
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import Flags, logistic
from clvlens.simulation.settings import FIRST_EVENT, LANDMARK, SPECIAL_DAY
from clvlens.simulation.state import (
    Slots,
    State,
    demand,
    price_level,
    satisfaction,
    slots,
)

CARTS, DIRECT, BOOKINGS = 3, 2, 3  # at most so many a month
HOUR = 1 / 24
BUNDLED, RECOMMENDED = 0.4, 0.3  # share of orders with such lines, for those who are offered them
TAIL = 1.8  # exponent of the Pareto tail of the heavy regime
LEAST = 2.0  # USD an order
LARGEST = 500.0  # an order is at most so many times the typical one


@dataclass(frozen=True)
class Orders:
    """The shop's orders of a month: slots of carts first, then those without a cart."""

    slots: Slots
    amount: Floats
    discount: Floats
    bundle: Flags
    recommended: Flags
    refunded: Flags

    @property
    def net(self) -> Floats:
        """USD that stay with the business; 0 where nothing is ordered."""
        return np.where(self.slots.happens & ~self.refunded, self.amount, 0.0)


@dataclass(frozen=True)
class Carts:
    """The checkout sessions of a month; `mailed` is the age of the reminder, nan without one."""

    slots: Slots
    ended: Floats
    completed: Flags
    mailed: Floats
    recovered: Floats

    @property
    def abandoned(self) -> Flags:
        """Which sessions ended without an order."""
        return self.slots.happens & ~self.completed


@dataclass(frozen=True)
class Bookings:
    """The bookings of a month; the money comes at `held`, from those that are kept."""

    slots: Slots
    held: Floats
    online: Flags
    kept: Flags
    amount: Floats

    @property
    def net(self) -> Floats:
        """USD paid for bookings that are kept."""
        return np.where(self.slots.happens & self.kept, self.amount, 0.0)


def fill_carts(world: World, state: State) -> tuple[Carts, State]:
    """Return the month's carts, and the state after the first abandoned one was decided on."""
    noise, here = world.noise, str(state.month)
    rate = 0.9 * _appetite(world, state) * np.exp(0.2 * world.people.digital)
    found = slots(world, state, "carts", CARTS, rate, office=0.4)
    ease = np.log(1 / world.settings.business.cart_completion - 1)
    completes = logistic(0.25 * world.people.digital - ease)[:, None]
    completed = found.happens & (noise.uniform(f"completed {here}", CARTS) < completes)
    ended = found.age + HOUR * (0.05 + 0.4 * noise.uniform(f"checkout {here}", CARTS))
    abandoned = found.happens & ~completed
    first = np.where(abandoned, ended, np.inf).min(axis=1)
    arms = decide(world, state.arms, "cart_email", first < FIRST_EVENT, first, state.seen)
    state = replace(state, arms=arms)
    mailed = np.where(abandoned, ended + _mail_delay(world, state), np.nan)
    recovered = _recovered(world, state, abandoned, ended, mailed)
    return Carts(found, ended, completed, mailed, recovered), state


def _mail_delay(world: World, state: State) -> Floats:
    """Return the days from an abandoned cart to its e-mail; nan where none is sent."""
    uniform = world.noise.uniform(f"mail delay {state.month}", CARTS)
    slow = world.noise.uniform("slow mail") < 0.5
    later = np.where(slow[:, None], 1 + uniform, np.nan)
    return np.where(state.arms.treated["cart_email"][:, None], HOUR * (2 + uniform), later)


def _recovered(
    world: World, state: State, abandoned: Flags, ended: Floats, mailed: Floats
) -> Floats:
    """Return the ages at which abandoned carts are ordered after all, nan for the others."""
    business, here = world.settings.business, str(state.month)
    delay = mailed - ended
    chance = np.where(delay < 0.2, business.fast_mail, business.slow_mail)
    chance = 0.03 + np.where(np.isnan(delay), 0.0, chance)
    comes = abandoned & (world.noise.uniform(f"comes back {here}", CARTS) < chance)
    wait = 0.1 + 3 * world.noise.uniform(f"wait {here}", CARTS) ** 2
    return np.where(comes, np.where(np.isnan(mailed), ended, mailed) + wait, np.nan)


def order(world: World, state: State, carts: Carts) -> Orders:
    """Return the month's orders: carts that end in one, and those by phone or app."""
    noise, here, arms = world.noise, str(state.month), state.arms.treated
    direct = slots(world, state, "direct", DIRECT, 0.3 * _appetite(world, state), office=0.6)
    bought = ~np.isnan(carts.recovered)
    from_carts = np.where(bought, carts.recovered, carts.ended)
    happens = np.hstack([carts.completed | bought, direct.happens])
    age = np.hstack([from_carts, direct.age])
    count = CARTS + DIRECT
    bundle = arms["bundle"][:, None] & (noise.uniform(f"bundle {here}", count) < BUNDLED)
    recommended = arms["recommendations"][:, None] & (
        noise.uniform(f"recommended {here}", count) < RECOMMENDED
    )
    business = world.settings.business
    amount = _amounts(world, state, count)
    amount = amount * np.where(bundle, 1 + business.bundle_uplift / BUNDLED, 1.0)
    amount = amount * np.where(recommended, 1 + business.recommended_uplift / RECOMMENDED, 1.0)
    promo = noise.uniform(f"promo {here}", count) < 0.15
    list_price = np.round(amount, 2)
    discount = np.where(promo, np.round(0.1 * list_price, 2), 0.0)
    refunded = noise.uniform(f"refund {here}", count) < world.settings.refunds
    return Orders(
        Slots(happens, age), list_price - discount, discount, bundle, recommended, refunded
    )


def _amounts(world: World, state: State, count: int) -> Floats:
    """Return USD an order would be worth, before what levers add."""
    people, settings, here = world.people, world.settings, str(state.month)
    typical = 30 * np.exp(0.3 * people.wealth + 0.05 * satisfaction(world, state))
    spread = np.exp(0.4 * settings.noise * world.noise.normal(f"amount {here}", count))
    if settings.regime == "heavy":
        luck = 1 - world.noise.uniform(f"tail {here}", count)
        spread = spread * luck ** (-1 / TAIL) * (TAIL - 1) / TAIL
        typical = typical * np.exp(0.6 * people.wealth)
    amount = (typical * price_level(world, state))[:, None] * np.minimum(spread, LARGEST)
    return np.maximum(amount, LEAST)


def _appetite(world: World, state: State) -> Floats:
    """Return what multiplies the frequency of carts and orders."""
    people, arms, business = world.people, state.arms, world.settings.business
    wants = np.exp(0.3 * people.need + 0.12 * satisfaction(world, state)) * demand(world, state)
    wants = wants * np.where(state.engaged, np.where(state.subscribed, 1.0, 0.5), 0.0)
    if state.age >= LANDMARK:
        joined = joins(world) & arms.treated["loyalty"] & state.light
        wants = wants * np.where(joined, business.loyal_light, 1.0)
    if SPECIAL_DAY <= state.age < SPECIAL_DAY + 90:
        wants = wants * np.where(arms.treated["special_day"], business.special_lift, 1.0)
    return wants


def joins(world: World) -> Flags:
    """Return who would join the loyalty programme if invited."""
    return world.noise.uniform("joins") < 0.6


def book(world: World, state: State) -> Bookings:
    """Return the month's bookings, a quarter of them outside office hours."""
    noise, people, here = world.noise, world.people, str(state.month)
    books = noise.uniform("books") < logistic(-0.4 + 0.4 * people.need)
    keen = np.exp(0.3 * people.need + 0.5 * noise.normal("booking rate"))
    rate = world.settings.business.booking_rate * keen * books * state.engaged
    found = slots(world, state, "bookings", BOOKINGS, rate)
    worth: Floats = 25 * np.exp(0.3 * noise.normal(f"booking {here}", BOOKINGS))
    day = people.day[:, None]
    ahead = noise.uniform(f"held {here}", BOOKINGS)
    held = np.ceil(day + found.age) + np.floor(14 * ahead) + (9 + np.floor(14 * ahead) % 9) / 24
    return Bookings(
        slots=found,
        held=held - day,
        online=noise.uniform(f"online {here}", BOOKINGS) < 0.65,
        kept=noise.uniform(f"kept {here}", BOOKINGS) < 0.9,
        amount=np.round(worth, 2),
    )
