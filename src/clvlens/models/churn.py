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
from clvlens.models.rows import Floats, Rows


class ChurnClassifier(ClassifierMixin, Boosted):
    """P(churn | x) from boosted trees with logistic loss.

    A calibrator is chosen on `calibrate` (later rows), or else on cross-fitted predictions of the
    fit rows, with all rows of a customer (`groups`) in one fold; it is kept only where it lowers
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
        """Fit the trees, then the calibrator. Raises `ValueError` on anything but two classes."""
        X, y, groups = self._labelled(X, y, groups)
        check_classification_targets(y)
        classes = np.unique(y)
        if len(classes) != 2:
            raise ValueError(
                f"Only binary classification is supported, and y has one class or more than two "
                f"({len(classes)}): churn needs customers who left and customers who stayed"
            )
        left = classes[1]
        if calibrate is None:
            booster, scores = self._cross_fit(X, y == left, groups, LOGISTIC)
        else:
            later = select and Rows(select.X, select.y == left)
            booster = self._grow(X, y == left, groups, LOGISTIC, later)
            X, y, groups = calibrate
            scores = margins(booster, X)
        calibrator, losses = choose_calibrator(expit(scores), y == left, groups)
        self.boosters_ = {"churn": booster}
        self.state_ = {
            "classes": classes.tolist(),
            "calibrator": calibrator.to_dict(),
            "log_loss": losses,
        }
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probabilities of staying and of churn. Shape (rows, 2)."""
        X = self._rows(X)
        churn = self.calibrator(expit(margins(self.boosters_["churn"], X)))
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


def mixed(trees: Floats, btyd: Floats, share: float) -> Floats:
    """Return probabilities of silence by trees and by BTYD, averaged; of BTYD where it is known.

    Trees know everything that was recorded but one window of outcomes; BTYD knows of orders alone,
    and ages customers by its own law. Errors of one are not those of the other.
    """
    return np.where(np.isnan(btyd), trees, (1 - share) * trees + share * btyd)


def choose_share(silent: Floats, trees: Floats, btyd: Floats) -> float:
    """Return BTYD's share of the average with the lowest log loss on held-out rows."""
    found = minimize_scalar(
        lambda share: log_loss(silent, mixed(trees, btyd, share)), bounds=(0, 1), method="bounded"
    )
    return float(np.round(found.x, 2))


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
