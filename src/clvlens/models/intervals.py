"""Intervals of value: quantile trees, widened until later rows fell inside.

Conformalised quantile regression (Romano, Patterson and Candès 2019), asymmetric, on the scale
of log(1 + money), so that a customer ten times as large gets a wider interval.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin

from clvlens.models.boosting import Boosted, Floats, Rows, margins

MISS = 0.05  # of values lie below the interval, and as many above
QUANTILES = {"objective": "reg:quantileerror", "quantile_alpha": [MISS, 1 - MISS]}


class ValueInterval(RegressorMixin, Boosted):
    """The bounds between which nine values in ten should fall, half of the misses on each side.

    Offsets come from `calibrate` (later rows), or else from cross-fitted predictions with all
    rows of a customer (`groups`) in one fold. Cross-fitting finds the number of trees as well, so
    that `select` needs `calibrate`. `predict` returns the middle of the interval.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        select: Rows | None = None,
        calibrate: Rows | None = None,
    ) -> Self:
        """Fit the quantiles, then the two offsets."""
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
        self.state_ = {"offsets": _offsets(bounds, _to_log(y)), "least": least}
        return self

    def predict_interval(self, X: ArrayLike) -> Floats:
        """Return the lower and upper bound a row, in money, none below what was ever seen or 0.

        Shape (rows, 2).
        """
        X = self._rows(X)
        bounds = margins(self.boosters_["interval"], X) + self.state_["offsets"]
        return _to_money(np.sort(bounds, axis=1)).clip(self.state_.get("least", -np.inf))

    def predict(self, X: ArrayLike) -> Floats:
        """Return the middle of each interval, in money. Shape (rows,)."""
        return self.predict_interval(X).mean(axis=1)


def _offsets(bounds: Floats, seen: Floats) -> list[float]:
    """Return what to add to each bound, so that of a new row each is missed in 5 % of cases.

    That is the ceil((n + 1) × 95 %)-th smallest of the n misses, or the largest where n is small.
    """
    rank = len(seen) - max(int((len(seen) + 1) * MISS), 1)
    below, above = np.sort(bounds[:, 0] - seen)[rank], np.sort(seen - bounds[:, 1])[rank]
    return [-float(below), float(above)]


def _to_log(money: Floats) -> Floats:
    return np.sign(money) * np.log1p(np.abs(money))


def _to_money(log: Floats) -> Floats:
    return np.sign(log) * np.expm1(np.abs(log))
