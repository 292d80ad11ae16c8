"""Customer lifetime value: the predicted horizon, and what may follow it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from clvlens.config import Config
from clvlens.config.finance import Clv
from clvlens.errors import ConfigError
from clvlens.finance.npv import continuation_multiple, discounted_horizon_value

COST = "customers__acquisition_cost"
SOURCES = {
    "clv": "predicted_value",
    "clv_low_90": "value_low_90",
    "clv_high_90": "value_high_90",
}


def lifetime_values(config: Config, rows: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """Return `clv` and its bounds, money of today; bounds where predictions have them.

    Value is discounted by the month over the horizon; each further horizon of the continuation
    brings it again × (1 - churn probability). Less, where asked, what it cost to win the customer.
    The bounds are those of the value: retention is taken as predicted.
    """
    clv, days = config.clv or Clv(), config.target.horizon_days
    rate = clv.annual_discount_rate
    again = continuation_multiple(_chance_to_stay(predicted), days, rate, clv.continuation_years)
    cost = _acquisition_cost(rows) if clv.subtract_acquisition_cost else 0.0
    worth = {
        name: discounted_horizon_value(predicted[source], days, rate) * (1 + again) - cost
        for name, source in SOURCES.items()
        if source in predicted
    }
    return pd.DataFrame(worth, index=rows.index)


def assumption(config: Config) -> str:
    """Return in words what `clv` holds beside the predicted value."""
    clv, days = config.clv or Clv(), config.target.horizon_days
    words = [f"value over {days} days, discounted at {clv.annual_discount_rate:.0%} a year"]
    if clv.continuation_years:
        words.append(
            f"after them, for {clv.continuation_years:g} years, each {days} days bring it again × "
            "the customer's chance not to churn, taken to stay as it is"
        )
    if clv.subtract_acquisition_cost:
        words.append("less the acquisition cost")
    return "; ".join(words)


def unknown_costs(config: Config, rows: pd.DataFrame) -> Iterator[str]:
    """Say of how many customers nobody recorded what they cost, where `clv` subtracts that."""
    if config.clv is None or not config.clv.subtract_acquisition_cost or COST not in rows:
        return
    count = int(np.sum(rows[COST].isna()))
    if count:
        yield (
            f"clv: {count:,} of {len(rows):,} customers have no acquisition cost on record; "
            "nothing is subtracted for them, so that they look better than the others"
        )


def _chance_to_stay(predicted: pd.DataFrame) -> pd.Series:
    """Return 1 - churn; without a contract to end, the chance of an order, as if by Poisson."""
    churn = predicted["churn_probability"]
    if np.all(churn.notna()):
        return 1 - churn
    return 1 - churn.fillna(np.exp(-predicted["expected_orders"]))


def _acquisition_cost(rows: pd.DataFrame) -> pd.Series:
    if COST not in rows:
        raise ConfigError(
            "clv.subtract_acquisition_cost needs data.customers with a column acquisition_cost"
        )
    return rows[COST].fillna(0.0)
