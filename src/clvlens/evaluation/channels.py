"""What each way of winning customers costs and brings: by channel, campaign or any attribute."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
import pandas as pd

from clvlens.config.finance import Finance
from clvlens.evaluation.business import age_days
from clvlens.evaluation.lifetime import COST
from clvlens.finance.channels import FEWEST, Payback, curve_by_day, moved_budget, payback
from clvlens.finance.npv import DAYS_PER_MONTH
from clvlens.metrics import Floats

UNKNOWN = "unknown"
YEAR = 365
NEW_DAYS = (30, 90)
DRAWS = 200
CAVEAT = (
    "average is not marginal: the next customer costs more than the mean one; at the margin, "
    "customers won are assumed to grow with spending to the power of {elasticity:g}"
)


def accounts(
    rows: pd.DataFrame, paid: pd.DataFrame, values: pd.DataFrame, attributes: dict[str, str]
) -> pd.DataFrame:
    """Return cost and value by attribute of customers, one row a value of an attribute.

    `rows` are today's features, `paid` the ledger as of now, `values` predictions with `clv`, in
    the order of `rows`. Money is a customer's mean. What needs a cost is nan where there is none.
    """
    found = []
    for by, group, inside in _groups(rows, attributes):
        cost = _cost(rows[inside])
        realised = _payments(rows[inside], paid)
        curve = curve_by_day(*realised)
        clv = values.loc[inside, "clv"].to_numpy()
        low, high = _mean_interval(clv)
        to_date = float(realised[2].sum()) / int(inside.sum())
        known = float(np.nanmean(cost)) if not np.isnan(cost).all() else np.nan
        row = {
            "by": by,
            "group": group,
            "customers": int(inside.sum()),
            "acquisition_cost": known,
            "realised_to_date": to_date,
            "realised_first_year": curve[YEAR - 1] if len(curve) >= YEAR else np.nan,
            "predicted_value": float(values.loc[inside, "predicted_value"].mean()),
            "clv": float(clv.mean()),
            "clv_low_90": low,
            "clv_high_90": high,
            "value_to_cost": (to_date + float(clv.mean())) / known if known > 0 else np.nan,
        }
        found.append({**row, **_paid_back(cost, realised)})
    return pd.DataFrame(found, columns=None if found else ["by", "group", "acquisition_cost"])


def curves(rows: pd.DataFrame, paid: pd.DataFrame, attributes: dict[str, str]) -> pd.DataFrame:
    """Return what customers have brought by each month of age: `by`, `group`, `month`, `value`."""
    parts = [pd.DataFrame(columns=["by", "group", "month", "value"])]
    for by, group, inside in _groups(rows, attributes):
        curve = curve_by_day(*_payments(rows[inside], paid))
        months = np.arange(1, int(len(curve) / DAYS_PER_MONTH) + 1)
        ends = curve[(months * DAYS_PER_MONTH).astype(int) - 1]
        parts.append(pd.DataFrame({"by": by, "group": group, "month": months, "value": ends}))
    return pd.concat(parts[1:] or parts, ignore_index=True)


def budget(table: pd.DataFrame, settings: Finance) -> pd.DataFrame:
    """Return what moving a share of a group's spending to another changes in value.

    One row a pair of groups with a cost: `amount` moved, and the change in value to date and to
    come `by_average` and `at_margin`, less nothing: the spending stays the same.
    """
    found = []
    for by, groups in table[table["acquisition_cost"] > 0].groupby("by", sort=False):
        sums = {
            row.group: (row.customers * row.acquisition_cost,
                        row.customers * (row.realised_to_date + row.clv))
            for row in groups.itertuples() if row.group != UNKNOWN
        }  # fmt: skip
        for giver, taker in permutations(sums, 2):
            amount = settings.budget_shift * sums[giver][0]
            moved = moved_budget(amount, *sums[giver], *sums[taker], settings.spend_elasticity)
            found.append(
                {"by": by, "from": giver, "to": taker, "amount": amount,
                 "value_by_average": moved.by_average, "value_at_margin": moved.at_margin}
            )  # fmt: skip
    return pd.DataFrame(
        found, columns=["by", "from", "to", "amount", "value_by_average", "value_at_margin"]
    )


def new_customers(
    rows: pd.DataFrame, values: pd.DataFrame, attributes: dict[str, str]
) -> pd.DataFrame:
    """Return what a newly won customer is worth: mean predictions of the newest, with interval."""
    found = []
    for days in NEW_DAYS:
        new = age_days(rows) <= days
        for by, group, inside in [("all", "all", np.ones(len(rows), dtype=bool)),
                                  *_groups(rows, attributes)]:  # fmt: skip
            chosen = values[inside & new]
            low, high = _mean_interval(chosen["clv"].to_numpy())
            found.append(
                {"known_for_days": days, "by": by, "group": group, "customers": len(chosen),
                 "predicted_value": chosen["predicted_value"].mean(), "clv": chosen["clv"].mean(),
                 "clv_low_90": low, "clv_high_90": high,
                 "churn_probability": chosen["churn_probability"].mean()}
            )  # fmt: skip
    return pd.DataFrame(found)


def _groups(
    rows: pd.DataFrame, attributes: dict[str, str]
) -> Iterator[tuple[str, str, np.ndarray]]:
    for by, column in attributes.items():
        values = rows[column].astype(object).fillna(UNKNOWN)
        for group in sorted(values.unique(), key=lambda name: (name == UNKNOWN, str(name))):
            yield by, str(group), (values == group).to_numpy()


def _cost(rows: pd.DataFrame) -> Floats:
    if COST not in rows:
        return np.full(len(rows), np.nan)
    return rows[COST].to_numpy(dtype=float)


def _payments(
    rows: pd.DataFrame, paid: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Floats]:
    """Return who paid (a row's number), on which day of age, how much; and each one's age."""
    place = pd.Series(np.arange(len(rows)), index=rows["customer_id"].to_numpy())
    who = paid["customer_id"].map(place)
    own = who.notna().to_numpy()
    return (
        who[own].to_numpy(dtype=int),
        paid["day"].to_numpy()[own],
        paid["value"].to_numpy(dtype=float)[own],
        age_days(rows),
    )


def _paid_back(cost: Floats, payments: tuple) -> dict[str, float]:
    if np.isnan(cost).all() or len(cost) < FEWEST:
        found = Payback(np.nan, np.nan, np.nan, np.nan, np.nan)
    else:
        found = payback(*payments, cost)
    return {
        "payback_months": found.months,
        "payback_low_90": found.low,
        "payback_high_90": found.high,
        "paid_back_share": found.paid_share,
    }


def _mean_interval(values: Floats) -> tuple[float, float]:
    """Return a 90 % bootstrap interval of a mean over customers."""
    if len(values) < 2:
        return np.nan, np.nan
    random = np.random.default_rng(0)
    means = [values[random.integers(len(values), size=len(values))].mean() for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.05, 0.95])
    return float(low), float(high)
