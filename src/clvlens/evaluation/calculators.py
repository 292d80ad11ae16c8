"""The articles' formulas, filled in for every customer from what was known at a cutoff.

Each says what a customer will bring over the horizon, so that it can be held against what they
did bring, and what it calls their value over a lifetime. Those who never bought are worth nothing
to a formula that starts from an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens.evaluation.business import ALL, CHANNEL, Business, age_days
from clvlens.finance import formulas
from clvlens.finance.formulas import Floats
from clvlens.finance.npv import DAYS_PER_MONTH
from clvlens.finance.retention import Timing, cumulative_value, margin_multiple, retention_value

ACTIVE = "subscriptions__active_ever"
LEAST_AGE_DAYS = 30.0  # a customer of yesterday has no rate yet
LONGEST = 0.99  # retention of a period above which a lifetime would be a guess
TIMINGS: tuple[Timing, ...] = ("now", "after payment", "end of period")


@dataclass(frozen=True)
class Calculated:
    """What one formula says, an entry a customer: money over the horizon and over a lifetime.

    Customers of whom it does not speak (no subscription) are nan.
    """

    name: str
    formula: str
    horizon: Floats
    lifetime: Floats


@dataclass(frozen=True)
class Customers:
    """The histories' numbers that the formulas start from, an entry a customer."""

    order_value: Floats
    usual_orders_per_year: float
    repeat_orders_per_month: Floats
    yearly_value: Floats
    recent_value: Floats
    value_per_month: Floats
    age_months: Floats
    retention: Floats


def calculate(rows: pd.DataFrame, business: Business, value: str) -> list[Calculated]:
    """Return every formula that the data allow; `rows` are the features at one cutoff.

    `value` is revenue or margin.
    """
    return list(_calculated(rows, _customers(rows, business, value), business))


def absences(rows: pd.DataFrame, business: Business, value: str) -> tuple[str, ...]:
    """Return what formulas need and the data lack, and what follows from it."""
    found = []
    if value == "revenue":
        found.append("margin: values are revenue, so that what pays looks better than it is")
    if "customers__acquisition_cost" not in rows:
        found.append(
            "acquisition cost: no cost is subtracted, no ratio of value to cost, no payback"
        )
    if business.monthly_churn is None:
        found.append("ends of subscriptions: no subscriber value, no shifted beta-geometric")
    elif business.renewal is None:
        found.append("ended subscriptions: none yet, so no shifted beta-geometric")
    return tuple(found)


def _customers(rows: pd.DataFrame, business: Business, value: str) -> Customers:
    days = business.horizon_days
    count = rows["orders__count_ever"].to_numpy(dtype=float)
    total = rows[f"orders__total_{value}_ever"].to_numpy(dtype=float)
    age = (
        rows["orders__days_since_first"].fillna(0).clip(lower=LEAST_AGE_DAYS).to_numpy(dtype=float)
    )
    recent = rows[f"orders__total_{value}_{days}d"].to_numpy(dtype=float)
    kept = np.where(count == 1, business.retention[True], business.retention[False])
    return Customers(
        order_value=np.divide(total, count, out=np.zeros_like(total), where=count > 0),
        usual_orders_per_year=365 * count.sum() / max(age[count > 0].sum(), 1.0),
        repeat_orders_per_month=np.maximum(count - 1, 0) / age * DAYS_PER_MONTH,
        yearly_value=rows[f"orders__total_{value}_365d"].to_numpy(dtype=float)
        / np.minimum(age, 365)
        * 365,
        recent_value=recent,
        value_per_month=recent / np.minimum(age, days) * DAYS_PER_MONTH,
        age_months=age_days(rows) / DAYS_PER_MONTH,
        retention=np.minimum(kept, LONGEST),
    )


def _calculated(rows: pd.DataFrame, known: Customers, of: Business) -> Iterator[Calculated]:
    periods = 1 / (1 - known.retention)  # expected lifetime, in horizons
    one_more = formulas.repeat_order_value(known.order_value, of.repeat_share)
    cost = rows.get("customers__acquisition_cost", pd.Series(0.0, rows.index)).to_numpy(dtype=float)
    yield Calculated(
        "order value × chance of a repeat", "AOV × P(repeat) - acquisition cost", one_more,
        formulas.repeat_order_value(known.order_value, of.repeat_share, cost),
    )  # fmt: skip
    years = of.horizon_days / 365
    yield Calculated(
        "lifespan × yearly value", "value a year × years",
        formulas.lifespan_value(known.yearly_value, years),
        formulas.lifespan_value(known.yearly_value, periods * years),
    )  # fmt: skip
    usual = known.order_value, known.usual_orders_per_year
    yield Calculated(
        "order value × orders × years", "AOV × everybody's orders a year × years",
        formulas.simple_value(*usual, years), formulas.simple_value(*usual, periods * years),
    )  # fmt: skip
    rate = known.order_value, known.repeat_orders_per_month
    yield Calculated(
        "order value × repeats × months", "AOV × repeat orders a month × months",
        formulas.order_rate_value(*rate, of.months),
        formulas.order_rate_value(*rate, periods * of.months),
    )  # fmt: skip
    spend = formulas.retained_spend(known.value_per_month, of.months, known.retention)
    yield Calculated("retained spend", "value a month × months × retention", spend, spend)
    yield from _of_retention(known, of)
    grown = of.cumulative(known.age_months + of.months) - of.cumulative(known.age_months)
    oldest = np.maximum(known.age_months, len(of.value_by_month))
    yield Calculated(
        "cohort value by age", "Σ revenue at age / original cohort", grown,
        of.cumulative(oldest) - of.cumulative(known.age_months),
    )  # fmt: skip
    yield from _of_subscriptions(rows, known, of)


def _of_retention(known: Customers, of: Business) -> Iterator[Calculated]:
    margin, r, d = known.recent_value, known.retention, of.period_rate
    once = 1 + d
    first = {"now": margin, "after payment": margin * r / once, "end of period": margin / once}
    paid = {"now": "m(1+d)", "after payment": "m·r", "end of period": "m"}
    for timing in TIMINGS:
        yield Calculated(
            f"retention value, {timing}", f"{paid[timing]}/(1+d-r)", first[timing],
            retention_value(margin, r, d, timing),
        )  # fmt: skip
    yield Calculated(
        "margin multiple", "yearly margin × r/(1+d-r)",
        known.yearly_value * r / (1 + d) * of.horizon_days / 365,
        known.yearly_value * of.horizon_days / 365 * margin_multiple(r, d),
    )  # fmt: skip
    monthly = r ** (1 / of.months)
    months, whole = max(round(of.months), 1), 60
    factors = {
        kept: cumulative_value(1.0, kept, of.monthly_rate, whole) for kept in np.unique(monthly)
    }
    yield Calculated(
        "cumulative NPV", "Σ m·rᵗ/(1+d)ᵗ by month; lifetime: 60 months",
        known.value_per_month * np.array([factors[kept][months - 1] for kept in monthly]),
        known.value_per_month * np.array([factors[kept][whole - 1] for kept in monthly]),
    )  # fmt: skip


def _of_subscriptions(rows: pd.DataFrame, known: Customers, of: Business) -> Iterator[Calculated]:
    if not of.monthly_churn or ACTIVE not in rows:
        return
    active = rows[ACTIVE].to_numpy(dtype=float) > 0
    channel = rows.get(CHANNEL, pd.Series(ALL, rows.index)).astype(object)
    channel = channel.where(channel.isin(list(of.monthly_churn)), ALL)
    churn = channel.map(of.monthly_churn).to_numpy(dtype=float)
    spend = pd.Series(np.where(active, known.value_per_month, np.nan))
    arpa = spend.groupby(channel.to_numpy()).transform("mean").to_numpy(dtype=float)
    stays = (1 - (1 - churn) ** of.months) / churn
    yield Calculated(
        "subscriber value", "ARPA × margin / churn, by channel",
        np.where(active, arpa * stays, np.nan),
        np.where(active, formulas.subscriber_value(arpa, 1.0, churn), np.nan),
    )  # fmt: skip
    if of.renewal is None:
        return
    tenure = rows["subscriptions__active_tenure"].fillna(0).to_numpy(dtype=float)
    age = np.floor(np.maximum(tenure, 0) / DAYS_PER_MONTH)
    payments = np.arange(1, int(np.ceil(of.months)) + 1)
    part = np.minimum(of.months - payments + 1, 1)  # of a last month
    left = of.renewal.survival(age[:, None] + payments) / of.renewal.survival(age)[:, None]
    lasting = of.renewal.residual_lifetime(age + 1, of.monthly_rate)
    yield Calculated(
        "shifted beta-geometric", "value a month × Σ S(n+k)/S(n); lifetime: DERL",
        np.where(active, known.value_per_month * (left @ part), np.nan),
        np.where(active, known.value_per_month * lasting, np.nan),
    )  # fmt: skip
