"""How many are still customers, month by month: contracts and none behind one function."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clvlens.evaluation.slices import slices
from clvlens.models.blend import ValueBlend
from clvlens.models.customer import CustomerModel
from clvlens.models.rows import Floats
from clvlens.models.silence import HISTORY, WEEK, in_weeks

MONTHS = 12
MONTH_DAYS = 365 / 12


def survival(
    model: CustomerModel, rows: pd.DataFrame, predictions: pd.DataFrame, days: float
) -> Floats:
    """Return the chance to still be a customer so many days after the cutoff. Shape (rows,).

    With a contract, that the subscription has not ended, at a constant hazard that makes the
    predicted churn over the horizon true. Without one, that Pareto/NBD holds the customer to be
    alive, which no data can confirm of anybody: it differs from an order within the horizon, as
    who is alive may be silent. Missing for who has nothing to lose: no subscription, no order
    yet, or a model that does not know Pareto/NBD.
    """
    if model.is_contractual:
        churn = predictions["churn_probability"].to_numpy()
        return (1 - churn) ** (days / model.about["horizon_days"])
    found = np.full(len(rows), np.nan)
    partner = model.value.partner if isinstance(model.value, ValueBlend) else None
    if partner is not None and set(HISTORY) <= set(rows):
        histories = rows[list(HISTORY)].to_numpy(dtype=float)
        known = np.isfinite(histories).all(axis=1)
        orders = in_weeks(histories[known])
        found[known] = partner.purchases.probability_alive_later(*orders, days / WEEK)
    return found


def survival_curves(
    model: CustomerModel, rows: pd.DataFrame, predictions: pd.DataFrame
) -> pd.DataFrame:
    """Return one row a slice and month, 0 to 12: `slice`, `month`, `customers`, `still_customers`.

    `still_customers` is the mean chance of those for whom there is one, `customers` their number.
    """
    groups = list(slices(rows))
    found = []
    for month in range(MONTHS + 1):
        chance = survival(model, rows, predictions, month * MONTH_DAYS)
        for name, inside in groups:
            own = chance[inside & np.isfinite(chance)]
            if len(own):
                found.append((name, month, len(own), float(own.mean())))
    return pd.DataFrame(found, columns=["slice", "month", "customers", "still_customers"])
