"""Value as a zero-inflated lognormal, learned by trees in one go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import xgboost as xgb
from numpy.typing import ArrayLike
from scipy.special import expit, log_expit
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from clvlens.models.boosting import Based, Boosted, margins
from clvlens.models.rows import Floats, Rows

LEAST_SIGMA, MOST_SIGMA = -3.0, 1.0  # of log sigma: the mean is at most e^3.7 times the median
LEAST_CURVATURE = 1e-6
FARTHEST = 6.0  # log amounts are at most so far from those that were seen
ZILN = {
    "base_score": 0.0,
    "disable_default_eval_metric": 1,
    "multi_strategy": "one_output_per_tree",
}


class ZilnRegressor(RegressorMixin, Boosted):
    """E[value | x] = net × P(value > 0 | x) × exp(mu(x) + sigma(x)² / 2).

    Trees give three raw scores: the logit of P, mu, and log sigma, which is clipped, as mu is, so
    that no prediction is infinite. `net` makes values of the fit rows add up to their money; rows
    that brought less than nothing count as 0. Source: Wang, Liu and Miao (2019), "A Deep
    Probabilistic Model for Customer Lifetime Value Prediction", with trees in place of a network.

    `y` is money a row over the label window.
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
        starts = _starts(y)
        self.state_: dict[str, Any] = {"net": 1.0, "starts": starts.tolist()}
        later = None if select is None else _based(select, starts)
        booster, held = self._held_out("value", _based(Rows(X, y, groups), starts), ZILN, later)
        self.boosters_ = {"value": booster}
        expected = self.compose(margins(booster, X) + starts).sum()
        self.state_["net"] = float(max(y.sum(), 0.0) / expected) if (y > 0).any() else 0.0
        held = held if select is not None else held[np.argsort(order)]
        self.held_out_ = self.compose(held)
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Return the expected value a row, in money over the label window. Shape (rows,)."""
        return self.compose(self.margins(X))

    def margins(self, X: ArrayLike) -> Floats:
        """Return the raw scores of P, mu and log sigma. Shape (rows, 3)."""
        X = self._rows(X)
        return margins(self.boosters_["value"], X) + self.starts()

    def compose(self, margins: Floats) -> Floats:
        """Return money from raw scores: net × logistic × exp(mu + sigma² / 2)."""
        mu, sigma, _ = self._tail(margins)
        return self.state_["net"] * expit(margins[:, 0]) * np.exp(mu + sigma**2 / 2)

    def gradient(self, margins: Floats) -> Floats:
        """Return the derivative of `compose` by each raw score. Shape (rows, 3)."""
        value = self.compose(margins)
        _, sigma, inside = self._tail(margins)
        slopes = [expit(-margins[:, 0]), inside[:, 0], inside[:, 1] * sigma**2]
        return value[:, None] * np.column_stack(slopes)

    @property
    def scores(self) -> int:
        """How many raw scores a row has."""
        return 3

    def starts(self) -> Floats:
        """Return where raw scores begin: the fit rows' own P, mu and log sigma. Shape (3,)."""
        return np.array(self.state_["starts"])

    def _tail(self, margins: Floats) -> tuple[Floats, Floats, Floats]:
        """Return mu and sigma, clipped, and 1 where each is inside its clip. Shape (rows, 2)."""
        centre = self.state_["starts"][1]
        low, high = np.array([centre - FARTHEST, LEAST_SIGMA]), [centre + FARTHEST, MOST_SIGMA]
        clipped = np.clip(margins[:, 1:], low, high)
        return clipped[:, 0], np.exp(clipped[:, 1]), (clipped == margins[:, 1:]).astype(float)

    def _boost(
        self, rows: Based, rounds: int, objective: Mapping[str, object], **watched: Any
    ) -> xgb.Booster:
        if watched:
            watched["custom_metric"] = lambda scores, rows: ("ziln", _mean_loss(scores, rows))
        return super()._boost(rows, rounds, objective, obj=_slopes_of, **watched)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # the benchmark of that tag has negative targets
        return tags


def ziln_loss(y: Floats, scores: Floats) -> Floats:
    """Return minus the log likelihood a row of amounts `y` ≥ 0, but for a constant.

    Logistic loss of y > 0, and of those who paid the lognormal's loss of log y.
    """
    paid = y > 0
    sigma = np.clip(scores[:, 2], LEAST_SIGMA, MOST_SIGMA)
    gap = (np.log(np.where(paid, y, 1.0)) - scores[:, 1]) * np.exp(-sigma)
    chance = -log_expit(np.where(paid, scores[:, 0], -scores[:, 0]))
    return chance + paid * (sigma + gap**2 / 2)


def ziln_slopes(y: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Return the gradient of `ziln_loss`, and the expected curvature, by each raw score.

    Shapes (rows, 3). The Fisher information stands for the second derivative, which may be
    negative: P(1 - P), and of those who paid 1 / sigma² and 2.
    """
    paid = (y > 0).astype(float)
    chance = expit(scores[:, 0])
    log_sigma = np.clip(scores[:, 2], LEAST_SIGMA, MOST_SIGMA)
    precision = np.exp(-2 * log_sigma)
    gap = np.log(np.where(paid > 0, y, 1.0)) - scores[:, 1]
    slope = [chance - paid, -paid * gap * precision, paid * (1 - gap**2 * precision)]
    curvature = [chance * (1 - chance), paid * precision, 2 * paid]
    return np.column_stack(slope), np.maximum(np.column_stack(curvature), LEAST_CURVATURE)


def _slopes_of(scores: Floats, rows: xgb.DMatrix) -> tuple[Floats, Floats]:
    return ziln_slopes(_amounts(rows), scores)


def _mean_loss(scores: Floats, rows: xgb.DMatrix) -> float:
    return float(ziln_loss(_amounts(rows), scores).mean())


def _amounts(rows: xgb.DMatrix) -> Floats:
    return rows.get_label().reshape(rows.num_row(), -1)[:, 0].astype(float)


def _based(rows: Rows, starts: Floats) -> Based:
    """Return rows with their amount as the label of each raw score."""
    label = np.repeat(np.maximum(rows.y, 0.0)[:, None], len(starts), axis=1)
    return Based(rows.X, label, rows.groups, np.tile(starts, (len(label), 1)))


def _starts(y: Floats) -> Floats:
    """Return the logit of how many paid, and mean and log deviation of the log amounts."""
    logs = np.log(y[y > 0])
    share = (len(logs) + 1) / (len(y) + 2)
    mean, deviation = (logs.mean(), logs.std()) if len(logs) else (0.0, 0.0)
    low, high = np.exp(LEAST_SIGMA), np.exp(MOST_SIGMA)
    return np.array([np.log(share / (1 - share)), mean, np.log(np.clip(deviation, low, high))])
