"""Tickets, and how fast they are answered."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clvlens.simulation.levers import World, decide
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import Flags
from clvlens.simulation.settings import FIRST_EVENT
from clvlens.simulation.state import Slots, State, is_outside, satisfaction, slots

TICKETS = 2
NIGHT = 9.0  # hours that a ticket waits for the office to open
TARGET = 1.0  # hours to the first response under the lever
COLLAPSE = 20.0  # times the usual wait, in the month of a shock
USUAL = 1.6  # log2(hours + 1) that leaves satisfaction as it is


@dataclass(frozen=True)
class Tickets:
    """The tickets of a month; `hours` to the first response, `covered` outside office hours."""

    slots: Slots
    hours: Floats
    outside: Flags
    covered: Flags

    @property
    def shock(self) -> Floats:
        """Return what the waiting did, in doublings of hours above the usual."""
        doublings = np.log2(self.hours + 1) - USUAL
        return np.where(self.slots.happens, doublings, 0.0).sum(axis=1)


def answer(world: World, state: State, failed: Flags) -> tuple[Tickets, State]:
    """Return the month's tickets, and the state after first ones were decided on.

    A failed charge brings tickets; heavy users and the discontented open more.
    """
    here, people = str(state.month), world.people
    active = np.where(state.subscribed, 1.0, np.where(state.engaged, 0.4, 0.05))
    rate = 0.14 * np.exp(0.35 * people.need - 0.25 * satisfaction(world, state)) * active
    found = slots(world, state, "tickets", TICKETS, rate + 0.25 * failed, office=0.65)
    outside = is_outside(world, found.age)
    state = _decide(world, state, found, outside)
    covered = outside & state.arms.treated["out_of_hours"][:, None]
    hours = _queue(world, state, here) + np.where(outside & ~covered, NIGHT, 0.0)
    hours = _collapsed(world, found, hours)
    return Tickets(found, _moved(world, state, found, hours), outside, covered), state


def _decide(world: World, state: State, found: Slots, outside: Flags) -> State:
    arms = state.arms
    for name, which in (
        ("first_response", found.happens),
        ("out_of_hours", found.happens & outside),
    ):
        first = np.where(which, found.age, np.inf).min(axis=1)
        arms = decide(world, arms, name, first < FIRST_EVENT, first, state.seen)
    return replace(state, arms=arms)


def _queue(world: World, state: State, here: str) -> Floats:
    """Return the hours that a ticket waits in office hours: the best customers wait least."""
    seen, people, regime = state.seen, world.people, world.settings.regime
    best = (seen.plan == 2) | (seen.spend > 150)
    level = 1.5 - 0.9 * best - 0.15 * seen.orders.clip(max=4)
    if regime == "hidden":
        level = level - 0.4 * people.need
    if regime == "drift":
        level = level + 0.3 * (people.day / 360 - 1)
    spread = 0.15 if regime == "sharp" else 0.7
    return np.exp(level[:, None] + spread * world.noise.normal(f"hours {here}", TICKETS))


def _collapsed(world: World, found: Slots, hours: Floats) -> Floats:
    """Return the hours with what a month in which nobody has time for tickets makes of them."""
    if not world.settings.shock_month:
        return hours
    first, after = world.settings.shock_days()
    day = world.people.day[:, None] + found.age
    return np.where((day >= first) & (day < after), COLLAPSE * hours, hours)


def _moved(world: World, state: State, found: Slots, hours: Floats) -> Floats:
    if world.do.lever != "first_response":
        return hours
    zero = state.arms.zero["first_response"][:, None]
    held = (found.age >= zero) if world.do.sustained else (found.age == zero)
    return np.where(held, 24.0 if world.do.other else TARGET, hours)
