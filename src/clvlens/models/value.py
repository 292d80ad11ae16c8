"""Value as a hurdle: the probability of bringing any, times the amount if so."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from clvlens.models.boosting import LOGISTIC, Based, Boosted, margins
from clvlens.models.rows import Floats, Rows

GAMMA = {"objective": "reg:gamma"}


class HurdleRegressor(RegressorMixin, Boosted):
    """E[value | x] = net × P(value > 0 | x) × E[value | value > 0, x], on the money scale.

    Both parts are boosted trees (logistic loss; gamma deviance with log link). `net` makes values
    of the fit rows add up to their money: it takes off what refunds took, and puts back what the
    gamma deviance, which asks for relative errors to add up to 0, leaves out of the total.
    Source: the two-part model of Cragg (1971), with trees in place of linear indices.

    `y` is money a row over the label window.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        select: Rows | None = None,
    ) -> Self:
        """Fit on rows of one or several cutoffs.

        All rows of a customer (`groups`) are held out together; `select` are later rows. What
        held-out rows are expected to bring is kept as `held_out_`.
        """
        X, y, groups, order = self._ordered(X, y, groups)
        bought = y > 0
        later = select and Based(select.X, select.y > 0)
        probability, chance = self._held_out(
            "probability", Based(X, bought, groups), LOGISTIC, later
        )
        self.boosters_ = {"probability": probability}
        self.state_ = {"net": 1.0}
        self.held_out_ = np.zeros(len(chance))
        if bought.any():
            payers = Based(X, y, groups).where(bought)
            later = select and _buyers(select)
            self.boosters_["amount"], amount = self._held_out("amount", payers, GAMMA, later)
            self.state_["net"] = float(max(y.sum(), 0.0) / self.predict(X).sum())
            held = margins(self.boosters_["amount"], X if select is None else select.X)
            if select is None:
                held[bought] = amount
            self.held_out_ = self.compose(np.column_stack([chance, held]))
        if select is None:
            self.held_out_ = self.held_out_[np.argsort(order)]
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

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # the benchmark of that tag has negative targets
        return tags


def _buyers(rows: Rows) -> Based | None:
    bought = rows.y > 0
    return Based(*rows).where(bought) if bought.any() else None
