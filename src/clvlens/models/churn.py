"""Churn: the probability of no order in the horizon, calibrated where that helps."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets

from clvlens.models.boosting import Boosted, Floats, grow, margins
from clvlens.models.calibration import Calibrator, choose_calibrator

LOGISTIC = {"objective": "binary:logistic"}


class ChurnClassifier(ClassifierMixin, Boosted):
    """P(churn | x) from boosted trees with logistic loss.

    A calibrator is chosen on `calibrate` (later rows), or else on cross-fitted predictions of the
    fit rows, with all rows of a customer (`groups`) in one fold; it is kept only where it lowers
    held-out log loss. Classes are those of `y`; the second counts as churned.
    """

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: np.ndarray | None = None,
        select: tuple[Floats, Floats] | None = None,
        calibrate: tuple[Floats, Floats] | None = None,
    ) -> Self:
        """Fit the trees, then the calibrator. Raises `ValueError` on anything but two classes."""
        X, y = self._labelled(X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) != 2:
            raise ValueError(
                f"Only binary classification is supported, and y has one class or more than two "
                f"({len(self.classes_)}): churn needs customers who left and customers who stayed"
            )
        happened = codes.astype(float)
        grown = grow(X, happened, self._settings(0.1), LOGISTIC, groups=groups, select=select)
        self.boosters_ = {"churn": grown.booster}
        if calibrate is not None:
            calibrator, losses = choose_calibrator(self._raw(calibrate[0]), calibrate[1])
        elif grown.held_out is not None:
            calibrator, losses = choose_calibrator(expit(grown.held_out), happened, groups)
        else:
            calibrator, losses = Calibrator(), {}
        self.state_ = {"calibrator": calibrator.to_dict(), "log_loss": losses}
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Return the probabilities of staying and of churn. Shape (rows, 2)."""
        raw = self._raw(self._rows(X))
        churn = self.calibrator(raw)
        return np.column_stack([1 - churn, churn])

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Return the likelier class a row."""
        churns = self.predict_proba(X)[:, 1] > 0.5
        return self.classes_[churns.astype(int)]

    @classmethod
    def restored(cls, *stored: object) -> Self:
        """Return a fitted copy; its classes are stayed (0) and churned (1)."""
        model = super().restored(*stored)
        model.classes_ = np.array([0.0, 1.0])
        return model

    @property
    def calibrator(self) -> Calibrator:
        """The map that was chosen for raw probabilities."""
        return Calibrator.from_dict(self.state_["calibrator"])

    def _raw(self, X: Floats) -> Floats:
        return expit(margins(self.boosters_["churn"], X))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags
