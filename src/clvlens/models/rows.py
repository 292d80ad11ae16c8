"""Rows that models learn from, and what every estimator here does with them first."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np
import xgboost as xgb
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_regressor
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]

FOLDS = 5
NUMBERS: dict[str, Any] = {"dtype": float, "ensure_all_finite": "allow-nan"}


class Rows(NamedTuple):
    """Rows of one role: features, a target, and whose they are where that matters."""

    X: Floats
    y: np.ndarray
    groups: np.ndarray | None = None

    def and_then(self, later: Rows) -> Rows:
        """Return these rows, and later ones after them; customers where both say whose they are."""
        groups = None
        if self.groups is not None and later.groups is not None:
            groups = np.concatenate([self.groups, later.groups])
        return Rows(np.vstack([self.X, later.X]), np.concatenate([self.y, later.y]), groups)


class Learner(BaseEstimator):
    """What every estimator here shares: how rows are read, and what a copy of it needs.

    `X` has shape (rows, features), missing values allowed. After `fit`, `boosters_` holds trees by
    name, where there are any, and `state_` whatever else a copy needs, as JSON values.
    """

    n_features_in_: int
    boosters_: dict[str, xgb.Booster]
    state_: dict[str, Any]

    def _labelled(
        self, X: Any, y: Any, groups: ArrayLike | None
    ) -> tuple[Floats, np.ndarray, np.ndarray]:
        """Return checked rows with their customers, in an order that depends on contents alone.

        Without `groups`, each row is its own customer.
        """
        return self._ordered(X, y, groups)[:3]

    def _ordered(
        self, X: Any, y: Any, groups: ArrayLike | None
    ) -> tuple[Floats, np.ndarray, np.ndarray, np.ndarray]:
        """Return what `_labelled` does, and the order.

        Samples are drawn by position and sums rounded by order: without this, the same rows in
        another order would give another model.
        """
        numeric = is_regressor(self)
        checked: Any = validate_data(self, X, y, y_numeric=numeric, **NUMBERS)
        X, y = checked[0], checked[1].astype(float) if numeric else checked[1]
        order = np.lexsort([*X.T, y])
        groups = np.arange(len(order)) if groups is None else np.asarray(groups)[order]
        return X[order], y[order], groups, order

    def _rows(self, X: Any) -> Floats:
        check_is_fitted(self)
        return cast("Floats", validate_data(self, X, reset=False, **NUMBERS))

    def starts(self) -> Floats | float:
        """Return where raw scores begin, beside what is learned of features."""
        return 0.0

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
