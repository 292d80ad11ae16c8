"""Boosted trees as all models here use them: repeatable, and read as margins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import pandas as pd
import xgboost as xgb
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_regressor
from sklearn.model_selection import GroupKFold
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]

FOLDS = 5


@dataclass(frozen=True)
class Trees:
    """Settings of one boosted model; the defaults are good without tuning."""

    trees: int = 300
    learning_rate: float = 0.03
    max_depth: int = 4
    min_child_weight: float = 10.0
    seed: int = 7

    def parameters(self) -> dict[str, float | int | str]:
        """Return the settings in XGBoost's words."""
        return {
            "eta": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "seed": self.seed,
            "tree_method": "hist",
        }


class Boosted(BaseEstimator):
    """What every estimator here shares: its settings, its boosters and how it is restored.

    `X` has shape (rows, features), missing values allowed. After `fit`, `boosters_` holds the
    trees by name and `state_` whatever else a copy needs, as JSON values.
    """

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
    def restored(
        cls, settings: dict, boosters: dict[str, xgb.Booster], state: dict, features: int
    ) -> Self:
        """Return a fitted copy from what was stored of one."""
        model = cls(**settings)
        model.boosters_, model.state_, model.n_features_in_ = boosters, state, features
        return model

    def _settings(self, weight: float = 1.0) -> Trees:
        """Return the settings; logistic hessians are small, so their leaves weigh less."""
        settings = asdict(Trees(**self.get_params()))
        return Trees(**{**settings, "min_child_weight": self.min_child_weight * weight})

    def _labelled(self, X: ArrayLike, y: ArrayLike) -> tuple[Floats, np.ndarray]:
        numeric = is_regressor(self)
        return validate_data(self, X, y, ensure_all_finite="allow-nan", y_numeric=numeric)

    def _rows(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        return validate_data(self, X, ensure_all_finite="allow-nan", reset=False)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


@dataclass(frozen=True)
class Grown:
    """Fitted trees, and the scores of the fit rows from trees that never saw their customer."""

    booster: xgb.Booster
    held_out: Floats | None = None


def grow(
    X: Floats,
    y: Floats,
    trees: Trees,
    objective: Mapping[str, object],
    *,
    groups: np.ndarray | None = None,
    select: tuple[Floats, Floats] | None = None,
) -> Grown:
    """Fit as many trees as help on rows that they do not see, at most `trees.trees`.

    Those rows are `select` (later ones) or else, by cross-fitting, the fit rows themselves with
    all rows of a customer (`groups`) in one fold. Rows are first put into an order of their own:
    XGBoost samples by position, so the same rows in another order would give another model.
    """
    order = stable_order(X, y)
    groups = np.argsort(order) if groups is None else np.asarray(groups)
    train = xgb.DMatrix(X[order], y[order])
    parameters = {**trees.parameters(), **objective}
    if select is not None:
        losses, _ = _losses(train, xgb.DMatrix(*select), parameters, trees.trees)
        return Grown(xgb.train(parameters, train, int(np.argmin(losses)) + 1))
    if len(np.unique(groups)) < FOLDS:
        return Grown(xgb.train(parameters, train, trees.trees))
    rounds, held_out = _cross_fitted(X[order], y[order], groups[order], parameters, trees.trees)
    return Grown(xgb.train(parameters, train, rounds), held_out[np.argsort(order)])


def _losses(
    train: xgb.DMatrix, later: xgb.DMatrix, parameters: dict, rounds: int
) -> tuple[Floats, xgb.Booster]:
    """Return the loss on later rows after each round, and the trees of all rounds."""
    history: dict = {}
    booster = xgb.train(
        parameters,
        train,
        rounds,
        evals=[(later, "later")],
        evals_result=history,
        verbose_eval=False,
    )
    return np.array(next(iter(history["later"].values()))), booster


def _cross_fitted(
    X: Floats, y: Floats, groups: np.ndarray, parameters: dict, rounds: int
) -> tuple[int, Floats]:
    """Return the rounds with the least held-out loss, and the held-out scores after them."""
    folds, losses = [], np.zeros(rounds)
    for learn, hold in GroupKFold(FOLDS).split(X, groups=groups):
        train, later = (xgb.DMatrix(X[rows], y[rows]) for rows in (learn, hold))
        loss, booster = _losses(train, later, parameters, rounds)
        losses += loss * len(hold)
        folds.append((hold, booster))
    best = int(np.argmin(losses)) + 1
    scores = [margins(booster[:best], X[hold]) for hold, booster in folds]
    held_out = np.empty((len(y), *scores[0].shape[1:]))
    for (hold, _), score in zip(folds, scores, strict=True):
        held_out[hold] = score
    return best, held_out


def stable_order(X: Floats, y: Floats) -> NDArray[np.intp]:
    """Return an order of the rows that depends on their contents alone."""
    rows = pd.DataFrame(np.column_stack([X, y]))
    return np.argsort(pd.util.hash_pandas_object(rows, index=False).to_numpy(), kind="stable")


def margins(booster: xgb.Booster, X: Floats) -> Floats:
    """Return the raw scores of rows, before the link. Shape (rows,) or (rows, outputs)."""
    return booster.predict(xgb.DMatrix(X), output_margin=True).astype(float)


def contributions(booster: xgb.Booster, X: Floats) -> Floats:
    """Return exact TreeSHAP values of the margin. Shape (rows, features + 1), the base value last.

    Lundberg, Erion and Lee (2018), "Consistent individualized feature attribution for tree
    ensembles".
    """
    return booster.predict(xgb.DMatrix(X), pred_contribs=True).astype(float)
