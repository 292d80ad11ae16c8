"""How strong an unseen confounder would have to be, measured against what is seen.

Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis (2022), "Long story short: omitted variable
bias in causal machine learning". An unseen confounder that explains the share `of_outcome` of
what is left of the outcome, and `of_arm` of the variation of the weights, moves an effect by at
most σ ν √(of_outcome · of_arm / (1 − of_arm)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from clvlens.levers.estimation import Influence, assign
from clvlens.levers.nuisances import Rows, split
from clvlens.levers.trials import Trial

GROUPS = 4  # histories that are left out, one at a time
LEAST = 0.02  # share of both that an unseen cause is held to explain, where histories tell less


@dataclass(frozen=True)
class Strength:
    """How strong a confounder is: like the covariates of one history, if these were not seen."""

    name: str
    of_outcome: float
    of_arm: float

    @property
    def product(self) -> float:
        """What multiplies σ ν, squared."""
        return self.of_outcome * self.of_arm / max(1 - self.of_arm, 1e-9)

    @property
    def value(self) -> float:
        """The share of both at once that would do as much: r² / (1 − r) = product."""
        return equal_shares(self.product)


def equal_shares(product: float) -> float:
    """Return r with r² / (1 − r) = product.

    >>> round(equal_shares(0.5), 9)
    0.5
    """
    return float((-product + np.sqrt(product**2 + 4 * product)) / 2)


def held_to_be(strength: Strength) -> Strength:
    """Return a strength, or the least that is reckoned with where it is weaker.

    Histories that stand in for one another show little when one of them alone is left out.
    """
    if strength.value >= LEAST:
        return strength
    name = f"{strength.name}, {strength.value:.1%}, held to be"
    return Strength(name, LEAST, LEAST)


def scale(influence: Influence) -> float:
    """Return σ ν: spread of the residual times the size of the weights."""
    there = influence.weights != 0
    sigma2 = float(
        np.average(influence.residual[there] ** 2, weights=np.abs(influence.weights[there]))
    )
    return float(np.sqrt(sigma2 * np.mean(influence.weights**2)))


def robustness(distance: float, size: float) -> float:
    """Return the share of both that would move an effect by `distance`; 0 where it need not."""
    if distance <= 0 or size <= 0:
        return 0.0
    return equal_shares((distance / size) ** 2)


def strongest(trial: Trial, rows: Rows) -> Strength | None:
    """Return the strongest of the histories when the covariates of each are left out in turn.

    Nothing where the covariates are of one history alone, so that there is nothing to compare.
    """
    homes = np.array([column.history for column in trial.columns])
    names = _candidates(trial, rows, homes)
    if len(set(homes)) < 2 or not names:
        return None
    halves = Rows(rows.X, rows.ranks, split(trial.customers, 2))
    full = _measured(trial, halves)
    found = [
        _strength(name, full, _measured(trial, halves.without(homes == name))) for name in names
    ]
    return max(found, key=lambda strength: strength.product)


def _candidates(trial: Trial, rows: Rows, homes: np.ndarray) -> Sequence[str]:
    """Return the histories that go most with both arm and outcome, by rank."""
    ranks = rows.ranks - rows.ranks.mean(axis=0)
    spread = ranks.std(axis=0) + 1e-12
    size = np.ones(len(homes))
    for other in (trial.arm, trial.value):
        wanted = rankdata(other)
        size *= np.abs(ranks.T @ (wanted - wanted.mean())) / spread
    best = {str(name): float(size[homes == name].max()) for name in np.unique(homes)}
    return sorted(best, key=lambda name: (-best[name], name))[:GROUPS]


def _measured(trial: Trial, rows: Rows) -> tuple[float, float]:
    """Return the variance of the residual and the mean square of the weights."""
    influence = assign(rows, trial.dose, trial.target).influence(trial.value)
    there = influence.weights != 0
    return float(np.mean(influence.residual[there] ** 2)), float(np.mean(influence.weights**2))


def _strength(name: str, full: tuple[float, float], short: tuple[float, float]) -> Strength:
    of_outcome = max(short[0] / full[0] - 1, 0.0) if full[0] > 0 else 0.0
    of_arm = max(full[1] / short[1] - 1, 0.0) if short[1] > 0 else 0.0
    return Strength(name, min(of_outcome, 0.99), min(of_arm, 0.99))
