"""What keeping customers is worth: retention value, its table by period, and its sensitivity.

`retention` is the share of customers who are still there a period later, `discount_rate` the rate
of one period; both, and `margin_per_period`, speak of the same period. These formulas are for
customers whose leaving is seen: retention is no fact where customers owe nobody a good-bye.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from clvlens.finance.formulas import Floats, floats, share

Timing = Literal["now", "after payment", "end of period"]


def retention_value(
    margin_per_period: ArrayLike,
    retention: ArrayLike,
    discount_rate: float,
    timing: Timing = "now",
    *,
    margin_growth: float = 0.0,
) -> Floats:
    """Money that a customer brings at a constant retention, discounted, without an end.

    With m margin, r retention and d the rate (Fader and Hardie, note 24), "now": the first payment
    comes now, m(1 + d)/(1 + d - r). "after payment": a customer who has just paid,
    m·r/(1 + d - r). "end of period": the first payment comes at the end of the first period from
    everybody, m/(1 + d - r). `margin_growth` is the share by which margin grows each period that a
    customer stays: r becomes r(1 + g).

    >>> for timing in ("now", "after payment", "end of period"):
    ...     print(retention_value(100, 0.8, 0.1, timing).round(2))
    366.67
    266.67
    333.33
    """
    kept = share("retention", retention) * (1 + margin_growth)
    worth = 1 + _rate(discount_rate)
    if (kept >= worth).any():
        raise ValueError(
            f"retention × (1 + margin_growth) is {np.max(kept):.3f}, not below 1 + discount_rate "
            f"{worth:.3f}: value has no bound; lower one, or sum periods with cumulative_value."
        )
    first = {"now": worth, "after payment": kept, "end of period": 1.0}[timing]
    return floats(margin_per_period) * first / (worth - kept)


def margin_multiple(retention: ArrayLike, discount_rate: float) -> Floats:
    """How many periods' margin a customer who has just paid is worth: r/(1 + d - r).

    Gupta and Lehmann (2003).

    >>> print(margin_multiple([0.6, 0.8, 0.9], 0.10).round(2))
    [1.2  2.67 4.5 ]
    """
    return retention_value(1.0, retention, discount_rate, "after payment")


def cumulative_value(
    margin_per_period: float,
    retention: float,
    discount_rate: float,
    periods: int,
    *,
    margin_growth: float = 0.0,
) -> Floats:
    """Money brought by the end of each period, first payment now: the table of NPV by period.

    Entry t is the sum of m·rⁱ/(1 + d)ⁱ over i from 0 to t; it has `periods` entries, and its limit
    is `retention_value`.

    >>> print(cumulative_value(100, 0.8, 0.1, periods=6).round(2))
    [100.   172.73 225.62 264.09 292.06 312.41]
    """
    if periods < 1:
        raise ValueError(f"periods is {periods}; give at least 1.")
    kept = float(share("retention", retention)) * (1 + margin_growth)
    discounted = (kept / (1 + _rate(discount_rate))) ** np.arange(periods, dtype=float)
    return margin_per_period * np.cumsum(discounted)


def retention_gain(
    retention: float,
    points: ArrayLike,
    discount_rate: float,
    timing: Timing = "now",
    *,
    margin_growth: float = 0.0,
    cost_share: float = 0.0,
) -> Floats:
    """Share by which value rises with retention, in points of .01; nan where it has no bound.

    `cost_share` is what share of the value is spent to win or serve the customer: what is left is
    profit, and rises by more.

    >>> print(retention_gain(0.8, 5, 0.1).round(3), retention_gain(0.8, 5, 0.1, cost_share=.5))
    0.2 0.4
    """
    if not 0 <= cost_share < 1:
        raise ValueError(f"cost_share is {cost_share}; give a share from 0 to below 1.")
    base = retention_value(1.0, retention, discount_rate, timing, margin_growth=margin_growth)
    moved = retention + floats(points) / 100
    limit = (1 + discount_rate) / (1 + margin_growth)
    fine = (moved >= 0) & (moved <= 1) & (moved < limit)
    value = retention_value(
        1.0, np.where(fine, moved, 0.0), discount_rate, timing, margin_growth=margin_growth
    )
    return np.where(fine, (value / base - 1) / (1 - cost_share), np.nan).round(12)[()]


def growth_needed(gain: float, points: float, retention: float, discount_rate: float) -> float:
    """Growth of margin a period at which some points of retention raise value by the share `gain`.

    The first payment comes now. From (1 + d - r·k)/(1 + d - (r + p)·k) = 1 + gain, k = 1 + growth.

    >>> round(growth_needed(0.95, 5, 0.8, 0.1), 4)
    0.2187
    """
    more = points / 100
    return gain * (1 + _rate(discount_rate)) / (gain * retention + (1 + gain) * more) - 1


def cost_share_needed(gain: float, points: float, retention: float, discount_rate: float) -> float:
    """Share of value that must go into costs for some points to raise profit by the share `gain`.

    Margin is constant, the first payment comes now; 0 or less where value alone rises so much.

    >>> round(cost_share_needed(0.95, 5, 0.8, 0.1), 4)
    0.7895
    """
    return 1 - float(retention_gain(retention, points, discount_rate)) / gain


def _rate(discount_rate: float) -> float:
    if discount_rate <= -1:
        raise ValueError(
            f"discount_rate is {discount_rate}; give a share above -1, as .10 for 10 %."
        )
    return discount_rate
