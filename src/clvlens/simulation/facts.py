"""What is said about businesses like this one, measured on simulated lives.

Facts about what would be otherwise (onboarding, bundles) need the lives again with one decision
moved; the others are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from clvlens.simulation.levers import Do, World
from clvlens.simulation.life import Month, live
from clvlens.simulation.noise import blocks
from clvlens.simulation.people import Flags, meet
from clvlens.simulation.settings import LAST_DAY, MONTH, YEAR, Settings
from clvlens.simulation.truth import MONTHS, OTHER_SEED, value

RETURNS = 5  # bookings after the first online one


def churn_from_bad_onboarding(settings: Settings, customers: int) -> float:
    """Return the share of subscribers' churn in their first year that good onboarding would spare.

    The attributable fraction: (churn - churn if all finished onboarding) / churn.
    """
    usual = _left_in_a_year(settings, customers, Do())
    spared = _left_in_a_year(settings, customers, Do("onboarding_completed"))
    return (usual - spared) / usual


def _left_in_a_year(settings: Settings, customers: int, do: Do) -> float:
    left = 0
    for world in _worlds(settings, customers, do):
        months = list(live(world, YEAR // MONTH))
        last = months[-1]
        stays = last.start.subscribed & ~last.cancels & ~last.billing.lost
        left += int((world.people.subscriber & ~stays).sum())
    return left / customers


def value_from_bundles(settings: Settings, customers: int) -> float:
    """Return the share by which offering bundles to everybody beats offering them to nobody.

    Of the value of those eligible, in the horizon.
    """
    offered = _value_of_eligible(settings, customers, Do("bundle"))
    nobody = _value_of_eligible(settings, customers, Do("bundle", other=True))
    return offered / nobody - 1


def _value_of_eligible(settings: Settings, customers: int, do: Do) -> float:
    total = 0.0
    for world in _worlds(settings, customers, do):
        months = list(live(world, MONTHS))
        total += value(months, months[-1].start.arms.zero["bundle"]).sum()
    return total


def abandoned_carts(settings: Settings, customers: int) -> float:
    """Return the share of checkout sessions that end without an order."""
    abandoned = begun = 0
    for world in _worlds(settings, customers):
        for month in live(world, MONTHS):
            begun += int(month.carts.slots.happens.sum())
            abandoned += int(month.carts.abandoned.sum())
    return abandoned / begun


def returning_bookers(settings: Settings, customers: int) -> float:
    """Return the share who book at least five times more after a first online booking.

    By the last day, and among those who had booked online by then.
    """
    bookers = returned = 0
    for world in _worlds(settings, customers):
        first = np.full(world.people.size, np.inf)
        later = np.zeros(world.people.size)
        for month in live(world, LAST_DAY // MONTH):
            age = month.bookings.slots.age
            made = month.bookings.slots.happens & (world.people.day[:, None] + age < LAST_DAY)
            online = np.where(made & month.bookings.online, age, np.inf).min(axis=1)
            first = np.minimum(first, online)
            later += (made & (age > first[:, None])).sum(axis=1)
        bookers += int(np.isfinite(first).sum())
        returned += int((np.isfinite(first) & (later >= RETURNS)).sum())
    return returned / bookers


def bookings_out_of_hours(settings: Settings, customers: int) -> float:
    """Return the share of bookings that are made outside office hours."""
    outside = made = 0
    for world in _worlds(settings, customers):
        for month in live(world, YEAR // MONTH):
            which = month.bookings.slots.happens
            hour = (world.people.day[:, None] + month.bookings.slots.age) % 1 * 24
            made += int(which.sum())
            outside += int((which & _outside(hour)).sum())
    return outside / made


def _outside(hour: np.ndarray) -> Flags:
    return (hour < 9 - 1e-6) | (hour >= 18 - 1e-6)


def involuntary_churn(settings: Settings, customers: int) -> float:
    """Return the share of subscriptions' ends that a failed charge brought about."""
    lost = ended = 0
    for world in _worlds(settings, customers):
        for month in live(world, LAST_DAY // MONTH):
            inside = _ends_inside(world, month)
            lost += int((month.billing.lost & inside).sum())
            ended += int(((month.billing.lost | month.cancels) & inside).sum())
    return lost / ended


def _ends_inside(world: World, month: Month) -> Flags:
    return world.people.day + month.start.age + MONTH < LAST_DAY


def _worlds(settings: Settings, customers: int, do: Do | None = None) -> Iterator[World]:
    """Yield the worlds of customers other than those of the tables."""
    for noise in blocks(settings.seed + OTHER_SEED, customers):
        yield replace(World(meet(noise, settings), noise, settings), do=do or Do())
