"""Boosted trees as all models here use them: repeatable, and read as margins."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np
import xgboost as xgb
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from clvlens.errors import ModelError
from clvlens.models.rows import FOLDS, Floats, Learner, Rows

PATIENCE = 50  # trees without gain on held-out rows after which growth ends
LOGISTIC = {"objective": "binary:logistic"}
LOGISTIC_LEAF = 0.1  # rows weigh p(1 - p) there, far less than the 1 of other losses


class Based(NamedTuple):
    """Rows whose raw scores begin at `base`, of shape (rows,) or (rows, outputs).

    Without `base` they begin where XGBoost says.
    """

    X: Floats
    y: np.ndarray
    groups: np.ndarray | None = None
    base: Floats | None = None

    def matrix(self) -> xgb.DMatrix:
        """Return the rows as XGBoost reads them."""
        return xgb.DMatrix(self.X, self.y, base_margin=self.base)

    def where(self, chosen: np.ndarray) -> Based:
        """Return some of the rows, by a mask or an index."""
        groups, base = (v if v is None else v[chosen] for v in (self.groups, self.base))
        return Based(self.X[chosen], self.y[chosen], groups, base)


class Boosted(Learner):
    """What every estimator of trees shares: its settings, its boosters and how it is restored."""

    _grown: Mapping[str, int] = MappingProxyType({})  # trees by booster, where that is settled

    def __init__(
        self,
        trees: int = 300,
        learning_rate: float = 0.03,
        max_depth: int = 4,
        min_child_weight: float = 10.0,
        seed: int = 7,
        device: str = "cpu",
    ) -> None:
        self.trees = trees
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.seed = seed
        self.device = device

    @classmethod
    def restored(cls, settings: dict, boosters: dict[str, xgb.Booster], state: dict) -> Self:
        """Return a fitted copy from what was stored of one; its trees read the same features."""
        model = cls(**settings)
        model.boosters_, model.state_ = boosters, state
        (model.n_features_in_,) = {booster.num_features() for booster in boosters.values()}
        return model

    def again(self, rows: Rows, *bases: Floats) -> Self:
        """Return a copy fitted to other rows, with as many trees as helped on held-out ones here.

        `bases`, one entry a row, are where raw scores begin, for models that take them.
        """
        copy: Any = clone(self)
        copy._grown = {
            name: booster.num_boosted_rounds() for name, booster in self.boosters_.items()
        }
        return copy.fit(*rows, None, *bases)

    def _grow(
        self,
        X: Floats,
        y: np.ndarray,
        groups: np.ndarray,
        objective: Mapping[str, object],
        select: Rows | None = None,
    ) -> xgb.Booster:
        """Fit as many trees as help on `select`, or else on held-out fit rows; at most `trees`.

        Once their number is known, `select` is learned from as well: it is newer.
        """
        fit = Rows(X, y, groups)
        booster, _ = self._held_out("", Based(*fit), objective, select and Based(*select))
        if select is None:
            return booster
        return self._boost(Based(*fit.and_then(select)), booster.num_boosted_rounds(), objective)

    def _cross_fit(
        self, X: Floats, y: np.ndarray, groups: np.ndarray, objective: Mapping[str, object]
    ) -> tuple[xgb.Booster, Floats]:
        """Fit as many trees as help on held-out customers, and return their held-out scores."""
        return self._held_out("", Based(X, y, groups), objective)

    def _held_out(
        self,
        name: str,
        fit: Based,
        objective: Mapping[str, object],
        select: Based | None = None,
    ) -> tuple[xgb.Booster, Floats]:
        """Fit as many trees as help on held-out rows, and return the raw scores of those.

        Held out are the rows of `select`, or else every fit row once, with all of its customer's.
        Nothing is held out where the number of trees of the booster `name` is settled, or from
        fewer than `FOLDS` customers, who get every tree: scores are plain then.
        """
        if select is not None:
            booster, losses = self._train(fit, select, objective)
            booster = booster[: np.argmin(losses) + 1]
            return booster, margins(booster, select.X, select.base)
        rounds = self._grown.get(name, self.trees)
        if name in self._grown or fit.groups is None or len(np.unique(fit.groups)) < FOLDS:
            booster = self._boost(fit, rounds, objective)
            return booster, margins(booster, fit.X, fit.base)
        folds, losses = [], np.zeros(rounds)
        for learn, hold in GroupKFold(FOLDS).split(fit.X, groups=fit.groups):
            booster, loss = self._train(fit.where(learn), fit.where(hold), objective)
            folds.append((hold, booster))
            losses += loss * len(hold)
        rounds = int(np.argmin(losses)) + 1
        scores = [self._first(booster, rounds, fit.where(hold)) for hold, booster in folds]
        order = np.argsort(np.concatenate([hold for hold, _ in folds]))
        booster = self._boost(fit, rounds, objective)
        return booster, np.concatenate(scores)[order]

    @staticmethod
    def _first(booster: xgb.Booster, rounds: int, rows: Based) -> Floats:
        """Return raw scores of the first trees, or of all where growth ended before."""
        return margins(booster[: min(rounds, booster.num_boosted_rounds())], rows.X, rows.base)

    def _train(
        self, train: Based, later: Based, objective: Mapping[str, object]
    ) -> tuple[xgb.Booster, Floats]:
        """Return the trees until they no longer help, and the loss on later rows after each round.

        Growth that ended early is taken to have stayed where it ended.
        """
        history: dict[str, dict[str, list[float]]] = {}
        booster = self._boost(
            train,
            self.trees,
            objective,
            evals=[(later.matrix(), "later")],
            evals_result=history,
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        (losses,) = history["later"].values()
        return booster, np.pad(losses, (0, self.trees - len(losses)), mode="edge")

    def _boost(
        self, rows: Based, rounds: int, objective: Mapping[str, object], **watched: Any
    ) -> xgb.Booster:
        """Train so many trees; whoever has a loss of its own hands it over here."""
        return xgb.train(self._parameters(objective), rows.matrix(), rounds, **watched)

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
            "device": self.device,
            **objective,
        }

    @property
    def scores(self) -> int:
        """How many raw scores a row has."""
        return len(self.boosters_)

    def shares(self, X: Floats) -> list[Floats]:
        """Return what each feature adds to each raw score, the base value last.

        A list with an entry a column of `margins`, each of shape (rows, features + 1).
        """
        parts = []
        for booster in self.boosters_.values():
            share = contributions(booster, X)
            parts += list(np.moveaxis(share, 1, 0)) if share.ndim == 3 else [share]
        for part, start in zip(parts, np.broadcast_to(self.starts(), len(parts)), strict=True):
            part[:, -1] += start
        return parts


def check_device(device: str) -> None:
    """Refuse a GPU where the installed XGBoost is the build without one; it would say so late."""
    if device != "cpu" and not xgb.build_info().get("USE_CUDA"):
        raise ModelError(
            f"model.device is {device}, but the installed XGBoost cannot use a GPU; install the "
            "package xgboost in place of xgboost-cpu, or set model.device to cpu"
        )


def margins(booster: xgb.Booster, X: Floats, base: Floats | None = None) -> Floats:
    """Return the raw scores of rows, before the link. Shape (rows,) or (rows, outputs)."""
    if base is None:  # without a copy of the rows, which takes longer than asking the trees
        with xgb.config_context(verbosity=0):  # on a GPU they are copied, and it would say so
            return booster.inplace_predict(X, predict_type="margin").astype(float)
    matrix = xgb.DMatrix(X, base_margin=base)
    return booster.predict(matrix, output_margin=True).astype(float)


def contributions(booster: xgb.Booster, X: Floats) -> Floats:
    """Return exact TreeSHAP values of the margin. Shape (rows, features + 1), the base value last.

    Of several outputs, each has its own: shape (rows, outputs, features + 1).

    Lundberg, Erion and Lee (2018), "Consistent individualized feature attribution for tree
    ensembles".
    """
    return booster.predict(xgb.DMatrix(X), pred_contribs=True).astype(float)
