"""Who gains more: whether what a lever brings goes with what a customer is expected to bring.

The best linear predictor of an effect given a proxy of it, by Chernozhukov, Demirer, Duflo and
Fernández-Val (2018), "Generic machine learning inference on heterogeneous treatment effects". The
proxy is the value expected at the target, for effects on money mostly scale with it, and a single
one leaves nothing to search for in noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens.levers.estimation import Influence, Z
from clvlens.levers.nuisances import expected_at_target, foreseen_at_target, prepare
from clvlens.levers.trials import BESIDES, Trial
from clvlens.models.rows import Floats

LEAST_SPREAD = 1e-9  # of what is expected, in shares of its mean: less is rounding


@dataclass(frozen=True)
class Ranking:
    """What those away from the target gain: `level` + `slope` × standardised value expected at it.

    `covariance` is of the two, clustered by customer; `mean` and `spread` standardise.
    """

    level: float
    slope: float
    covariance: Floats
    mean: float
    spread: float
    trial: Trial

    @property
    def is_supported(self) -> bool:
        """Whether gains differ: the 95 % interval of the slope leaves zero out."""
        return abs(self.slope) > Z * float(np.sqrt(self.covariance[1, 1]))

    @property
    def per_unit(self) -> tuple[float, float, float]:
        """The gain for each unit of money expected at the target, with its 95 % interval."""
        half = Z * float(np.sqrt(self.covariance[1, 1]))
        low, high = sorted((self.slope - half, self.slope + half))
        return self.slope / self.spread, low / self.spread, high / self.spread

    def gains(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what customers would gain, from their features at the decision.

        Columns: `gain` with its 95 % interval, and that of the average of all, in each row.
        """
        X, told = _encoded(self.trial, frame), _told(self.trial)
        rows = prepare(self.trial.X[:, told], self.trial.customers)
        value = foreseen_at_target(rows, self.trial.arm, self.trial.value, X)
        basis = _basis(value, self.mean, self.spread)
        gain = basis @ [self.level, self.slope]
        half = Z * np.sqrt(np.einsum("ij,jk,ik->i", basis, self.covariance, basis))
        average = basis.mean(axis=0)
        error = Z * float(np.sqrt(average @ self.covariance @ average))
        return pd.DataFrame({
            "gain": gain, "gain_low_95": gain - half, "gain_high_95": gain + half,
            "average_low_95": gain.mean() - error, "average_high_95": gain.mean() + error,
        })  # fmt: skip


def rank(trial: Trial, value: Influence) -> Ranking | None:
    """Return how gains of those away from the target go with the value expected at it.

    The projection of E[Y(target) − Y | X] on 1 and z among those away: what a row adds to the
    average effect has the mean P(away | X) × that gain, whatever one of the models gets wrong.
    Nothing, where the same is expected of all of them: at a sign-up there may be no history yet.
    """
    told, away = _told(trial), trial.arm == 0
    if not told.any():
        return None
    rows = prepare(trial.X[:, told], trial.customers)
    expected = expected_at_target(rows, trial.arm, trial.value)
    mean, spread = float(expected[away].mean()), float(expected[away].std())
    if spread <= LEAST_SPREAD * max(abs(mean), 1.0):
        return None
    basis = _basis(expected, mean, spread)
    bread = np.linalg.inv(basis[away].T @ basis[away])
    level, slope = bread @ (basis.T @ value.values)
    left = value.values - away * (basis @ [level, slope])
    _, place = np.unique(trial.customers, return_inverse=True)
    scores = np.column_stack([np.bincount(place, left * column) for column in basis.T])
    covariance = bread @ (scores.T @ scores) @ bread
    return Ranking(float(level), float(slope), covariance, mean, spread, trial)


def _basis(value: Floats, mean: float, spread: float) -> Floats:
    z = np.clip((value - mean) / spread, -3.0, 3.0)
    return np.column_stack([np.ones_like(z), z])


def _told(trial: Trial) -> np.ndarray:
    """Return which covariates are features: a date that lies ahead tells nothing."""
    return np.array([
        info.name not in BESIDES and info.name not in trial.decision.beside
        for info in trial.columns
    ])  # fmt: skip


def _encoded(trial: Trial, frame: pd.DataFrame) -> Floats:
    """Return the features of other customers, as those of the trial are encoded."""
    found = []
    for info, label, told in zip(trial.columns, trial.labels, _told(trial), strict=True):
        if told:
            value = label.removeprefix(f"{info.name}=")
            column = frame[info.name]
            found.append(column.astype(float) if value == label else column.eq(value))
    return np.column_stack(found).astype(float)
