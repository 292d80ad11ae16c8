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
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]

PATIENCE = 30  # rounds without improvement on the select role before trees stop growing


@dataclass(frozen=True)
class Trees:
    """Settings of one boosted model; the defaults are good without tuning."""

    trees: int = 200
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
        trees: int = 200,
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


def grow(
    X: Floats,
    y: Floats,
    trees: Trees,
    objective: Mapping[str, object],
    select: tuple[Floats, Floats] | None = None,
) -> xgb.Booster:
    """Fit trees; with `select` (later rows) they stop growing where those stop improving.

    Rows are first put into an order of their own: XGBoost samples by position, so that the same
    rows in another order would otherwise give another model.
    """
    order = stable_order(X, y)
    train = xgb.DMatrix(X[order], y[order])
    parameters = {**trees.parameters(), **objective}
    if select is None:
        return xgb.train(parameters, train, trees.trees)
    booster = xgb.train(
        parameters,
        train,
        trees.trees * 3,
        evals=[(xgb.DMatrix(*select), "select")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    return booster[: booster.best_iteration + 1]


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
