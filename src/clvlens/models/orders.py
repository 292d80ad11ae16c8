"""How many orders to expect."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from clvlens.models.boosting import Boosted, margins
from clvlens.models.rows import Floats, Rows

POISSON = {"objective": "count:poisson"}


class OrderCountRegressor(RegressorMixin, Boosted):
    """E[number of orders | x] from boosted trees with Poisson loss and log link.

    `y` counts orders, so it is not negative.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        select: Rows | None = None,
    ) -> Self:
        """Fit on rows of one or several cutoffs.

        All rows of a customer (`groups`) are held out together; `select` are later rows.
        """
        X, y, groups = self._labelled(X, y, groups)
        if (y < 0).any():
            raise ValueError("Negative values in data passed to OrderCountRegressor: y counts")
        self.boosters_ = {"orders": self._grow(X, y, groups, POISSON, select)}
        self.state_ = {}
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Return the expected number of orders a row, over the label window. Shape (rows,)."""
        X = self._rows(X)
        return np.exp(margins(self.boosters_["orders"], X))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags
