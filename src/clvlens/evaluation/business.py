"""What the articles' formulas need to know of a business, as it was known at one cutoff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens.finance.formulas import Floats
from clvlens.finance.npv import DAYS_PER_MONTH
from clvlens.finance.renewal import ShiftedBetaGeometric, fit_renewals

FEWEST = 30  # customers from whom a month of age may be told
RECENT_MONTHS = 6  # beyond the oldest age known, value goes on like in these last months
CHANNEL = "customers__channel"
ALL = "all"


@dataclass(frozen=True)
class Business:
    """Rates and curves of a business at one cutoff; nothing in it was learned from later.

    `repeat_share`: of those who bought, how many did so again. `retention`: of those who bought
    in the last `horizon_days`, the share that bought in the next ones, at earlier cutoffs, by
    whether it was their only order. `value_by_month` of age, in money a customer. `renewal` and
    `monthly_churn` (by channel) are of subscriptions, where these are recorded.
    """

    horizon_days: int
    annual_rate: float
    repeat_share: float
    retention: Mapping[bool, float]
    value_by_month: Floats
    renewal: ShiftedBetaGeometric | None = None
    monthly_churn: Mapping[str, float] | None = None

    @property
    def months(self) -> float:
        """Months of the horizon."""
        return self.horizon_days / DAYS_PER_MONTH

    @property
    def period_rate(self) -> float:
        """Discount rate of a period as long as the horizon."""
        return (1 + self.annual_rate) ** (self.horizon_days / 365) - 1

    @property
    def monthly_rate(self) -> float:
        """Discount rate of a month."""
        return (1 + self.annual_rate) ** (1 / 12) - 1

    def cumulative(self, age_months: Floats) -> Floats:
        """Money a customer has brought by an age, on average; the last months go on beyond."""
        known = np.concatenate([[0.0], np.cumsum(self.value_by_month)])
        oldest = len(known) - 1
        later = self.value_by_month[-RECENT_MONTHS:].mean() if oldest else 0.0
        inside = np.interp(age_months, np.arange(oldest + 1), known)
        return inside + later * np.maximum(age_months - oldest, 0)


def know_business(
    rows: pd.DataFrame,
    earlier: pd.DataFrame,
    paid: pd.DataFrame,
    spells: pd.DataFrame | None,
    *,
    horizon_days: int,
    annual_rate: float,
) -> Business:
    """Return what is known of a business from tables that all end before one cutoff.

    `rows` are the features at the cutoff, `earlier` rows of earlier cutoffs with outcomes that had
    come in, `paid` and `spells` the ledger and the subscriptions as of then.
    """
    orders = rows["orders__count_ever"]
    channel = rows.set_index("customer_id").get(CHANNEL)
    return Business(
        horizon_days,
        annual_rate,
        float((orders > 1).sum() / max((orders > 0).sum(), 1)),
        _retention(earlier, horizon_days),
        _value_by_month(rows, paid),
        None if spells is None else _renewal(spells),
        None if spells is None else _monthly_churn(spells, channel),
    )


def age_days(rows: pd.DataFrame) -> Floats:
    """Return days since each customer was won: since sign-up, else since they were known."""
    known = rows["tenure_days"].fillna(0.0)
    return rows.get("customers__days_since_sign_up", known).fillna(known).to_numpy(dtype=float)


def _retention(earlier: pd.DataFrame, days: int) -> dict[bool, float]:
    """Labels shorter than the horizon are stretched: 1 - (1 - r) ^ (horizon / label)."""
    bought = earlier[earlier[f"orders__count_{days}d"] > 0]
    stretch = days / bought["label_days"].mean() if len(bought) else 1.0
    found = {}
    for is_only in (True, False):
        alike = bought[(bought["orders__count_ever"] == 1) == is_only]
        group = alike if len(alike) >= FEWEST else bought
        gone = (group["target_orders"] == 0).mean()
        found[is_only] = 1 - gone**stretch if len(group) else 0.0
    return found


def _value_by_month(rows: pd.DataFrame, paid: pd.DataFrame) -> Floats:
    """Mean value in each month of age, of customers who have lived through it."""
    whole = (age_days(rows) / DAYS_PER_MONTH).astype(int)
    left = np.bincount(whole)[::-1].cumsum()[::-1][1:]  # customers who have lived 1, 2, … months
    left = left[left >= FEWEST]
    lived = paid["customer_id"].map(pd.Series(whole, rows["customer_id"]))
    month = (paid["day"] / DAYS_PER_MONTH).astype(int)
    inside = (month < lived) & (month < len(left)) & (month >= 0)
    total = np.bincount(month[inside], paid["value"][inside], minlength=len(left))
    return total / left


def _renewal(spells: pd.DataFrame) -> ShiftedBetaGeometric | None:
    """Fit renewal by month; nothing where no subscription has ended, or none has lasted."""
    months = (spells["days"] / DAYS_PER_MONTH).astype(int).to_numpy()
    ended = spells["ended"].to_numpy(dtype=bool)
    size = int(months.max(initial=0)) + 1
    lost = np.bincount(months[ended], minlength=size)
    still = np.bincount(months[~ended], minlength=size + 1)[1:]
    try:
        return fit_renewals(lost, still[:size])
    except ValueError:
        return None


def _monthly_churn(spells: pd.DataFrame, channel: pd.Series | None) -> dict[str, float]:
    """Ends a month of subscription, of all and by channel where there are enough."""
    groups = {ALL: spells}
    if channel is not None:
        groups |= dict(iter(spells.groupby(spells["customer_id"].map(channel))))
    churn = {}
    for name, group in groups.items():
        ended, months = int(group["ended"].sum()), group["days"].sum() / DAYS_PER_MONTH
        if ended and (name == ALL or len(group) >= FEWEST):
            churn[str(name)] = float(min(ended / months, 0.99))
    return churn
