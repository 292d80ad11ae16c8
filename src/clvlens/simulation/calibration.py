"""Finds the four strengths of the business that no source states, from facts that sources do.

Each is moved until the simulated fact meets the stated one; the others stay as they are. The
results are the defaults of `Business`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from clvlens.simulation import facts
from clvlens.simulation.settings import Business, Settings


@dataclass(frozen=True)
class Fact:
    """A stated share, how it is measured, and between which bounds its strength lies."""

    stated: float
    measure: Callable[[Settings, int], float]
    low: float
    high: float
    rises: bool = True


FACTS: Mapping[str, Fact] = {
    "cart_completion": Fact(0.80, facts.abandoned_carts, 0.05, 0.5, rises=False),
    "booking_rate": Fact(0.42, facts.returning_bookers, 0.05, 2.0),
    "bad_onboarding_hazard": Fact(0.23, facts.churn_from_bad_onboarding, 1.0, 6.0),
    "bundle_uplift": Fact(0.10, facts.value_from_bundles, 0.0, 0.6),
}


def calibrate(
    settings: Settings, customers: int = 50_000, steps: int = 14, business: Business | None = None
) -> Business:
    """Return the business whose facts are as stated, by bisection on one strength at a time.

    Bundles come last: their share of value depends on what carts and bookings bring.
    """
    business = business or settings.business
    for name, fact in FACTS.items():
        low, high = fact.low, fact.high
        for _ in range(steps):
            middle = (low + high) / 2
            tried = replace(settings, business=replace(business, **{name: middle}))
            is_high = (fact.measure(tried, customers) > fact.stated) == fact.rises
            low, high = (low, middle) if is_high else (middle, high)
        business = replace(business, **{name: round((low + high) / 2, 4)})
    return business
