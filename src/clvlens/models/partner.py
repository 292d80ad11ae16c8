"""BTYD beside the trees: the rate at which customers buy and drop out, over all of their history.

Trees learn the level of the window that their labels come from. BTYD learns from how often each
customer ever bought and from who came back in that window, and ages customers by its own law.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from math import factorial
from typing import Self

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.models.btyd import Returned, fit_gamma_gamma, fit_pareto_nbd
from clvlens.models.btyd_distributions import GammaGamma, ParetoNbd
from clvlens.models.rows import Floats
from clvlens.models.silence import HISTORY, WEEK, Silence, in_weeks

INPUTS = (*HISTORY, "orders__repeat_day_amount")
MOST_CUSTOMERS = 25_000  # to fit four parameters on; more cost time alone
CLOSE = 1e-7  # of the likelihood: less than what another sample of that many would change
SMALLEST = 1e-3  # of the mean value: the least that is expected of anybody


@dataclass(frozen=True)
class BtydPartner:
    """Pareto/NBD × Gamma-Gamma, asked about encoded rows.

    `columns` are the places of `INPUTS` among the encoded columns. All money is a label window's;
    over a longer horizon it is the mean of its windows. `unit` is value a unit of expected
    revenue, `newcomer` the value of those who never bought, `reference` the inputs of the customer
    whom parts are measured against.
    """

    columns: tuple[int, ...]
    purchases: ParetoNbd
    spend: GammaGamma
    label_days: float
    horizon_days: float
    unit: float
    newcomer: float
    least: float
    reference: tuple[float, ...]

    def value(self, X: Floats) -> Floats:
        """Return what a label window of the horizon brings a row. Shape (rows,)."""
        return np.exp(self.log_value(X))

    def log_value(self, X: Floats, days: float | None = None) -> Floats:
        """Return the logarithm of it, over so many `days` (default: the horizon)."""
        return self._log_value(X[:, list(self.columns)], days or self.horizon_days)

    def silence(self, X: Floats, days: float | None = None) -> Floats:
        """Return P(no order in so many `days`) a row (default: the horizon).

        Missing for who never bought, of whom histories of orders say nothing. Shape (rows,).
        """
        histories = X[:, list(self.columns[: len(HISTORY)])]
        return Silence(self.purchases).chance(histories, days or self.horizon_days)

    def share(self, X: Floats) -> Floats:
        """Return what each encoded column adds to `log_value`, the base value last.

        Shapley values over the four inputs, against the reference customer: exact, by all 16 ways
        of taking inputs from the one or the other. Shape (rows, columns + 1).
        """
        rows, count = X[:, list(self.columns)], len(INPUTS)
        reference = np.broadcast_to(self.reference, rows.shape)
        values = {
            taken: self._log_value(np.where(taken, rows, reference), self.horizon_days)
            for taken in product((False, True), repeat=count)
        }
        share = np.zeros((len(X), X.shape[1] + 1))
        for taken, value in values.items():
            size = sum(taken)
            for place, column in enumerate(self.columns):
                if not taken[place]:
                    joined = (*taken[:place], True, *taken[place + 1 :])
                    weight = factorial(size) * factorial(count - size - 1) / factorial(count)
                    share[:, column] += weight * (values[joined] - value)
        share[:, -1] = values[(False,) * count]
        return share

    def _log_value(self, inputs: Floats, days: float) -> Floats:
        known = ~np.isnan(inputs[:, 2])
        x, t_x, T, spend = _histories(inputs[known])
        orders = self.purchases.expected_purchases(x, t_x, T, days / WEEK)
        earned = orders * self.spend.expected_spend(x, spend) * self.unit
        value = np.full(len(inputs), self.newcomer)
        value[known] = earned * self.label_days / days
        return np.log(np.maximum(value, self.least))

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping) -> Self:
        """Return the partner that `to_dict` described."""
        parts = {
            "columns": tuple(values["columns"]),
            "purchases": ParetoNbd.from_dict(values["purchases"]),
            "spend": GammaGamma.from_dict(values["spend"]),
            "reference": tuple(values["reference"]),
        }
        return cls(**{**values, **parts})


def fit_partner(
    fit: pd.DataFrame,
    columns: Sequence[str],
    earned: str,
    label_days: float,
    horizon_days: float,
    start: ParetoNbd | None = None,
) -> BtydPartner | None:
    """Fit to the newest snapshot of the fit rows, and to who came back after it.

    `columns` are the encoded columns, `earned` is revenue or margin, `start` is where to look
    first. Returns nothing where orders tell too little: where an input is the same for everybody,
    nobody repeats, or nobody brought money.
    """
    if not set(INPUTS) <= set(columns):
        return None
    newest = fit.loc[fit["cutoff"] == fit["cutoff"].max()].sort_values("customer_id")
    inputs = newest[list(INPUTS)].to_numpy(dtype=float)
    value = newest["target_value"].to_numpy(dtype=float).clip(min=0.0)
    bought = (newest["target_orders"] > 0).to_numpy(dtype=float)
    known = ~np.isnan(inputs[:, 2])
    chosen = np.flatnonzero(known)[:: max(1, -(-int(known.sum()) // MOST_CUSTOMERS))]
    x, t_x, T, spend = _histories(inputs[chosen])
    try:
        returned = Returned(bought[chosen], label_days / WEEK)
        purchases = fit_pareto_nbd(x, t_x, T, returned, start, CLOSE)
        spending = fit_gamma_gamma(x, spend)
    except ModelError:
        return None
    mean = float(value.mean())
    unit = _earned(newest, earned) / _earned(newest, "revenue")
    if not (mean > 0 and unit > 0):
        return None
    return BtydPartner(
        columns=tuple(list(columns).index(name) for name in INPUTS),
        purchases=purchases,
        spend=spending,
        label_days=float(label_days),
        horizon_days=float(horizon_days),
        unit=unit,
        newcomer=float(value[~known].mean()) if (~known).any() else mean,
        least=SMALLEST * mean,
        reference=tuple(float(v) for v in np.nan_to_num(np.nanmedian(inputs[known], axis=0))),
    )


def _earned(rows: pd.DataFrame, of: str) -> float:
    return float(np.sum(rows[f"orders__total_{of}_ever"]))


def _histories(inputs: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return x, t_x and T in weeks, and mean spend, of those who bought."""
    known = np.nan_to_num(inputs)
    return (*in_weeks(known[:, : len(HISTORY)]), known[:, -1])
