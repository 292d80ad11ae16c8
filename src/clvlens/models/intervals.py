"""Intervals of value: quantile trees, widened until later rows fell inside.

Conformalised quantile regression (Romano, Patterson and Candès 2019), asymmetric, on the scale
of log(1 + money), so that a customer ten times as large gets a wider interval.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import xgboost as xgb
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.model_selection import GroupKFold

from clvlens.models.boosting import Boosted, Floats, Trees, grow, margins
from clvlens.models.calibration import FOLDS

LEVEL = 0.90
QUANTILES = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


class ValueInterval(RegressorMixin, Boosted):
    """The bounds between which nine values in ten should fall, half of the misses on each side.

    Offsets come from `calibrate` (later rows), or else from cross-fitted predictions with all
    rows of a customer (`groups`) in one fold. `predict` returns the middle of the interval.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: np.ndarray | None = None,
        calibrate: tuple[Floats, Floats] | None = None,
    ) -> Self:
        """Fit the quantiles, then the two offsets."""
        X, y = self._labelled(X, y)
        trees = self._settings()
        booster = _grow_quantiles(X, y, trees)
        if calibrate is None:
            groups = np.arange(len(y)) if groups is None else np.asarray(groups)
            bounds, seen = _cross_fitted(X, y, groups, trees, booster), y
        else:
            bounds, seen = margins(booster, calibrate[0]), calibrate[1]
        self.boosters_ = {"interval": booster}
        self.state_ = {"offsets": _offsets(bounds, _to_log(seen))}
        return self

    def predict_interval(self, X: ArrayLike) -> Floats:
        """Return the lower and upper bound a row, in money. Shape (rows, 2)."""
        X = self._rows(X)
        bounds = margins(self.boosters_["interval"], X) + self.state_["offsets"]
        return _to_money(np.sort(bounds, axis=1))

    def predict(self, X: ArrayLike) -> Floats:
        """Return the middle of each interval, in money. Shape (rows,)."""
        return self.predict_interval(X).mean(axis=1)


def _grow_quantiles(X: Floats, y: Floats, trees: Trees) -> xgb.Booster:
    objective = {"objective": "reg:quantileerror", "quantile_alpha": np.array(QUANTILES)}
    return grow(X, _to_log(y), trees, objective)


def _cross_fitted(
    X: Floats, y: Floats, groups: np.ndarray, trees: Trees, whole: xgb.Booster
) -> Floats:
    if len(np.unique(groups)) < FOLDS:
        return margins(whole, X)
    bounds = np.empty((len(y), 2))
    for learn, hold in GroupKFold(FOLDS).split(X, groups=groups):
        bounds[hold] = margins(_grow_quantiles(X[learn], y[learn], trees), X[hold])
    return bounds


def _offsets(bounds: Floats, seen: Floats) -> list[float]:
    """Return what to add to each bound, so that 5 % of `seen` lie beyond it (finite-sample)."""
    miss = QUANTILES[0]
    level = min((1 - miss) * (1 + 1 / len(seen)), 1.0)
    low = np.quantile(bounds[:, 0] - seen, level, method="higher")
    high = np.quantile(seen - bounds[:, 1], level, method="higher")
    return [-float(low), float(high)]


def _to_log(money: Floats) -> Floats:
    return np.sign(money) * np.log1p(np.abs(money))


def _to_money(log: Floats) -> Floats:
    return np.sign(log) * np.expm1(np.abs(log))
