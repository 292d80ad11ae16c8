"""What moving a lever truly changes: the same lives again, with one decision replaced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from clvlens.simulation.levers import LEVERS, Do, Lever, World
from clvlens.simulation.life import Month, live
from clvlens.simulation.noise import BLOCK, Floats, Noise
from clvlens.simulation.people import Flags, meet
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
    for age, net in _payments(months):
        total += np.where(_within(age, zero, days), net, 0.0).sum(axis=1)
    return total


def churned(months: Sequence[Month], zero: Floats, days: float = HORIZON) -> Floats:
    """Return 1 for customers who order and pay nothing from age `zero` on for so many days, or 0.

    Customers without a zero, nan, count as churned.
    """
    stayed = np.zeros(len(zero), dtype=bool)
    for age, _ in _payments(months):
        stayed |= _within(age, zero, days).any(axis=1)
    return 1.0 - stayed


def _payments(months: Sequence[Month]) -> Iterator[tuple[Floats, Floats]]:
    """Yield ages at which customers pay (nan: they do not) and what, net of refunds, in USD.

    Shape (customers, slots) each.
    """
    for month in months:
        yield month.billing.paid[:, None], month.billing.amount[:, None]
        slots, bookings = month.orders.slots, month.bookings
        yield np.where(slots.happens, slots.age, NEVER), month.orders.net
        kept = bookings.slots.happens & bookings.kept
        yield np.where(kept, bookings.held, NEVER), bookings.net


def _within(age: Floats, zero: Floats, days: float) -> Flags:
    return (age >= zero[:, None]) & (age < zero[:, None] + days)


def effects(world: World, wanted: Sequence[Effect] = EFFECTS) -> pd.DataFrame:
    """Return each customer's own change by policy; nan where not eligible.

    A policy has two columns: its name for the change in value, in USD, and with `_churn` for
    the change in churn, 1 where the customer is lost by it and -1 where kept.
    """
    usual = list(live(world, MONTHS))
    found = {}
    for effect in wanted:
        zero = usual[-1].start.arms.zero[effect.lever.name]
        moved = list(live(replace(world, do=effect.do), MONTHS))
        for name, outcome in ((effect.name, value), (f"{effect.name}_churn", churned)):
            change = outcome(moved, zero) - outcome(usual, zero)
            found[name] = np.where(np.isnan(zero), NEVER, change)
    return pd.DataFrame(found)


def measure(
    settings: Settings, customers: int = 400_000, wanted: Sequence[Effect] = EFFECTS
) -> pd.DataFrame:
    """Return the true average effect of every policy, with its Monte Carlo standard error.

    One row a policy: change in value, in USD, and in churn, as a share, per eligible customer and
    per customer. Measured on `customers` others than those of the tables, all of the cohort
    whose horizon the tables hold whole.
    """
    sums = {f"{effect.name}{of}": np.zeros(4) for effect in wanted for of in ("", "_churn")}
    for block in range(-(-customers // BLOCK)):
        size = min(BLOCK, customers - block * BLOCK)
        noise = Noise(settings.seed + OTHER_SEED, block, size)
        world = World(meet(noise, settings, cohort=True), noise, settings)
        found = effects(world, wanted)
        for name in sums:
            known = found[name].dropna().to_numpy()
            sums[name] += [len(known), known.sum(), (known**2).sum(), size]
    return pd.DataFrame(
        _row(effect, sums[effect.name], sums[f"{effect.name}_churn"]) for effect in wanted
    )


def _row(effect: Effect, value_sums: Floats, churn_sums: Floats) -> dict:
    lever = effect.lever
    n, *_, everybody = value_sums
    return {
        "lever": lever.name,
        "kind": lever.kind,
        "policy": "sustained" if effect.do.sustained else lever.window or "standing",
        "target": lever.target,
        "decided": lever.decided,
        "eligible": lever.eligible,
        "share_eligible": n / everybody,
        **_averages(*value_sums, "per_eligible_usd", "per_customer_usd"),
        **_averages(*churn_sums, "churn_per_eligible", "churn_per_customer"),
    }


def _averages(
    n: float, total: float, squares: float, everybody: float, *names: str
) -> dict[str, float]:
    """Return the averages over the eligible and over all, with their standard errors."""
    found = {}
    for name, count in zip(names, (n, everybody), strict=True):
        mean = total / count
        found[name] = mean
        found[f"{name.removesuffix('_usd')}_se"] = np.sqrt(
            max(squares / count - mean**2, 0.0) / count
        )
    return found
