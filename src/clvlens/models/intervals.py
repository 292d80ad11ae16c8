"""Intervals of value: quantile trees, widened until later rows fell inside.

Conformalised quantile regression (Romano, Patterson and Candès 2019), asymmetric, on the scale
of log(1 + money), so that a customer ten times as large gets a wider interval.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin

from clvlens.models.boosting import Boosted, Floats, grow, margins

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
        select: tuple[Floats, Floats] | None = None,
        calibrate: tuple[Floats, Floats] | None = None,
    ) -> Self:
        """Fit the quantiles, then the two offsets."""
        X, y = self._labelled(X, y)
        objective = {"objective": "reg:quantileerror", "quantile_alpha": np.array(QUANTILES)}
        later = select and (select[0], _to_log(select[1]))
        grown = grow(X, _to_log(y), self._settings(), objective, groups=groups, select=later)
        self.boosters_ = {"interval": grown.booster}
        if calibrate is not None:
            X, y = calibrate
        crossed = grown.held_out if calibrate is None else None
        bounds = margins(grown.booster, X) if crossed is None else crossed
        self.state_ = {"offsets": _offsets(bounds, _to_log(y))}
        return self

    def predict_interval(self, X: ArrayLike) -> Floats:
        """Return the lower and upper bound a row, in money. Shape (rows, 2)."""
        X = self._rows(X)
        bounds = margins(self.boosters_["interval"], X) + self.state_["offsets"]
        return _to_money(np.sort(bounds, axis=1))

    def predict(self, X: ArrayLike) -> Floats:
        """Return the middle of each interval, in money. Shape (rows,)."""
        return self.predict_interval(X).mean(axis=1)


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
