"""Boosted trees as all models here use them: repeatable, and read as margins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self, cast

import numpy as np
import xgboost as xgb
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_regressor
from sklearn.model_selection import GroupKFold
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]

FOLDS = 5
NUMBERS: dict[str, Any] = {"dtype": float, "ensure_all_finite": "allow-nan"}
LOGISTIC = {"objective": "binary:logistic"}
LOGISTIC_LEAF = 0.1  # rows weigh p(1 - p) there, far less than the 1 of other losses


class Rows(NamedTuple):
    """Rows of one role: features, a target, and whose they are where that matters."""

    X: Floats
    y: np.ndarray
    groups: np.ndarray | None = None


class Boosted(BaseEstimator):
    """What every estimator here shares: its settings, its boosters and how it is restored.

    `X` has shape (rows, features), missing values allowed. After `fit`, `boosters_` holds the
    trees by name and `state_` whatever else a copy needs, as JSON values.
    """

    n_features_in_: int
    boosters_: dict[str, xgb.Booster]
    state_: dict[str, Any]

    def __init__(
        self,
        trees: int = 300,
        learning_rate: float = 0.03,
        max_depth: int = 4,
        min_child_weight: float = 10.0,
        seed: int = 7,
    ) -> None:
        self.trees = trees
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.seed = seed

    @classmethod
    def restored(cls, settings: dict, boosters: dict[str, xgb.Booster], state: dict) -> Self:
        """Return a fitted copy from what was stored of one; its trees read the same features."""
        model = cls(**settings)
        model.boosters_, model.state_ = boosters, state
        (model.n_features_in_,) = {booster.num_features() for booster in boosters.values()}
        return model

    def _labelled(
        self, X: Any, y: Any, groups: ArrayLike | None
    ) -> tuple[Floats, np.ndarray, np.ndarray]:
        """Return checked rows with their customers, in an order that depends on contents alone.

        XGBoost samples rows by position and sums round by order: without this, the same rows in
        another order would give another model. Without `groups`, each row is its own customer.
        """
        numeric = is_regressor(self)
        checked: Any = validate_data(self, X, y, y_numeric=numeric, **NUMBERS)
        X, y = checked[0], checked[1].astype(float) if numeric else checked[1]
        order = np.lexsort([*X.T, y])
        groups = np.arange(len(order)) if groups is None else np.asarray(groups)[order]
        return X[order], y[order], groups

    def _rows(self, X: Any) -> Floats:
        check_is_fitted(self)
        return cast("Floats", validate_data(self, X, reset=False, **NUMBERS))

    def _grow(
        self,
        X: Floats,
        y: np.ndarray,
        groups: np.ndarray,
        objective: Mapping[str, object],
        select: Rows | None = None,
    ) -> xgb.Booster:
        """Fit as many trees as help on `select`, or else on held-out fit rows; at most `trees`."""
        if select is None:
            return self._cross_fit(X, y, groups, objective)[0]
        later = xgb.DMatrix(select.X, select.y)
        booster, losses = self._train(xgb.DMatrix(X, y), later, objective)
        return booster[: np.argmin(losses) + 1]

    def _cross_fit(
        self, X: Floats, y: np.ndarray, groups: np.ndarray, objective: Mapping[str, object]
    ) -> tuple[xgb.Booster, Floats]:
        """Fit as many trees as help on held-out customers, and return their held-out scores.

        Fewer than `FOLDS` customers are not held out: they get every tree and plain scores.
        """
        train, rounds = xgb.DMatrix(X, y), self.trees
        if len(np.unique(groups)) < FOLDS:
            booster = xgb.train(self._parameters(objective), train, rounds)
            return booster, margins(booster, X)
        folds, losses = [], np.zeros(rounds)
        for learn, hold in GroupKFold(FOLDS).split(X, groups=groups):
            known, later = (xgb.DMatrix(X[rows], y[rows]) for rows in (learn, hold))
            booster, loss = self._train(known, later, objective)
            folds.append((hold, booster))
            losses += loss * len(hold)
        rounds = np.argmin(losses) + 1
        scores = np.concatenate([margins(booster[:rounds], X[hold]) for hold, booster in folds])
        order = np.argsort(np.concatenate([hold for hold, _ in folds]))
        return xgb.train(self._parameters(objective), train, rounds), scores[order]

    def _train(
        self, train: xgb.DMatrix, later: xgb.DMatrix, objective: Mapping[str, object]
    ) -> tuple[xgb.Booster, Floats]:
        """Return the trees of all rounds, and the loss on later rows after each round."""
        history: dict[str, dict[str, list[float]]] = {}
        booster = xgb.train(
            self._parameters(objective),
            train,
            self.trees,
            evals=[(later, "later")],
            evals_result=history,
            verbose_eval=False,
        )
        (losses,) = history["later"].values()
        return booster, np.array(losses)

    def _parameters(self, objective: Mapping[str, object]) -> dict[str, object]:
        """Return the settings in XGBoost's words."""
        leaf = LOGISTIC_LEAF if objective is LOGISTIC else 1.0
        return {
            "eta": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight * leaf,
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "seed": self.seed,
            "tree_method": "hist",
            **objective,
        }

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def margins(booster: xgb.Booster, X: Floats) -> Floats:
    """Return the raw scores of rows, before the link. Shape (rows,) or (rows, outputs)."""
    return booster.predict(xgb.DMatrix(X), output_margin=True).astype(float)


def contributions(booster: xgb.Booster, X: Floats) -> Floats:
    """Return exact TreeSHAP values of the margin. Shape (rows, features + 1), the base value last.

    Lundberg, Erion and Lee (2018), "Consistent individualized feature attribution for tree
    ensembles".
    """
    return booster.predict(xgb.DMatrix(X), pred_contribs=True).astype(float)
