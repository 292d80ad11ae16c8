"""What many customers bring together, with an interval, and whether it held what came.

Bounds of single customers do not add up to bounds of their sum: their own ups and downs cancel
out, and what moves all of them at once (a season, a price, a rival) does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from scipy.stats import t as student

from clvlens.config.finance import Segments
from clvlens.evaluation.segments import NAMES, segments
from clvlens.evaluation.slices import FEWEST, slices
from clvlens.metrics import Floats
from clvlens.models.spread import Spread

MISS = 0.05  # of totals lie below their interval, and as many above
LEVEL = 0.1  # relative miss of a total, before any window of these data tells
WINDOWS = 4  # how many windows that is worth
OWN = 0.1  # relative miss of a part beside that of the whole

Group = tuple[str, np.ndarray]


def total_interval(
    expected: Floats,
    variance: Floats,
    whole: float,
    *,
    misses: Sequence[float] = (),
    has_losses: bool = False,
) -> tuple[float, float]:
    """Return the bounds between which nine sums in ten should fall, in money.

    `expected` and `variance` are those of each customer of the group, `whole` is what everybody
    is expected to bring, `misses` are relative ones of earlier totals, actual / predicted - 1.
    The sum S ± t √(S² (s² + OWN² (1 - S / whole)) + Σ variance), where
    s² = (WINDOWS × LEVEL² + Σ miss²) / (WINDOWS + windows) and t is Student's with as many degrees
    of freedom as the denominator: the scaled inverse χ² posterior of a variance whose mean is
    known (Gelman et al. 2013, Bayesian Data Analysis, 2.6). Not below 0 unless there are losses.
    """
    total = float(np.sum(expected))
    known = np.asarray(misses, dtype=float)
    degrees = WINDOWS + len(known)
    level = (WINDOWS * LEVEL**2 + float(known @ known)) / degrees
    own = OWN**2 * (1 - total / whole) if whole > 0 else OWN**2
    sd = np.sqrt(total**2 * (level + max(own, 0.0)) + float(np.sum(variance)))
    half = float(student.ppf(1 - MISS, degrees) * sd)
    return (total - half if has_losses else max(total - half, 0.0)), total + half


def totals(
    groups: Iterable[Group],
    expected: Floats,
    spread: Spread | None,
    stretch: float,
    misses: Sequence[float] = (),
) -> pd.DataFrame:
    """Return one row a group: `group`, `customers`, `predicted`, `low_90`, `high_90`, in money.

    Bounds are missing for fewer than 20 customers, whose sum one of them may decide, and where
    nobody knows the spread.
    """
    whole, rows = float(np.sum(expected)), []
    for name, inside in groups:
        bounds = (np.nan, np.nan)
        if spread is not None and inside.sum() >= FEWEST:
            own = expected[inside]
            bounds = total_interval(
                *(own, spread.variance(own, stretch), whole),
                misses=misses, has_losses=spread.has_losses,
            )  # fmt: skip
        rows.append((name, int(inside.sum()), float(expected[inside].sum()), *bounds))
    return pd.DataFrame(rows, columns=["group", "customers", "predicted", "low_90", "high_90"])


def judge_totals(
    test: pd.DataFrame,
    predictions: pd.DataFrame,
    spread: Spread,
    stretch: float,
    settings: Segments,
) -> pd.DataFrame:
    """Return totals by cutoff of everybody, slices and segments, beside what came.

    `totals` with `cutoff` before, and after it `actual` and `held`: whether the bounds, which know
    nothing of these windows, hold it (1 or 0, missing where there are none).
    """
    found = []
    for cutoff, rows in test.groupby("cutoff"):
        own = predictions.loc[rows.index]
        groups = [*slices(rows), *_segments(own, settings)]
        value = own["predicted_value"].to_numpy()
        table = totals(groups, value, spread, stretch)
        seen = rows["target_value"].to_numpy()
        table["actual"] = [float(seen[inside].sum()) for _, inside in groups]
        held = table["actual"].between(table["low_90"], table["high_90"]).astype(float)
        table["held"] = held.where(table["low_90"].notna())
        table.insert(0, "cutoff", cutoff)
        found.append(table)
    return pd.concat(found, ignore_index=True)


def predicted_totals(
    table: pd.DataFrame, spread: Spread | None, stretch: float, misses: Sequence[float]
) -> pd.DataFrame:
    """Return totals of everybody and of each segment in a table of predictions of one horizon."""
    groups = [("all", np.ones(len(table), dtype=bool))]
    groups += [(name, (table["segment"] == name).to_numpy()) for name in NAMES]
    return totals(groups, table["predicted_value"].to_numpy(), spread, stretch, misses)


def seen_misses(judged: pd.DataFrame, ended_by: pd.Timestamp, days: int) -> tuple[float, ...]:
    """Return the relative misses, actual / predicted - 1, of totals that were known by then.

    `judged` is what `judge_totals` returned, over a horizon of so many `days`.
    """
    ends = pd.to_datetime(judged["cutoff"], utc=True) + pd.Timedelta(days=days)
    chosen = (judged["group"] == "all") & (judged["predicted"] > 0) & (ends <= ended_by)
    whole = judged.loc[chosen]
    return tuple((whole["actual"] / whole["predicted"] - 1).tolist())


def _segments(predictions: pd.DataFrame, settings: Segments) -> Iterator[Group]:
    value, churn = (predictions[c].to_numpy() for c in ("predicted_value", "churn_probability"))
    names = segments(value, churn, settings)
    for name in NAMES:
        yield name, names == name
