"""Intervals of value: quantile trees, widened until later rows fell inside.

Conformalised quantile regression (Romano, Patterson and Candès 2019), asymmetric, on the scale
of log(1 + money), so that a customer ten times as large gets a wider interval. Rows are calibrated
among their like (Mondrian: Vovk, Gammerman and Shafer 2005), by tenths of the upper quantile: rows
predicted near zero, where most bring nothing, are a group of their own.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin

from clvlens.models.boosting import Boosted, margins
from clvlens.models.rows import Floats, Rows

MISS = 0.05  # of values lie below the interval, and as many above
QUANTILES = {"objective": "reg:quantileerror", "quantile_alpha": [MISS, 1 - MISS]}
GROUPS = 10
LEAST_GROUP = 200  # rows; of fewer, the twentieth that is missed is the luck of some


class ValueInterval(RegressorMixin, Boosted):
    """The bounds between which nine values in ten should fall, half of the misses on each side.

    Offsets come from `calibrate` (later rows), or else from cross-fitted predictions with all
    rows of a customer (`groups`) in one fold. Cross-fitting finds the number of trees as well, so
    that `select` needs `calibrate`. `predict` returns the middle of the interval.

    Where a lower bound cannot be missed, because nothing is below it, the upper bound takes the
    misses of both.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        select: Rows | None = None,
        calibrate: Rows | None = None,
    ) -> Self:
        """Fit the quantiles, then the two offsets of each group."""
        X, y, groups = self._labelled(X, y, groups)
        least = float(min(y.min(), 0.0))
        if calibrate is None:
            booster, bounds = self._cross_fit(X, _to_log(y), groups, QUANTILES)
        else:
            later = select and Rows(select.X, _to_log(select.y))
            booster = self._grow(X, _to_log(y), groups, QUANTILES, later)
            X, y, _ = calibrate
            bounds = margins(booster, X)
        self.boosters_ = {"interval": booster}
        count = max(1, min(GROUPS, len(y) // LEAST_GROUP))
        edges = np.quantile(bounds[:, 1], np.arange(1, count) / count)
        group = np.searchsorted(edges, bounds[:, 1], side="right")
        floor = float(_to_log(np.array(least)))
        offsets = [
            _offsets(bounds[group == one], _to_log(y[group == one]), floor) for one in range(count)
        ]
        self.state_ = {"offsets": offsets, "edges": edges.tolist(), "least": least}
        return self

    def predict_interval(self, X: ArrayLike) -> Floats:
        """Return the lower and upper bound a row, in money, none below what was ever seen or 0.

        Shape (rows, 2).
        """
        X = self._rows(X)
        bounds = margins(self.boosters_["interval"], X)
        group = np.searchsorted(self.state_.get("edges", []), bounds[:, 1], side="right")
        bounds = bounds + np.atleast_2d(self.state_["offsets"])[group]
        return _to_money(np.sort(bounds, axis=1)).clip(self.state_.get("least", -np.inf))

    def predict(self, X: ArrayLike) -> Floats:
        """Return the middle of each interval, in money. Shape (rows,)."""
        return self.predict_interval(X).mean(axis=1)


def _offsets(bounds: Floats, seen: Floats, floor: float) -> list[float]:
    """Return what to add to each bound, so that of new rows like these one in ten is missed.

    The lower bound is missed in 5 % of cases, or in fewer where it comes to the `floor`, below
    which nothing lies; the upper bound in the rest.
    """
    if not len(seen):
        return [0.0, 0.0]
    below = _quantile(bounds[:, 0] - seen, MISS)
    missed = float(np.mean(seen < np.maximum(bounds[:, 0] - below, floor)))
    above = _quantile(seen - bounds[:, 1], 2 * MISS - min(missed, MISS))
    return [-below, above]


def _quantile(misses: Floats, share: float) -> float:
    """Return the ceil((n + 1)(1 - share))-th smallest of n, or the largest where n is small."""
    rank = len(misses) - max(int((len(misses) + 1) * share), 1)
    return float(np.sort(misses)[rank])


def _to_log(money: Floats) -> Floats:
    return np.sign(money) * np.log1p(np.abs(money))


def _to_money(log: Floats) -> Floats:
    return np.sign(log) * np.expm1(np.abs(log))
