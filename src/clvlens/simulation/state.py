"""Where each customer stands at the start of a month, and the calendar around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clvlens.simulation.levers import Arms, Seen, World
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import Flags
from clvlens.simulation.settings import MONTH, YEAR

OFFICE_OPENS, OFFICE_HOURS = 9, 9  # from 9:00 to 18:00, every day, UTC
EVENING = 7.0  # what happens outside them happens from 18:00 to 23:00 or from 7:00 to 9:00
CHRISTMAS = 345  # day of the year at which demand peaks


@dataclass(frozen=True)
class State:
    """One entry a customer, at the start of month `month` of their life.

    `experience` is what the business did to their satisfaction lately; it fades. `onboarded`
    says whether they finished onboarding, which only subscribers begin; `light` whether they had
    ordered once at most when loyalty was decided.
    """

    month: int
    subscribed: Flags
    engaged: Flags
    onboarded: Flags
    experience: Floats
    last_orders: Floats
    light: Flags
    seen: Seen
    arms: Arms

    @property
    def age(self) -> float:
        """Days since sign-up."""
        return float(self.month * MONTH)


@dataclass(frozen=True)
class Slots:
    """What may happen several times a month: whether it does, and at which age, a row a customer.

    More slots that happen are more events; a slot's luck is its own, so that what a lever changes
    in one leaves the others as they are.
    """

    happens: Flags
    age: Floats


def satisfaction(world: World, state: State) -> Floats:
    """Return how content a customer is: by nature, and by what happened lately."""
    return 0.6 * world.people.contentment + state.experience


def calendar(world: World, state: State) -> Floats:
    """Return the years since the business opened, at the start of the month."""
    return (world.people.day + state.age) / YEAR


def demand(world: World, state: State) -> Floats:
    """Return the season's multiplier of demand."""
    phase = 2 * np.pi * (calendar(world, state) - CHRISTMAS / YEAR)
    return 1 + world.settings.seasonality * np.cos(phase)


def price_level(world: World, state: State) -> Floats:
    """Return what prices are multiplied by: the trend, and 8 % a year more where things drift."""
    growth = world.settings.trend + (0.08 if world.settings.regime == "drift" else 0.0)
    return (1 + growth) ** calendar(world, state)


def slots(
    world: World, state: State, name: str, count: int, rate: Floats, office: float = 0.75
) -> Slots:
    """Return the slots of a month in which `rate` events are expected.

    The share `office` of them lies inside office hours. Every event has its own day, at
    least one midnight after the start of the month and before the start of the next.
    """
    here = f"{name} {state.month}"
    happens = world.noise.uniform(here, count) < np.minimum(rate / count, 0.97)[:, None]
    midnight = state.age + np.ceil(world.people.day) - world.people.day
    day = np.floor(29 * world.noise.uniform(f"{here} day", count))
    hour = hour_of_day(world.noise.uniform(f"{here} hour", count), office)
    return Slots(happens, midnight[:, None] + day + hour / 24)


def hour_of_day(uniform: Floats, office: float) -> Floats:
    """Return an hour from 0 to 24; the share `office` lies inside office hours."""
    inside = OFFICE_OPENS + OFFICE_HOURS * uniform / max(office, 1e-9)
    late = OFFICE_OPENS + OFFICE_HOURS + EVENING * (uniform - office) / max(1 - office, 1e-9)
    outside = np.where(late < 23, late, late - 16)
    return np.where(uniform < office, inside, outside)


def is_outside(world: World, age: Floats) -> Flags:
    """Whether the instants at these ages lie outside office hours."""
    day = world.people.day.reshape(-1, *[1] * (age.ndim - 1))
    hour = (day + age) % 1 * 24
    return (hour < OFFICE_OPENS - 1e-6) | (hour >= OFFICE_OPENS + OFFICE_HOURS - 1e-6)
