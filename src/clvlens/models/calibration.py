"""Probabilities that mean what they say, changed only where that was shown to help."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from clvlens.models.rows import FOLDS, Floats

SMALLEST = 1e-6
KINDS = ("none", "platt", "isotonic", "venn-abers")
POOLED = 1_000  # groups of like probabilities that Venn-Abers learns from, at most
ASKED = 64  # probabilities at which it is asked; between them lie straight lines


@dataclass(frozen=True)
class Calibrator:
    """A monotone map of probabilities: straight through, logistic on the logit, or by points.

    Platt (1999) for `platt`, Zadrozny and Elkan (2002) for `isotonic`, Vovk, Petej and Fedorova
    (2015), "Large-scale probabilistic predictors with and without guarantees of validity", for
    `venn-abers`.
    """

    kind: str = "none"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def __call__(self, probability: Floats) -> Floats:
        """Return calibrated probabilities, strictly between 0 and 1."""
        if self.kind == "platt":
            probability = expit(self.x[0] * _logit(probability) + self.y[0])
        elif self.kind != "none":
            probability = np.interp(probability, self.x, self.y)
        return np.clip(probability, SMALLEST, 1 - SMALLEST)

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> Self:
        """Return the calibrator that `to_dict` described. Raises `ValueError` on other kinds."""
        if values["kind"] not in KINDS:
            raise ValueError(f"calibrator {values['kind']!r} is none of {', '.join(KINDS)}")
        return cls(values["kind"], tuple(values["x"]), tuple(values["y"]))


def fit_calibrator(kind: str, probability: Floats, happened: Floats) -> Calibrator:
    """Fit one kind of calibrator on probabilities and outcomes (0 or 1) not seen in training.

    Probabilities are left as they are where one outcome never happened, or where the line would
    fall, so that the likelier became the less likely.
    """
    if len(np.unique(happened)) < 2:
        return Calibrator()
    if kind == "platt":
        line = LogisticRegression(C=1e6).fit(_logit(probability)[:, None], happened)
        slope, intercept = float(line.coef_[0, 0]), float(line.intercept_[0])
        return Calibrator(kind, (slope,), (intercept,)) if slope > 0 else Calibrator()
    if kind == "isotonic":
        steps = IsotonicRegression(out_of_bounds="clip").fit(probability, happened)
        least = 1 / (len(happened) + 2)  # none is surer than one more exception would leave it
        y = np.clip(steps.y_thresholds_, least, 1 - least)
        return Calibrator(kind, tuple(steps.X_thresholds_.tolist()), tuple(y.tolist()))
    if kind == "venn-abers":
        x, y = _venn_abers(probability, happened)
        return Calibrator(kind, tuple(x.tolist()), tuple(y.tolist()))
    return Calibrator()


def _venn_abers(probability: Floats, happened: Floats) -> tuple[Floats, Floats]:
    """Return probabilities, and what inductive Venn-Abers makes of each.

    Isotonic regression is fitted twice, as if the outcome there were 0 and as if it were 1; what
    it says there are p0 and p1, which become p1 / (1 - p0 + p1), the least log loss at worst.
    """
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, POOLED + 1)[1:-1]))
    group = np.searchsorted(edges, probability, side="right")
    weight = np.bincount(group)
    full = weight > 0
    x, y = (np.bincount(group, v)[full] / weight[full] for v in (probability, happened))
    weights = np.append(weight[full], 1)
    asked = x[np.unique(np.linspace(0, len(x) - 1, ASKED).round().astype(int))]
    said = np.array([
        [
            IsotonicRegression()
            .fit(np.append(x, at), np.append(y, outcome), sample_weight=weights)
            .predict([at])[0]
            for outcome in (0, 1)
        ]
        for at in asked
    ])  # fmt: skip
    return asked, said[:, 1] / (1 - said[:, 0] + said[:, 1])


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
            fitted = fit_calibrator(kind, probability[learn], happened[learn])
            losses[kind][hold] = _losses(fitted(probability[hold]), happened[hold])
    mean = {kind: float(loss.mean()) for kind, loss in losses.items()}
    best = min(mean, key=mean.__getitem__)
    gain = losses["none"] - losses[best]
    if gain.mean() <= gain.std() / np.sqrt(len(gain)):
        best = "none"
    return fit_calibrator(best, probability, happened), mean


def _losses(probability: Floats, happened: Floats) -> Floats:
    return -np.log(np.where(happened == 1, probability, 1 - probability))


def _logit(probability: Floats) -> Floats:
    return logit(np.clip(probability, SMALLEST, 1 - SMALLEST))
