"""Linear models of logarithms: a straight line where trees have steps.

On the few features of orders a line ranks customers as well as trees do, and errs elsewhere; on
many histories it falls behind, which held-out rows tell.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import xgboost as xgb
from numpy.typing import ArrayLike
from scipy.special import logit
from sklearn.base import RegressorMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, TweedieRegressor
from sklearn.model_selection import GroupKFold
from sklearn.utils import Tags
from threadpoolctl import threadpool_limits

from clvlens.models.rows import FOLDS, Floats, Learner, Rows

PENALTY = 0.03  # on squared slopes, as inputs have spread 1, beside the mean loss of a row
POWER = 1.5  # of Tweedie's deviance: half-way from counts to amounts
STEPS = 1000
CHUNK = 1024  # rows whose inputs fit into a cache: three times as quick as all at once

Fitted = tuple[Floats, float]  # slopes and intercept
Fit = Callable[[Floats, Floats, float], Fitted]  # of inputs, a target and the penalty


@dataclass(frozen=True)
class Line:
    """A raw score a row: intercept + Σ slope × input.

    Inputs are the features as sign(x) log(1 + |x|), cut to the span that was learned from, centred
    and brought to spread 1, 0 where missing; after them, of each feature whose place is in `gaps`,
    whether it is missing. Cut, a line does not run on to where nobody was.
    """

    lows: Floats
    highs: Floats
    gaps: np.ndarray
    means: Floats
    spreads: Floats
    slopes: Floats
    intercept: float

    def __call__(self, X: Floats) -> Floats:
        """Return the raw scores. Shape (rows,)."""
        parts = [self._inputs(X[at : at + CHUNK]) @ self.slopes for at in range(0, len(X), CHUNK)]
        return self.intercept + np.concatenate([np.empty(0), *parts])

    def shares(self, X: Floats) -> Floats:
        """Return what each feature adds to the raw score, the base value last.

        Inputs are centred, so that slope × input is the Shapley value against the mean row
        (Lundberg and Lee 2017, corollary 1). Shape (rows, features + 1).
        """
        parts = self._inputs(X) * self.slopes
        count = X.shape[1]
        parts[:, self.gaps] += parts[:, count:]
        return np.column_stack([parts[:, :count], np.full(len(X), self.intercept)])

    def _inputs(self, X: Floats) -> Floats:
        cut = np.clip(_logs(X, self.gaps), self.lows, self.highs)
        return np.nan_to_num((cut - self.means) / self.spreads)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {f.name: np.asarray(getattr(self, f.name)).tolist() for f in fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the line that `to_dict` described."""
        found = {name: np.asarray(values[name], float) for name in values}
        return cls(**{**found, "gaps": found["gaps"].astype(int), "intercept": values["intercept"]})


def fit_line(fit: Fit, X: Floats, y: Floats, penalty: float = PENALTY) -> Line:
    """Fit a line to rows; on one core, as sums of several are rounded otherwise."""
    missing = np.isnan(X)
    gaps = np.flatnonzero(missing.any(axis=0) & ~missing.all(axis=0))
    logs = _logs(X, gaps)
    logs[:, : X.shape[1]][:, missing.all(axis=0)] = 0.0
    lows, highs, means, spreads = (
        f(logs, 0) for f in (np.nanmin, np.nanmax, np.nanmean, np.nanstd)
    )
    spreads = np.where(highs > lows, spreads, 1.0)  # of one value, rounding alone
    blank = Line(lows, highs, gaps, means, spreads, np.zeros(len(lows)), 0.0)
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # held-out rows judge what it found
        slopes, intercept = fit(blank._inputs(X), y, penalty)
    return Line(lows, highs, gaps, means, spreads, slopes, intercept)


def cross_line(fit: Fit, rows: Rows, penalty: float = PENALTY) -> Floats:
    """Return raw scores of every row from the others, all rows of a customer held out together.

    Plain ones where there are fewer customers than folds.
    """
    if rows.groups is None or len(np.unique(rows.groups)) < FOLDS:
        return fit_line(fit, rows.X, rows.y, penalty)(rows.X)
    scores = np.empty(len(rows.y))
    for learn, hold in GroupKFold(FOLDS).split(rows.X, groups=rows.groups):
        scores[hold] = fit_line(fit, rows.X[learn], rows.y[learn], penalty)(rows.X[hold])
    return scores


def logistic(inputs: Floats, y: Floats, penalty: float) -> Fitted:
    """Return the slopes whose raw scores are the log odds of `y`, which is 0 or 1."""
    happened = float(y.sum())
    if happened in (0.0, len(y)):
        return np.zeros(inputs.shape[1]), float(logit((happened + 0.5) / (len(y) + 1)))
    model = LogisticRegression(C=1 / (penalty * len(y)), max_iter=STEPS).fit(inputs, y)
    return model.coef_[0], float(model.intercept_[0])


def tweedie(inputs: Floats, y: Floats, penalty: float) -> Fitted:
    """Return the slopes whose raw scores are the logarithm of what is expected of `y`, ≥ 0."""
    unit = float(y.mean())
    if not unit > 0:
        return np.zeros(inputs.shape[1]), 0.0
    model = TweedieRegressor(power=POWER, link="log", alpha=penalty, max_iter=STEPS)
    model.fit(inputs, y / unit)
    return model.coef_, float(model.intercept_ + np.log(unit))


class LinearRegressor(RegressorMixin, Learner):
    """E[value | x] = net × exp(a line of x's logarithms), with Tweedie's deviance.

    `net` makes values of the fit rows add up to their money. No raw score is higher than the
    highest of the fit rows. Source: generalised linear models (Nelder and Wedderburn 1972).

    `y` is money a row over the label window; rows that brought less than nothing count as 0.
    """

    def __init__(self, penalty: float = PENALTY) -> None:
        self.penalty = penalty

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
        paid = np.maximum(y, 0.0)
        line = fit_line(tweedie, X, paid, self.penalty)
        scores = line(X)
        total = float(np.exp(scores).sum())
        self.boosters_: dict[str, xgb.Booster] = {}
        self.state_: dict[str, Any] = {
            "net": max(float(y.sum()), 0.0) / total,
            "top": float(scores.max()),
            "line": line.to_dict(),
        }
        if select is None:
            held = cross_line(tweedie, Rows(X, paid, groups), self.penalty)[np.argsort(order)]
        else:
            held = line(select.X)
        self.held_out_ = self.compose(np.minimum(held, self.state_["top"])[:, None])
        return self

    def again(self, rows: Rows) -> Self:
        """Return a copy fitted to other rows."""
        copy: Any = clone(self)
        return copy.fit(*rows)

    def predict(self, X: ArrayLike) -> Floats:
        """Return the expected value a row, in money over the label window. Shape (rows,)."""
        return self.compose(self.margins(X))

    def margins(self, X: ArrayLike) -> Floats:
        """Return the raw scores. Shape (rows, 1)."""
        X = self._rows(X)
        return np.minimum(self.line(X), self.state_["top"])[:, None]

    def compose(self, margins: Floats) -> Floats:
        """Return money from raw scores: net × exponential."""
        return self.state_["net"] * np.exp(margins[:, 0])

    def gradient(self, margins: Floats) -> Floats:
        """Return the derivative of `compose` by the raw score. Shape (rows, 1)."""
        return self.compose(margins)[:, None]

    def shares(self, X: Floats) -> list[Floats]:
        """Return what each feature adds to the raw score, the base value last, in a list of one.

        Where the highest score cuts one, every feature's part is cut alike.
        """
        parts = self.line.shares(X)
        raw, base = parts.sum(axis=1), parts[:, -1]
        kept = np.minimum(raw, self.state_["top"]) - base
        parts[:, :-1] *= np.divide(kept, raw - base, out=np.ones(len(X)), where=raw != base)[
            :, None
        ]
        return [parts]

    @property
    def scores(self) -> int:
        """How many raw scores a row has."""
        return 1

    @property
    def line(self) -> Line:
        """The line that gives the raw scores."""
        return Line.from_dict(self.state_["line"])

    @classmethod
    def restored(cls, settings: dict, boosters: dict[str, xgb.Booster], state: dict) -> Self:
        """Return a fitted copy from what was stored of one."""
        model = cls(**settings)
        model.boosters_, model.state_ = boosters, state
        line = model.line
        model.n_features_in_ = len(line.lows) - len(line.gaps)
        return model

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # the benchmark of that tag has negative targets
        return tags


def _logs(X: Floats, gaps: np.ndarray) -> Floats:
    """Return features as signed logarithms, and which of `gaps` are missing."""
    return np.column_stack([np.sign(X) * np.log1p(np.abs(X)), np.isnan(X[:, gaps])])
