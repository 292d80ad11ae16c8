"""Probabilities that mean what they say, changed only where that was shown to help."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from clvlens.models.boosting import FOLDS, Floats

SMALLEST = 1e-6
KINDS = ("none", "platt", "isotonic")


@dataclass(frozen=True)
class Calibrator:
    """A monotone map of probabilities: straight through, logistic on the logit, or steps.

    Platt (1999) for `platt`, Zadrozny and Elkan (2002) for `isotonic`.
    """

    kind: str = "none"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def __call__(self, probability: Floats) -> Floats:
        """Return calibrated probabilities, strictly between 0 and 1."""
        if self.kind == "platt":
            probability = expit(self.x[0] * _logit(probability) + self.y[0])
        elif self.kind == "isotonic":
            probability = np.interp(probability, self.x, self.y)
        return np.clip(probability, SMALLEST, 1 - SMALLEST)

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> Self:
        """Return the calibrator that `to_dict` described."""
        return cls(values["kind"], tuple(values["x"]), tuple(values["y"]))


def fit_calibrator(kind: str, probability: Floats, happened: Floats) -> Calibrator:
    """Fit one kind of calibrator on probabilities and outcomes (0 or 1) not seen in training."""
    if len(np.unique(happened)) < 2:
        return Calibrator()
    if kind == "platt":
        scale = LogisticRegression(C=1e6).fit(_logit(probability)[:, None], happened)
        return Calibrator(kind, (float(scale.coef_[0, 0]),), (float(scale.intercept_[0]),))
    if kind == "isotonic":
        steps = IsotonicRegression(out_of_bounds="clip").fit(probability, happened)
        return Calibrator(kind, *_thresholds(steps, len(happened)))
    return Calibrator()


def choose_calibrator(
    probability: Floats, happened: Floats, groups: np.ndarray | None = None
) -> tuple[Calibrator, dict[str, float]]:
    """Return the calibrator with the lowest held-out log loss, and the losses by kind.

    None is kept unless another beats it by more than one standard error of the difference, so
    that noise does not bend probabilities. Folds keep the rows of one customer (`groups`) together.
    """
    groups = np.arange(len(happened)) if groups is None else groups
    if len(np.unique(groups)) < FOLDS or min(happened.sum(), (1 - happened).sum()) < FOLDS:
        return Calibrator(), {}
    losses = {kind: np.empty(len(happened)) for kind in KINDS}
    for learn, hold in GroupKFold(FOLDS).split(probability, groups=groups):
        for kind in KINDS:
            one_class = len(np.unique(happened[learn])) < 2
            fitted = fit_calibrator(
                "none" if one_class else kind, probability[learn], happened[learn]
            )
            losses[kind][hold] = _losses(fitted(probability[hold]), happened[hold])
    mean = {kind: float(loss.mean()) for kind, loss in losses.items()}
    best = min(mean, key=mean.__getitem__)
    gain = losses["none"] - losses[best]
    if gain.mean() <= gain.std() / np.sqrt(len(gain)):
        best = "none"
    return fit_calibrator(best, probability, happened), mean


def _thresholds(
    steps: IsotonicRegression, rows: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the steps; none is surer than one exception in all rows would let it be."""
    least = 1 / (rows + 2)
    y = np.clip(steps.y_thresholds_, least, 1 - least)
    return tuple(map(float, steps.X_thresholds_)), tuple(map(float, y))


def _losses(probability: Floats, happened: Floats) -> Floats:
    return -np.log(np.where(happened == 1, probability, 1 - probability))


def _logit(probability: Floats) -> Floats:
    return logit(np.clip(probability, SMALLEST, 1 - SMALLEST))
