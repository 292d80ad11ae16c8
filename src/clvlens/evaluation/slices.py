"""Groups of customers for whom predictions may be good or bad in their own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from clvlens import metrics
from clvlens.bootstrap import bootstrap_difference
from clvlens.models.baselines import Forecast

NEW_DAYS = 90
SILENT_DAYS = 180
FIGURES: tuple[str, ...] = (
    "best_baseline", "ngini", "ngini_baseline", "gain", "gain_low", "gain_high", "total_bias",
    "misplaced",
)  # fmt: skip
FEWEST = 20  # customers of a slice; the nGini of fewer is the luck of one or two


def slices(rows: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, which rows) from what was known at the cutoff; slices may overlap.

    Never-buyers, one-time and repeat buyers share everybody out; new customers have been known
    for at most 90 days, silent ones bought, but not in the last 180.
    """
    orders = rows["orders__count_ever"].to_numpy()
    silence = rows["orders__days_since_last"].to_numpy()
    yield "all", np.ones(len(rows), dtype=bool)
    yield "never-buyer", orders == 0
    yield "one-time", orders == 1
    yield "repeat", orders > 1
    yield "new", rows["tenure_days"].to_numpy() <= NEW_DAYS
    yield "silent", (orders > 0) & (silence > SILENT_DAYS)


def leads(
    own: Forecast, rivals: Sequence[Forecast], test: pd.DataFrame, draws: int
) -> pd.DataFrame:
    """Return the lead over the baseline that ranks best, slice by slice.

    One row a slice: `customers`, `best_baseline` (of that slice), `ngini`, `ngini_baseline`,
    `gain` with its 90 % paired interval `gain_low` to `gain_high`, `total_bias`, `misplaced`.
    Figures are nan where a slice has fewer than 20 customers.
    """
    rows = []
    for name, inside in slices(test):
        customers = test.loc[inside, "customer_id"].nunique()
        enough = customers >= FEWEST
        lead = _lead(own, rivals, test, inside, draws) if enough else dict.fromkeys(FIGURES)
        rows.append({"slice": name, "customers": customers, **lead})
    return pd.DataFrame(rows)


def _best(rivals: Sequence[Forecast], actual: np.ndarray, inside: np.ndarray) -> Forecast:
    """Return the first of the baselines that rank some customers best, by nGini."""
    ranks = [metrics.normalised_gini(actual[inside], rival.value[inside]) for rival in rivals]
    return rivals[int(np.argmax(np.nan_to_num(ranks, nan=-np.inf)))]


def _lead(
    own: Forecast, rivals: Sequence[Forecast], test: pd.DataFrame, inside: np.ndarray, draws: int
) -> dict[str, object]:
    seen = test["target_value"].to_numpy()
    best = _best(rivals, seen, inside)
    actual, value, rival = seen[inside], own.value[inside], best.value[inside]
    groups = test["customer_id"].to_numpy()[inside]
    gini = metrics.normalised_gini
    gain = bootstrap_difference(gini, actual, value, rival, draws=draws, groups=groups)
    figures = (
        *(gini(actual, value), gini(actual, rival), gain.estimate, gain.low, gain.high),
        *(metrics.total_bias(actual, value), metrics.misplaced(actual, value)),
    )
    return dict(zip(FIGURES, (best.name, *figures), strict=True))
