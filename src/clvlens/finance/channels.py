"""What winning customers costs and brings back: payback, and money moved between channels.

A payback is read off the curve of what customers have brought by each age, each age measured on
those who have lived so long; that earlier and later customers are alike is assumed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from clvlens.finance.formulas import Floats, floats
from clvlens.finance.npv import DAYS_PER_MONTH

FEWEST = 20  # customers from whom a day of age may be told
DRAWS = 200


@dataclass(frozen=True)
class Payback:
    """Months until the mean customer has brought what the mean one cost.

    nan where they have not as long as they were seen, `seen_months`; a bound is nan where the
    interval has none. `paid_share` is the share of redrawn customers that paid back.
    """

    months: float
    low: float
    high: float
    paid_share: float
    seen_months: float


@dataclass(frozen=True)
class Shift:
    """What moving a budget changes, in money of value: by the average, and at the margin."""

    by_average: float
    at_margin: float


def curve_by_day(
    customer: ArrayLike, day: ArrayLike, value: ArrayLike, age_days: ArrayLike
) -> Floats:
    """Money that a customer has brought by the end of each day of age, on average.

    One entry of `customer` (0, 1, …), `day` and `value` a payment; one of `age_days` a customer,
    the whole days that they have been seen. Days that fewer than `FEWEST` have lived are left out.
    """
    paid, lived = _by_day(customer, day, value, age_days)
    return _curves(paid, lived, np.ones((1, len(floats(age_days)))))[0]


def payback(
    customer: ArrayLike,
    day: ArrayLike,
    value: ArrayLike,
    age_days: ArrayLike,
    acquisition_cost: ArrayLike,
    *,
    draws: int = DRAWS,
    level: float = 0.90,
    seed: int = 0,
) -> Payback:
    """Return when customers have paid back their cost, with a bootstrap interval over customers.

    Arguments as in `curve_by_day`; a cost of nan is not known, and left out of the mean cost.
    """
    cost = floats(acquisition_cost)
    paid, lived = _by_day(customer, day, value, age_days)
    often = np.random.default_rng(seed).multinomial(
        len(cost), np.full(len(cost), 1 / len(cost)), size=draws
    )
    weights = np.vstack([np.ones(len(cost)), often], dtype=float)
    known = ~np.isnan(cost)
    costs = weights[:, known] @ cost[known] / np.maximum(weights[:, known].sum(axis=1), 1)
    curves = _curves(paid, lived, weights)
    months = np.array([_crossing(*pair) for pair in zip(curves, costs, strict=True)])
    drawn = np.where(np.isnan(months[1:]), np.inf, months[1:])
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], method="nearest")
    low, high = np.where(np.isinf(ends), np.nan, ends)
    paid_share = float(np.isfinite(drawn).mean())
    seen = curves.shape[1] / DAYS_PER_MONTH
    return Payback(float(months[0]), float(low), float(high), paid_share, seen)


def moved_budget(
    amount: float,
    spent_from: float,
    value_from: float,
    spent_to: float,
    value_to: float,
    elasticity: float,
) -> Shift:
    """Return what moving `amount` of spending from one channel to another changes in value.

    `by_average` takes each further unit to bring what units brought on average. `at_margin`
    assumes that customers won grow with spending to the power of `elasticity`: of an elasticity
    of .5, four times the money wins twice the customers, each worth the same.

    >>> moved_budget(100, 1000, 2000, 1000, 3000, elasticity=1.0)
    Shift(by_average=100.0, at_margin=100.0)
    """
    if not 0 < elasticity <= 1:
        raise ValueError(f"elasticity is {elasticity}; give a number above 0, at most 1.")
    if not 0 <= amount <= spent_from or min(spent_from, spent_to) <= 0:
        raise ValueError(
            f"{amount} cannot be moved out of {spent_from} into {spent_to}; move at most what is "
            "spent, between channels that cost something."
        )
    average = amount * (value_to / spent_to - value_from / spent_from)
    won = value_to * ((1 + amount / spent_to) ** elasticity - 1)
    lost = value_from * (1 - (1 - amount / spent_from) ** elasticity)
    return Shift(float(round(average, 9)), float(round(won - lost, 9)))


def _by_day(
    customer: ArrayLike, day: ArrayLike, value: ArrayLike, age_days: ArrayLike
) -> tuple[csr_matrix, NDArray[np.intp]]:
    """Return payments as customers × days, within the days that each has been seen, and ages."""
    age = np.floor(floats(age_days)).astype(int)
    left = np.bincount(np.maximum(age, 0))[::-1].cumsum()[::-1][1:]  # who have lived 1, 2, … days
    days = int((left >= FEWEST).sum())
    who, when = np.asarray(customer, dtype=int), np.asarray(day, dtype=int)
    inside = (when >= 0) & (when < np.minimum(age[who], days))
    shape = (len(age), max(days, 1))
    return csr_matrix((floats(value)[inside], (who[inside], when[inside])), shape), age


def _curves(paid: csr_matrix, age: NDArray[np.intp], weights: Floats) -> Floats:
    """Return the cumulative mean by day of each set of weights, a row a set."""
    total = weights @ paid
    order = np.argsort(age, kind="stable")
    heavier = np.cumsum(weights[:, order][:, ::-1], axis=1)[:, ::-1]  # weight of that age or more
    first = np.searchsorted(age[order], np.arange(1, total.shape[1] + 1))
    padded = np.hstack([heavier, np.zeros((len(weights), 1))])
    lived = padded[:, first]
    daily = np.divide(total, lived, out=np.zeros_like(total), where=lived > 0)
    return np.cumsum(daily, axis=1)


def _crossing(curve: Floats, cost: float) -> float:
    """Return the months after which a curve first reaches a cost, nan if it never does."""
    reached = curve >= cost
    if not reached.any():
        return np.nan
    return float((np.argmax(reached) + 1) / DAYS_PER_MONTH) if cost > 0 else 0.0
