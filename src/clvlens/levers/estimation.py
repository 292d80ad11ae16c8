"""What outcomes would be with everybody at the target: cross-fitted and doubly robust.

Robins, Rotnitzky and Zhao (1994) for the augmented inverse propensity weighting, Chernozhukov et
al. (2018), "Double/debiased machine learning", for the cross-fitting. A constant effect is not
assumed: a partially linear model would weigh most those whose arm is least predictable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens.levers.nuisances import Rows, expected, expected_at_target, propensities
from clvlens.models.rows import Floats

Z = 1.959963984540054  # of a 95 % interval
FLOOR = 0.02  # of the propensity


@dataclass(frozen=True)
class Influence:
    """What each row adds to an average effect: E[outcome at the target] − E[outcome as is].

    `weights` is what a row counts for where it was at the target, 0 elsewhere; its mean is 1.
    `residual` is outcome less what was expected at the target, for those there.
    """

    values: Floats
    weights: Floats
    residual: Floats

    @classmethod
    def mean(cls, found: Sequence[Influence]) -> Influence:
        """Return the mean over repeats of cross-fitting."""
        parts = zip(*((one.values, one.weights, one.residual) for one in found), strict=True)
        return cls(*(np.mean(part, axis=0) for part in parts))


def aipw(arm: Floats, outcome: Floats, propensity: Floats, at_target: Floats) -> Influence:
    """Return m(X) + w (Y − m(X)) − Y by row, with weights w = A / e(X).

    Who is at the target stands for themselves, and with A (1 − e) / e for those who are not. The
    latter weights are scaled to add up to how many those are (Hájek): where few are away from the
    target, a small error of e is a large one of 1 − e. Propensities below the floor count as it.
    """
    likely = np.maximum(propensity, FLOOR)
    others = arm * (1 - likely) / likely
    if others.sum() > 0:
        others = others * (1 - arm).sum() / others.sum()
    weights = arm + others
    residual = arm * (outcome - at_target)
    return Influence(at_target + weights * residual - outcome, weights, residual)


def so_far(customers: np.ndarray, period: Floats, weights: Floats) -> Floats:
    """Return what rows weigh for having been at the target in all their customer's periods before.

    Those who come to a later period at the target are fewer where it is missed, and what a period
    adds is asked of the world in which nobody missed it before: Robins, Hernán and Brumback
    (2000), "Marginal structural models and causal inference in epidemiology".
    """
    rows = pd.DataFrame({"customer": customers, "period": period, "weight": weights})
    rows = rows.sort_values(["customer", "period"], kind="stable")
    product = rows.groupby("customer")["weight"].cumprod()
    earlier = product.groupby(rows["customer"]).shift(fill_value=1.0)
    return earlier.sort_index().to_numpy()


def shift(
    dose: Floats, outcome: Floats, usual: Floats, foreseen: Floats, target: float
) -> Influence:
    """Return what a dose of `target` for all would add, by row.

    Robinson (1988), with effect (a + b z(X)) (target − dose), where z is the outcome foreseen:
    the slope is learned from what is left of outcome and dose once the covariates have told what
    they can, so that it is orthogonal to errors in either.
    """
    level = (foreseen - foreseen.mean()) / max(foreseen.std(), 1e-12)
    basis = np.column_stack([np.ones_like(level), level])
    left = basis * (dose - usual)[:, None]
    gram = left.T @ left / len(dose)
    slope = np.linalg.solve(gram, left.T @ (outcome - foreseen) / len(dose))
    residual = outcome - foreseen - left @ slope
    moved = basis * (target - dose)[:, None]
    riesz = left @ np.linalg.solve(gram, moved.mean(axis=0))
    return Influence(moved @ slope + riesz * residual, riesz, residual)


@dataclass(frozen=True)
class Assignment:
    """What decided the arm, as far as the covariates tell.

    `likely` is the propensity of the target where `target` is missing and `arm` is 0 or 1, else
    the usual dose. Both are out of fold.
    """

    rows: Rows
    arm: Floats
    likely: Floats
    target: float | None

    def influence(self, outcome: Floats, kept: np.ndarray | None = None) -> Influence:
        """Return what each row adds to the average effect on an outcome, among the rows kept."""
        kept = np.ones(len(outcome), dtype=bool) if kept is None else kept
        if self.target is None:
            at_target = expected_at_target(self.rows, self.arm, outcome)
            return aipw(self.arm[kept], outcome[kept], self.likely[kept], at_target[kept])
        parts = (self.arm, outcome, self.likely, expected(self.rows, outcome))
        return shift(*(part[kept] for part in parts), self.target)


def assign(rows: Rows, arm: Floats, target: float | None = None) -> Assignment:
    """Learn what decides the arm; `target` is of doses."""
    likely = propensities(rows, arm) if target is None else expected(rows, arm)
    return Assignment(rows, arm, likely, target)
