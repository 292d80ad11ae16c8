"""How sure a figure is: percentile intervals over customers drawn with replacement.

Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from clvlens.metrics import Floats, Formula


@dataclass(frozen=True)
class Interval:
    """A figure and the bounds between which it is believed to lie."""

    estimate: float
    low: float
    high: float


def bootstrap_interval(
    metric: Formula,
    actual: ArrayLike,
    predicted: ArrayLike,
    *,
    draws: int = 200,
    level: float = 0.90,
    seed: int = 0,
    groups: ArrayLike | None = None,
) -> Interval:
    """Percentile interval of a metric over customers drawn with replacement.

    ``groups`` holds one customer id per row where a customer has several rows (one per cutoff);
    such rows are drawn together. The same seed draws the same customers for every metric. Draws in
    which the metric is nan (one class only, say) are left out. Drawing with replacement adds noise
    to every group of ``decile_mape`` and of the calibration error: their intervals lean upwards.
    """
    y, p = np.asarray(actual), np.asarray(predicted)
    all_rows = np.arange(len(y))
    ids = all_rows if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(ids.max(initial=-1)) + 1
    random = np.random.default_rng(seed)
    drawn = np.empty(draws)
    for draw in range(draws):
        often = np.bincount(random.integers(count, size=count), minlength=count)
        rows = np.repeat(all_rows, often[ids])
        drawn[draw] = metric(y[rows], p[rows])
    estimate, known = metric(y, p), drawn[np.isfinite(drawn)]
    if not known.size or np.isnan(estimate):
        return Interval(estimate, np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high))


def bootstrap_difference(
    metric: Formula,
    actual: ArrayLike,
    predicted: ArrayLike,
    rival: ArrayLike,
    *,
    draws: int = 200,
    level: float = 0.90,
    seed: int = 0,
    groups: ArrayLike | None = None,
) -> Interval:
    """Percentile interval of metric(predicted) - metric(rival), both on the same drawn customers.

    Pairing removes the luck of the draw that both share, so the interval is narrower than two
    separate ones suggest. Arguments as in ``bootstrap_interval``.
    """
    pair = np.column_stack((predicted, rival))

    def gap(y: Floats, p: Floats) -> float:
        return metric(y, p[:, 0]) - metric(y, p[:, 1])

    return bootstrap_interval(gap, actual, pair, draws=draws, level=level, seed=seed, groups=groups)
