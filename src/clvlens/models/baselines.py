"""What a sceptic would use instead, on the same customers at the same cutoff.

Baselines read features of the snapshot that they forecast from, and labels of fit rows alone.
BTYD models are fitted on the test snapshot's order histories, all of them before its cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.models.btyd import Kind, fit_btyd
from clvlens.models.rows import Floats

WEEK = 7.0
BTYD: dict[Kind, str] = {
    "bg_nbd": "BG/NBD × Gamma-Gamma",
    "pareto_nbd": "Pareto/NBD × Gamma-Gamma",
}
LEAST_AGE_DAYS = 30.0  # a customer of yesterday has no rate yet


@dataclass(frozen=True)
class Forecast:
    """One method's forecast, an entry a customer: value over the horizon, chance of churn.

    `value_is_money` is false for scores that only rank; `churn` is missing where a method says
    nothing about it, and only ranks where `churn_is_probability` is false.
    """

    name: str
    value: Floats
    churn: Floats | None = None
    value_is_money: bool = True
    churn_is_probability: bool = True


def forecast_baselines(
    fit: pd.DataFrame,
    test: pd.DataFrame,
    *,
    value: str,
    horizon_days: int,
    label_days: int,
    contractual: bool = False,
) -> tuple[list[Forecast], list[str]]:
    """Return every baseline's forecast for the test rows, and why any is left out.

    `value` is revenue or margin; `fit` rows carry labels over `label_days`. What BTYD models say
    of orders only ranks customers by the end of a contract.
    """
    stretch = horizon_days / label_days
    forecasts = [
        _constant(fit, test, stretch, contractual),
        _carry_forward(test, value, horizon_days),
        _past_rate(test, value, horizon_days),
        _rfm_score(test, value),
    ]
    notes = []
    for kind, name in BTYD.items():
        try:
            forecast = _buy_till_you_die(test, kind, name, value, horizon_days)
            forecasts.append(replace(forecast, churn_is_probability=not contractual))
        except ModelError as error:
            notes.append(f"{name} is left out: {error}")
    return forecasts, notes


def _constant(fit: pd.DataFrame, test: pd.DataFrame, stretch: float, contractual: bool) -> Forecast:
    """The fit rows' mean, for everybody."""
    value, churn = fit["target_value"].mean() * stretch, fit["target_churned"].mean()
    churn = 1 - (1 - churn) ** stretch if contractual else churn**stretch
    return Forecast("constant mean", np.full(len(test), value), np.full(len(test), churn))


def _carry_forward(test: pd.DataFrame, value: str, days: int) -> Forecast:
    """What was spent in the last period of the horizon's length, again."""
    spent = test[f"orders__total_{value}_{days}d"].to_numpy()
    return Forecast("carry forward", spent, -test[f"orders__count_{days}d"].to_numpy(),
                    churn_is_probability=False)  # fmt: skip


def _past_rate(test: pd.DataFrame, value: str, days: int) -> Forecast:
    """Value a day since the first order, times the horizon."""
    age = test["orders__days_since_first"].clip(lower=LEAST_AGE_DAYS).to_numpy()
    total = test[f"orders__total_{value}_ever"].to_numpy()
    return Forecast("past rate × horizon", np.where(np.isnan(age), 0.0, total / age * days))


def _rfm_score(test: pd.DataFrame, value: str) -> Forecast:
    """Sum of the fifths by recency, frequency and money at a cutoff: ranks, and means no money."""
    columns = {
        "recency": -test["orders__days_since_last"].fillna(np.inf),
        "frequency": test["orders__count_ever"],
        "money": test[f"orders__total_{value}_ever"],
    }
    shares = pd.DataFrame(columns).groupby(test["cutoff"]).rank(pct=True)
    score = np.ceil(5 * shares.to_numpy()).sum(axis=1)
    return Forecast("RFM score", score, -score, value_is_money=False, churn_is_probability=False)


def _buy_till_you_die(test: pd.DataFrame, kind: Kind, name: str, value: str, days: int) -> Forecast:
    """Expected orders × expected spend, a cutoff at a time; margin at the customers' mean rate."""
    worth, active = np.zeros(len(test)), np.zeros(len(test))
    for _, rows in test.reset_index(drop=True).groupby("cutoff"):
        span, age = rows["orders__first_to_last"], rows["orders__days_since_first"]
        forecast = fit_btyd(
            kind,
            rows["orders__repeat_days"].fillna(0),
            span.fillna(0) / WEEK,
            np.maximum(age, span) / WEEK,
            rows["orders__repeat_day_amount"].fillna(0),
        ).predict(days / WEEK)
        revenue, earned = (
            float(np.sum(rows[f"orders__total_{of}_ever"])) for of in ("revenue", value)
        )
        rate = earned / revenue if revenue else 1.0
        worth[rows.index] = forecast.expected_value * rate
        active[rows.index] = forecast.probability_active
    return Forecast(name, worth, 1 - active)
