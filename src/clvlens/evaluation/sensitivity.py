"""What some points of retention do to value and profit, and when the famous sentence holds.

"5 % more retention, up to 95 % more profit" (Reichheld and Sasser 1990) is arithmetic under
conditions: margin that grows with tenure, or costs that eat most of the value.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from clvlens.finance.retention import (
    cost_share_needed,
    growth_needed,
    retention_gain,
    retention_value,
)

POINTS = (-10, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 10)
FAMOUS_GAIN, FAMOUS_POINTS = 0.95, 5


def sensitivity(
    retention: float,
    annual_rate: float,
    growth: float,
    value_per_year: float,
    acquisition_cost: float = float("nan"),
) -> pd.DataFrame:
    """Return value and profit by points of yearly retention, a row a margin growth × points.

    `value_per_year` is what a customer brings in the first year, paid at its beginning; profit is
    value less `acquisition_cost`, nan where that is unknown. Gains are shares; nan where value
    has no bound or retention leaves 0 to 1.
    """
    parts = []
    for margin_growth in dict.fromkeys((0.0, growth)):
        if retention * (1 + margin_growth) >= 1 + annual_rate:
            continue  # value has no bound even as it is
        base = value_per_year * float(
            retention_value(1.0, retention, annual_rate, margin_growth=margin_growth)
        )
        gain = retention_gain(retention, POINTS, annual_rate, margin_growth=margin_growth)
        profit = base - acquisition_cost
        parts.append(
            pd.DataFrame(
                {
                    "margin_growth": margin_growth,
                    "points": POINTS,
                    "retention": retention + np.array(POINTS) / 100,
                    "value": base * (1 + gain),
                    "value_gain": gain,
                    "profit_gain": base * gain / profit if profit > 0 else np.nan,
                }
            )
        )
    columns = ["margin_growth", "points", "retention", "value", "value_gain", "profit_gain"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def famous_sentence(retention: float, annual_rate: float) -> str:
    """Return when 5 points more retention mean 95 % more profit, for this business."""
    if retention + FAMOUS_POINTS / 100 > 1:
        return "retention is so high that 5 points more are not to be had"
    gain = float(retention_gain(retention, FAMOUS_POINTS, annual_rate))
    if gain >= FAMOUS_GAIN:
        return (
            f"5 points more retention (from {retention:.0%}) raise value by {gain:.0%} even at a "
            "constant margin"
        )
    growth = growth_needed(FAMOUS_GAIN, FAMOUS_POINTS, retention, annual_rate)
    costs = cost_share_needed(FAMOUS_GAIN, FAMOUS_POINTS, retention, annual_rate)
    return (
        f"5 points more retention (from {retention:.0%}) raise value by {gain:.0%} at a constant "
        f"margin; 95% more profit would need a margin that grows by {growth:.0%} a year, or costs "
        f"that eat {costs:.0%} of the value"
    )
