"""Value as a hurdle: the probability of bringing any, times the amount if so."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import RegressorMixin

from clvlens.models.boosting import Boosted, Floats, grow, margins

LOGISTIC = {"objective": "binary:logistic"}
GAMMA = {"objective": "reg:gamma"}


class HurdleRegressor(RegressorMixin, Boosted):
    """E[value | x] = net × P(value > 0 | x) × E[value | value > 0, x], on the money scale.

    Both parts are boosted trees (logistic loss; gamma deviance with log link). `net` is the money
    of the fit rows over their positive money: 1 but for rows whose refunds exceed their orders.
    Source: the two-part model of Cragg (1971), with trees in place of linear indices.

    `y` is money a row over the label window.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: np.ndarray | None = None,
        select: tuple[Floats, Floats] | None = None,
    ) -> Self:
        """Fit on rows of one or several cutoffs; `groups` and `select` as in `grow`."""
        X, y = self._labelled(X, y)
        if not np.isfinite(y).all():
            raise ValueError("y holds values that are missing or infinite; value must be known")
        bought = y > 0
        groups = np.arange(len(y)) if groups is None else np.asarray(groups)
        later = select and (select[0], (select[1] > 0).astype(float))
        probability = grow(
            X, bought.astype(float), self._settings(0.1), LOGISTIC, groups=groups, select=later
        )
        self.boosters_ = {"probability": probability.booster}
        self.state_ = {"net": 0.0}
        if bought.any():
            later = select and _buyers(*select)
            amount = grow(
                X[bought], y[bought], self._settings(), GAMMA, groups=groups[bought], select=later
            )
            self.boosters_["amount"] = amount.booster
            self.state_ = {"net": float(max(y.sum(), 0.0) / y[bought].sum())}
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Return the expected value a row, in money over the label window. Shape (rows,)."""
        return self.compose(self.margins(X))

    def margins(self, X: ArrayLike) -> Floats:
        """Return the raw scores of the parts. Shape (rows, 2), or (rows, 1) if nobody ever paid."""
        X = self._rows(X)
        return np.column_stack([margins(booster, X) for booster in self.boosters_.values()])

    def compose(self, margins: Floats) -> Floats:
        """Return money from the raw scores of the parts: net × logistic × exponential."""
        if margins.shape[1] == 1:
            return np.zeros(len(margins))
        return self.state_["net"] * expit(margins[:, 0]) * np.exp(margins[:, 1])

    def gradient(self, margins: Floats) -> Floats:
        """Return the derivative of `compose` by each raw score. Shape (rows, 2)."""
        value = self.compose(margins)
        return np.column_stack([value * expit(-margins[:, 0]), value])[:, : margins.shape[1]]


def _buyers(X: Floats, y: Floats) -> tuple[Floats, Floats] | None:
    bought = y > 0
    return (X[bought], y[bought]) if bought.any() else None
