"""Churn: its probability, calibrated where that helps, and its kinds where there is a contract.

Non-contractual churn is no order in the horizon: the longer the horizon, the rarer. Contractual
churn is the end of a subscription: the longer the horizon, the more frequent, and impossible for
who has none.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets

from clvlens.metrics import log_loss
from clvlens.models.boosting import LOGISTIC, Boosted, margins
from clvlens.models.calibration import Calibrator, choose_calibrator
from clvlens.models.linear import Line, cross_line, fit_line, logistic
from clvlens.models.rows import Floats, Rows

HALF = 0.5
DEAR = 0.1


class ChurnClassifier(ClassifierMixin, Boosted):
    """P(churn | x) as the weighted mean of boosted trees with logistic loss and of a line.

    The line is a logistic regression on logarithms. Its share, and a calibrator of the mean, are
    chosen on `calibrate` (later rows), or else on cross-fitted predictions of the fit rows, with
    all rows of a customer (`groups`) in one fold; a calibrator is kept only where it lowers
    held-out log loss. Cross-fitting finds the number of trees as well, so that `select` needs
    `calibrate`. Classes are those of `y`; the second counts as churned.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        select: Rows | None = None,
        calibrate: Rows | None = None,
    ) -> Self:
        """Fit trees and line, then the calibrator. Raises `ValueError` on anything but two classes.

        What rows held out are expected to do is kept as `held_out_`, in their order.
        """
        X, y, groups, order = self._ordered(X, y, groups)
        check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) != 2:
            raise ValueError(
                f"Only binary classification is supported, and y has one class or more than two "
                f"({len(classes)}): churn needs customers who left and customers who stayed"
            )
        left = classes[1]
        fit = X, y == left, groups
        if calibrate is None:
            booster, scores = self._cross_fit(*fit, LOGISTIC)
            line, straight = fit_line(logistic, X, fit[1]), cross_line(logistic, Rows(*fit))
            happened, places = fit[1], np.argsort(order)
        else:
            later = select and Rows(select.X, select.y == left)
            booster = self._grow(*fit, LOGISTIC, later)
            line = fit_line(logistic, *(Rows(*fit).and_then(later) if later else Rows(*fit))[:2])
            X, y, groups = calibrate
            scores, straight, happened = margins(booster, X), line(X), y == left
            places = slice(None)
        trees, straight = expit(scores), expit(straight)
        share = choose_share(happened, trees, straight)
        held = mixed(trees, straight, share)
        calibrator, losses = choose_calibrator(held, happened, groups)
        self.held_out_ = held[places]
        self.boosters_ = {"churn": booster}
        self.state_ = {
            "classes": classes.tolist(),
            "calibrator": calibrator.to_dict(),
            "log_loss": losses,
            "line": line.to_dict(),
            "line_share": share,
        }
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probabilities of staying and of churn. Shape (rows, 2)."""
        X = self._rows(X)
        churn = expit(margins(self.boosters_["churn"], X))
        if share := self.state_.get("line_share", 0.0):  # models of before have no line
            churn = mixed(churn, expit(Line.from_dict(self.state_["line"])(X)), share)
        churn = self.calibrator(churn)
        return np.column_stack([1 - churn, churn])

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the likelier class a row."""
        churns = self.predict_proba(X)[:, 1] > 0.5
        return self.classes_[churns.astype(int)]

    @property
    def classes_(self) -> np.ndarray:
        """The class of those who stayed, and that of those who left."""
        return np.array(self.state_["classes"])

    @property
    def calibrator(self) -> Calibrator:
        """The map that was chosen for raw probabilities."""
        return Calibrator.from_dict(self.state_["calibrator"])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def mixed(first: Floats, second: Floats, share: float) -> Floats:
    """Return probabilities by two models, averaged; the first's where the second knows nothing.

    Errors of one are not those of the other: trees know all that was recorded but one window of
    outcomes, a line goes on where they take steps, and BTYD, which knows of orders alone, ages
    customers by its own law.
    """
    return np.where(np.isnan(second), first, (1 - share) * first + share * second)


def choose_share(happened: np.ndarray, first: Floats, second: Floats) -> float:
    """Return the second's share of the average with the lowest log loss on held-out rows."""
    found = minimize_scalar(
        lambda share: log_loss(happened, mixed(first, second, share)),
        bounds=(0, 1),
        method="bounded",
    )
    return float(np.round(found.x, 2))


def trusted_share(happened: np.ndarray, learned: Floats, btyd: Floats) -> float:
    """Return BTYD's share of the average where no later rows tell it.

    A half, as later windows on real data would have it, though rows of the window learned from
    (held out) see little use in it. Less where being heard by half costs too much there, as with
    histories that tell far more than orders do: nothing where it costs `DEAR` of the log loss.
    """
    cost = log_loss(happened, mixed(learned, btyd, HALF)) / log_loss(happened, learned) - 1
    return float(np.round(HALF * np.clip(1 - cost / DEAR, 0, 1), 2))


def contractual_columns(
    churn: Floats, at_risk: np.ndarray, involuntary: Floats | None = None
) -> dict[str, Floats]:
    """Return the columns that say how likely a subscription ends, and for which reason.

    `churn` is P(end), `involuntary` P(failed payment | end): the two kinds add up to the end. A
    customer who is not at risk has no probability, rather than one of 0.
    """
    columns = {"churn_probability": churn}
    if involuntary is not None:
        columns["voluntary_churn_probability"] = churn * (1 - involuntary)
        columns["involuntary_churn_probability"] = churn * involuntary
    return {name: np.where(at_risk, column, np.nan) for name, column in columns.items()}
