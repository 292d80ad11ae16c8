"""Value as the mean of its quantiles, learned by trees in one go."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from clvlens.models.boosting import Based, Boosted, margins
from clvlens.models.rows import Floats, Rows

COUNT = 10
LEVELS = [(2 * place + 1) / (2 * COUNT) for place in range(COUNT)]  # the middles of tenths
PINBALL = {"objective": "reg:quantileerror", "quantile_alpha": LEVELS}


class QuantileRegressor(RegressorMixin, Boosted):
    """E[value | x] = net × the mean of its quantiles at 5 %, 15 %, …, 95 %.

    The mean is the integral of the quantile function; ten quantiles are its midpoint sum, which
    leaves out what lies above the highest. `net` puts that back in the total of the fit rows, and
    takes off what refunds took. Quantiles are learned on the scale of log(1 + money), on which
    they are the same customers'. Source: Koenker and Bassett (1978), "Regression quantiles".

    `y` is money a row over the label window; rows that brought less than nothing count as 0.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        select: Rows | None = None,
    ) -> Self:
        """Fit on rows of one or several cutoffs, and keep what held-out rows are expected to bring.

        All rows of a customer (`groups`) are held out together; `select` are later rows.
        """
        X, y, groups, order = self._ordered(X, y, groups)
        self.state_: dict[str, Any] = {"net": 1.0}
        later = None if select is None else Based(select.X, _log(select.y))
        booster, held = self._held_out("value", Based(X, _log(y), groups), PINBALL, later)
        self.boosters_ = {"value": booster}
        expected = self.compose(margins(booster, X)).sum()
        self.state_["net"] = float(max(y.sum(), 0.0) / expected) if expected > 0 else 0.0
        held = held if select is not None else held[np.argsort(order)]
        self.held_out_ = self.compose(held)
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Return the expected value a row, in money over the label window. Shape (rows,)."""
        return self.compose(self.margins(X))

    def margins(self, X: ArrayLike) -> Floats:
        """Return the quantiles of log(1 + money). Shape (rows, 10)."""
        X = self._rows(X)
        return margins(self.boosters_["value"], X)

    def compose(self, margins: Floats) -> Floats:
        """Return money from the quantiles: net × the mean of those above 0."""
        return self.state_["net"] * np.expm1(np.maximum(margins, 0.0)).mean(axis=1)

    def gradient(self, margins: Floats) -> Floats:
        """Return the derivative of `compose` by each quantile. Shape (rows, 10)."""
        return self.state_["net"] * np.where(margins > 0, np.exp(margins), 0.0) / COUNT

    @property
    def scores(self) -> int:
        """How many raw scores a row has."""
        return COUNT

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # the benchmark of that tag has negative targets
        return tags


def _log(money: Floats) -> Floats:
    return np.log1p(np.maximum(money, 0.0))
