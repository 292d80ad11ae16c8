"""Who the best customers are: the grid of value and risk, its lists, and how value is spread."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clvlens.config.finance import Segments
from clvlens.metrics import Floats

NAMES = ("protect", "grow", "win back", "let be")
TOP = 0.2


def segments(value: Floats, churn: Floats, settings: Segments) -> np.ndarray:
    """Return value × risk, by the shares that the settings name; ties are all valuable or none.

    protect: valuable and risky; grow: valuable and likely to stay; win back: risky, not valuable;
    let be: neither. Who has nothing to churn from is not risky.
    """
    valuable = pd.Series(value).rank(method="max", pct=True).to_numpy() > 1 - settings.valuable
    risky = np.asarray(churn) >= settings.risky
    return np.select(
        [valuable & risky, valuable & ~risky, ~valuable & risky],
        ["protect", "grow", "win back"],
        "let be",
    )


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return what each segment holds, a row a segment; shares are of all customers and values.

    `table` has a prediction a customer, with `segment` and `clv`.
    """
    whole = float(table["predicted_value"].sum())
    found = []
    for name in NAMES:
        own = table[table["segment"] == name]
        found.append(
            {
                "segment": name,
                "customers": len(own),
                "customer_share": len(own) / len(table),
                "value_share": own["predicted_value"].sum() / whole if whole else np.nan,
                "predicted_value": own["predicted_value"].mean(),
                "clv": own["clv"].mean(),
                "churn_probability": own["churn_probability"].mean(),
            }
        )
    return pd.DataFrame(found)


def deciles(table: pd.DataFrame) -> pd.DataFrame:
    """Return customers, value and churn by tenth of predicted value, 10 the highest."""
    whole = float(table["predicted_value"].sum())
    grouped = table.groupby("value_decile")
    found = grouped[["predicted_value", "clv", "churn_probability"]].mean()
    found.insert(0, "customers", grouped.size())
    found["value_share"] = grouped["predicted_value"].sum() / whole if whole else np.nan
    return found.reset_index().sort_values("value_decile", ascending=False, ignore_index=True)


def top_share(value: Floats, ranked_by: Floats | None = None, top: float = TOP) -> float:
    """Share of all value held by the top fifth of customers (Pareto's would be .8).

    Ranked by the values themselves unless told otherwise; nan where there is no value.
    """
    score = value if ranked_by is None else ranked_by
    if not len(value) or value.sum() <= 0:
        return np.nan
    held = np.concatenate([[0.0], np.cumsum(value[np.argsort(-score, kind="stable")])])
    return float(np.interp(top * len(value), np.arange(len(held)), held) / value.sum())
