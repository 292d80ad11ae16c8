"""What moving a lever truly changes: the same lives again, with one decision replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from clvlens.simulation.levers import LEVERS, Do, Lever, World
from clvlens.simulation.life import Month, live
from clvlens.simulation.noise import BLOCK, Floats, Noise
from clvlens.simulation.people import meet
from clvlens.simulation.settings import FIRST_EVENT, HORIZON, MONTH, Settings

MONTHS = (FIRST_EVENT + HORIZON) // MONTH
OTHER_SEED = 1_000_003  # the customers that truth is measured on are no customers of the tables
NEVER = np.nan


@dataclass(frozen=True)
class Effect:
    """A policy: a lever moved, for its window or to the end."""

    lever: Lever
    do: Do

    @property
    def name(self) -> str:
        """The column that holds its effects."""
        return f"{self.lever.name}{'_sustained' if self.do.sustained else ''}"


EFFECTS = tuple(
    Effect(lever, Do(lever.name, sustained=sustained))
    for lever in LEVERS
    for sustained in ([False, True] if lever.window else [False])
)


def value(months: Sequence[Month], zero: Floats, days: float = HORIZON) -> Floats:
    """Return USD each customer pays, net of refunds, from age `zero` on for so many days.

    Customers without a zero, nan, have a value of 0.
    """
    total = np.zeros_like(zero)
    for month in months:
        paid = month.billing.paid
        total += np.where((paid >= zero) & (paid < zero + days), month.billing.amount, 0.0)
        for age, net in (
            (month.orders.slots.age, month.orders.net),
            (month.bookings.held, month.bookings.net),
        ):
            inside = (age >= zero[:, None]) & (age < zero[:, None] + days)
            total += np.where(inside, net, 0.0).sum(axis=1)
    return total


def effects(world: World, wanted: Sequence[Effect] = EFFECTS) -> pd.DataFrame:
    """Return each customer's own change in value by policy, in USD; nan where not eligible."""
    usual = list(live(world, MONTHS))
    found = {}
    for effect in wanted:
        zero = usual[-1].start.arms.zero[effect.lever.name]
        moved = list(live(replace(world, do=effect.do), MONTHS))
        change = value(moved, zero) - value(usual, zero)
        found[effect.name] = np.where(np.isnan(zero), NEVER, change)
    return pd.DataFrame(found)


def measure(
    settings: Settings, customers: int = 400_000, wanted: Sequence[Effect] = EFFECTS
) -> pd.DataFrame:
    """Return the true average effect of every policy, with its Monte Carlo standard error.

    One row a policy, measured on `customers` others than those of the tables, all of the
    cohort whose horizon the tables hold whole.
    """
    sums = {effect.name: np.zeros(4) for effect in wanted}
    for block in range(-(-customers // BLOCK)):
        size = min(BLOCK, customers - block * BLOCK)
        noise = Noise(settings.seed + OTHER_SEED, block, size)
        world = World(meet(noise, settings, cohort=True), noise, settings)
        found = effects(world, wanted)
        for name in sums:
            known = found[name].dropna().to_numpy()
            sums[name] += [len(known), known.sum(), (known**2).sum(), size]
    return pd.DataFrame([_row(effect, *sums[effect.name]) for effect in wanted])


def _row(effect: Effect, n: float, total: float, squares: float, everybody: float) -> dict:
    mean = total / n
    overall = total / everybody
    lever = effect.lever
    return {
        "lever": lever.name,
        "kind": lever.kind,
        "policy": "sustained" if effect.do.sustained else lever.window or "standing",
        "target": lever.target,
        "decided": lever.decided,
        "eligible": lever.eligible,
        "share_eligible": n / everybody,
        "per_eligible_usd": mean,
        "per_eligible_se": np.sqrt(max(squares / n - mean**2, 0.0) / n),
        "per_customer_usd": overall,
        "per_customer_se": np.sqrt(max(squares / everybody - overall**2, 0.0) / everybody),
    }
