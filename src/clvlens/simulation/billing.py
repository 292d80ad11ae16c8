"""Charges, failing cards, dunning, and who cancels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clvlens.simulation.levers import World
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import Codes, Flags
from clvlens.simulation.settings import LANDMARK, MONTH
from clvlens.simulation.state import State, calendar, price_level, satisfaction

CAUSES = ("expired_card", "limit", "lost_or_stolen", "insufficient_funds", "policy")
RETRIES = (3.0, 7.0)  # days after the first attempt
ACCESS_AFTER_FAILURE = 14.0  # days


@dataclass(frozen=True)
class Billing:
    """The charges of a month: one at most a customer, at the month's first instant.

    `paid` is the age at which the money came, nan where it never did; `retry` the retry that
    brought it, 0 for the first attempt.
    """

    due: Flags
    amount: Floats
    failed: Flags
    cause: Codes
    retry: Codes
    paid: Floats

    @property
    def lost(self) -> Flags:
        """Whose subscription ends because nothing could be charged."""
        return self.due & np.isnan(self.paid)


def charge(world: World, state: State) -> Billing:
    """Charge everybody who is due."""
    annual = state.arms.treated["annual_billing"]
    first = world.people.trial.astype(int)
    cycle = np.where(annual, 12, 1)
    due = state.subscribed & (state.month >= first) & ((state.month - first) % cycle == 0)
    discount = 1 - world.settings.business.annual_discount
    months = np.where(annual, 12 * discount, 1.0)
    amount = np.round(world.people.price * months * price_level(world, state), 2)
    failed, cause = _failures(world, state, due)
    saved = world.noise.uniform(f"recovered {state.month}") < _recovery(world, state)
    retry = np.where(failed, 1 + (world.noise.uniform(f"retry {state.month}") < 0.4), 0)
    delay = np.array([0.0, *RETRIES])[retry]
    paid = np.where(due & (~failed | saved), state.age + delay, np.nan)
    return Billing(due, amount, failed, cause, retry, paid)


def _failures(world: World, state: State, due: Flags) -> tuple[Flags, Codes]:
    """Return whose first attempt fails, and why.

    Those short of money come from ads, so that the business sees who they are; only where a
    confounder is hidden does their need of money act by itself.
    """
    business, month, seen = world.settings.business, state.month, state.seen
    expired = world.people.card_expires == month % 36
    kept = state.arms.treated["card_updater"] * business.updater_saves
    risk = 0.7 * seen.from_ads + 0.5 * np.minimum(seen.failures, 2) - 0.3 * seen.plan
    if world.settings.regime == "hidden":
        risk = risk + 0.6 * world.people.stress
    fails = np.minimum(business.card_failing * np.exp(risk), 0.5)
    fails = np.where(expired, 0.6 * (1 - kept), fails)
    failed = due & (world.noise.uniform(f"card {month}") < fails)
    if world.do.lever == "no_card_failure" and state.age >= LANDMARK:
        held = world.do.sustained | (state.age < LANDMARK + 3 * MONTH)
        held &= ~np.isnan(state.arms.zero["no_card_failure"])
        failed = np.where(held, due & world.do.other, failed)
    others = 1 + np.searchsorted([0.25, 0.4, 0.9], world.noise.uniform(f"cause {month}"))
    return failed, np.where(expired, 0, others)


def _recovery(world: World, state: State) -> Floats:
    """Return the probability that a failed charge is recovered."""
    business = world.settings.business
    smart = state.arms.treated["dunning"]
    chance = np.where(smart, business.smart_recovery, business.recovery)
    return np.clip(chance - 0.05 * world.people.stress, 0.02, 0.98)


def cancels(world: World, state: State) -> Flags:
    """Return who decides this month to leave; those who pay for a year leave at its end.

    A year's hazard is gathered at the renewal: 1 - (1 - h)^12.
    """
    hazard = monthly_hazard(world, state)
    annual = state.arms.treated["annual_billing"]
    first = world.people.trial.astype(int)
    renews = (state.month >= first) & ((state.month + 1 - first) % 12 == 0)
    yearly = np.where(renews, 1 - (1 - hazard) ** 12, 0.0)
    leaves = world.noise.uniform(f"leaves {state.month}") < np.where(annual, yearly, hazard)
    return state.subscribed & leaves


def monthly_hazard(world: World, state: State) -> Floats:
    """Return the probability of wanting to leave in the month."""
    business, people = world.settings.business, world.people
    content = satisfaction(world, state)
    hazard = business.leaving * np.exp(-0.35 * people.need - 0.45 * content)
    hazard = hazard * np.where(state.onboarded, 1.0, business.bad_onboarding_hazard)
    annual = state.arms.treated["annual_billing"]
    hazard = hazard * np.where(annual, business.annual_hazard, 1.0)
    if world.settings.regime == "drift":
        hazard = hazard * np.exp(0.45 * (calendar(world, state) - 1))
    return np.minimum(hazard * (1.3 if state.month < 3 else 1.0), 0.6)
