"""What the covariates tell of arm and outcome, learned on some customers and asked of others.

A straight line first, then a few shallow trees for what it leaves: a line extrapolates well where
few are at the target, trees find what it misses. Overfit propensities break an estimate, so that
everything here is small and regularised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xgboost as xgb
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold

from clvlens.models.rows import Floats

FOLDS = 5
SPLITS, MANY = 4, 10_000  # splits at most, and rows that all splits together hold at least
SCREENED = 20  # covariates kept for each of arm and outcome, in each fold
SAME = 0.05  # what must be left of a covariate once those before it are taken off
FARTHEST = 4.0  # standard deviations at which a covariate of the line is cut off
TREES: dict[str, object] = {
    "tree_method": "hist", "nthread": 1, "max_bin": 64, "seed": 7, "lambda": 5.0, "eta": 0.1,
    "base_score": 0.5,
}  # fmt: skip
OF_ARM = {**TREES, "objective": "binary:logistic", "max_depth": 2, "min_child_weight": 5.0}
OF_AMOUNT = {**TREES, "max_depth": 3, "min_child_weight": 20.0}
ROUNDS = 60
REGULARISED = 0.1


@dataclass(frozen=True)
class Rows:
    """Covariates, the ranks by which they are screened, and the folds of cross-fitting."""

    X: Floats
    ranks: Floats
    folds: list[tuple[np.ndarray, np.ndarray]]

    def without(self, columns: np.ndarray) -> Rows:
        """Return the same rows without some of the covariates."""
        return Rows(self.X[:, ~columns], self.ranks[:, ~columns], self.folds)


def prepare(X: Floats, groups: np.ndarray) -> Rows:
    """Return rows for cross-fitting; all rows of a customer fall into one fold."""
    return Rows(X, np.column_stack([_ranks(column) for column in X.T]), split(groups))


def repeat(rows: Rows, groups: np.ndarray) -> list[Rows]:
    """Return the same rows split anew for each repeat of cross-fitting.

    The fewer they are, the more an estimate depends on which of them a split holds out together.
    """
    times = min(SPLITS, -(-MANY // len(groups)))
    return [replace(rows, folds=split(groups, seed=7 + number)) for number in range(times)]


def split(
    groups: np.ndarray, folds: int = FOLDS, seed: int = 7
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return rows to learn from and rows held out, fold by fold."""
    return list(GroupKFold(folds, shuffle=True, random_state=seed).split(groups, groups=groups))


def propensities(rows: Rows, arm: Floats) -> Floats:
    """Return the probability of the target given the covariates, for each row out of fold."""
    found = np.empty(len(arm))
    for train, held in rows.folds:
        kept = screen(rows, train, arm)
        X, X_held = rows.X[train][:, kept], rows.X[held][:, kept]
        line, line_held = _line(LogisticRegression(C=REGULARISED), X, arm[train], X_held)
        found[held] = _trees(OF_ARM, X, arm[train], line, X_held, line_held)
    return found


def expected(rows: Rows, outcome: Floats) -> Floats:
    """Return the outcome, or dose, expected given the covariates, for each row out of fold."""
    found = np.empty(len(outcome))
    for train, held in rows.folds:
        kept = screen(rows, train, outcome)
        X, X_held = rows.X[train][:, kept], rows.X[held][:, kept]
        line, line_held = _line(Ridge(10.0), X, outcome[train], X_held)
        found[held] = _trees(OF_AMOUNT, X, outcome[train], line, X_held, line_held)
    return found


def expected_at_target(rows: Rows, arm: Floats, outcome: Floats) -> Floats:
    """Return the outcome expected at the target given the covariates, for each row out of fold."""
    found = np.empty(len(arm))
    for train, held in rows.folds:
        found[held] = _at_target(rows, train, arm, outcome, rows.X[held])
    return found


def foreseen_at_target(rows: Rows, arm: Floats, outcome: Floats, asked: Floats) -> Floats:
    """Return the outcome expected at the target of others than the rows, from their covariates."""
    return _at_target(rows, np.arange(len(arm)), arm, outcome, asked)


def _at_target(
    rows: Rows, train: np.ndarray, arm: Floats, outcome: Floats, asked: Floats
) -> Floats:
    """Learn from everybody, then correct on those at the target.

    What both arms share takes more rows to learn than what tells them apart.
    """
    kept = screen(rows, train, outcome, arm)
    X, X_asked, y = rows.X[train][:, kept], asked[:, kept], outcome[train]
    there = arm[train] == 1
    line, line_asked = _line(Ridge(10.0), X, y, X_asked)
    both = np.vstack([X[there], X_asked])
    usual = _trees(OF_AMOUNT, X, y, line, both, np.concatenate([line[there], line_asked]))
    near, far = usual[: there.sum()], usual[there.sum() :]
    added, added_asked = _line(Ridge(100.0), X[there], y[there] - near, X_asked)
    base, base_asked = near + added, far + added_asked
    return _trees(OF_AMOUNT, X[there], y[there], base, X_asked, base_asked, ROUNDS // 2)


def screen(rows: Rows, train: np.ndarray, *wanted: Floats) -> np.ndarray:
    """Return which covariates tell most of the arm or the outcome, by rank, in the training fold.

    Chosen one after another, each for what those before it leave unexplained: a plan that shows
    in ten features must not crowd out the failed charge that shows in one (orthogonal matching
    pursuit: Pati, Rezaiifar and Krishnaprasad 1993).
    """
    ranks = rows.ranks[train] - rows.ranks[train].mean(axis=0)
    ranks = ranks / np.maximum(np.sqrt((ranks**2).sum(axis=0)), 1e-9)
    chosen: set[int] = set()
    for target in wanted:
        left = rankdata(target[train]) - (len(train) + 1) / 2
        basis = np.zeros((len(train), 0))
        for _ in range(min(SCREENED, ranks.shape[1])):
            best = int(np.argmax(np.abs(ranks.T @ left)))
            fresh = ranks[:, best] - basis @ (basis.T @ ranks[:, best])
            if (size := np.linalg.norm(fresh)) < SAME:
                break
            basis = np.column_stack([basis, fresh / size])
            left = left - basis[:, -1] * (basis[:, -1] @ left)
            chosen.add(best)
    return np.array(sorted(chosen), dtype=int)


def _line(
    model: LogisticRegression | Ridge, X: Floats, y: Floats, asked: Floats
) -> tuple[Floats, Floats]:
    """Return what a regularised line says of the rows it learned from, and of those asked about."""
    mean, spread = np.nanmean(X, axis=0), np.nanstd(X, axis=0) + 1e-12

    def standard(values: Floats) -> Floats:
        return np.nan_to_num(np.clip((values - mean) / spread, -FARTHEST, FARTHEST))

    model.fit(standard(X), y)
    say = model.decision_function if isinstance(model, LogisticRegression) else model.predict
    return say(standard(X)), say(standard(asked))


def _trees(
    params: dict, X: Floats, y: Floats, line: Floats, asked: Floats, line_asked: Floats,
    rounds: int = ROUNDS,
) -> Floats:  # fmt: skip
    """Return what trees, grown on what the line leaves, say of the rows asked about."""
    data = xgb.QuantileDMatrix(X, y, max_bin=params["max_bin"], nthread=1, base_margin=line)
    booster = xgb.train(params, data, rounds)
    return booster.predict(xgb.DMatrix(asked, base_margin=line_asked, nthread=1)).astype(float)


def _ranks(column: Floats) -> Floats:
    """Return ranks from 0 to 1; what is missing stands in the middle."""
    known = ~np.isnan(column)
    ranks = np.full(len(column), 0.5)
    ranks[known] = (rankdata(column[known]) - 0.5) / max(known.sum(), 1)
    return ranks
