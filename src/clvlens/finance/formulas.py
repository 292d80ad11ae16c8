"""What a customer is worth by the formulas that articles give, with their units in their names.

Arguments are numbers or arrays of one shape, an entry a customer; so are the results. Money is in
one currency, shares run from 0 to 1. Formulas that discount or follow retention over time are in
`retention` and `renewal`. Every function raises ValueError for what makes no sense, saying what
to give instead.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def repeat_order_value(
    order_value: ArrayLike, repeat_probability: ArrayLike, acquisition_cost: ArrayLike = 0.0
) -> Floats:
    """Money that a next order is expected to bring, less what it cost to win the customer.

    order value × chance of a repeat - acquisition cost; the shortest of the articles' formulas,
    which counts one more order at most.

    >>> print(repeat_order_value(60, 0.5, 12))
    18.0
    """
    chance = share("repeat_probability", repeat_probability)
    return floats(order_value) * chance - floats(acquisition_cost)


def lifespan_value(yearly_value: ArrayLike, lifespan_years: ArrayLike) -> Floats:
    """Money over a lifespan: value a year × years.

    >>> print(lifespan_value(240, 3))
    720.0
    """
    return floats(yearly_value) * not_negative("lifespan_years", lifespan_years)


def simple_value(
    average_order_value: ArrayLike,
    orders_per_year: ArrayLike,
    lifetime_years: ArrayLike,
    margin_share: ArrayLike = 1.0,
) -> Floats:
    """Money over a lifetime: order value × orders a year × years (× margin).

    >>> print(simple_value(60, 4, 3), simple_value(60, 4, 3, margin_share=0.4))
    720.0 288.0
    """
    orders = not_negative("orders_per_year", orders_per_year)
    years = not_negative("lifetime_years", lifetime_years)
    return floats(average_order_value) * orders * years * floats(margin_share)


def order_rate_value(
    average_order_value: ArrayLike, orders_per_month: ArrayLike, lifetime_months: ArrayLike
) -> Floats:
    """Money over a lifetime: order value × repeat orders a month × months.

    Often given as "AOV × repeat purchase rate × lifetime", where a rate without a period could be
    anything; here it is orders a month, and the lifetime is in months.

    >>> print(order_rate_value(80, 1.5, 3))
    360.0
    """
    orders = not_negative("orders_per_month", orders_per_month)
    return floats(average_order_value) * orders * not_negative("lifetime_months", lifetime_months)


def retained_spend(
    spend_per_month: ArrayLike, months: ArrayLike, retention_share: ArrayLike
) -> Floats:
    """Money over some months from those who stay: monthly spend × months × share retained.

    The baseline that Microsoft's Dynamics 365 shows beside its own model.

    >>> print(retained_spend(25, 12, 0.6))
    180.0
    """
    kept = share("retention_share", retention_share)
    return floats(spend_per_month) * not_negative("months", months) * kept


def cohort_value(revenue_by_age: ArrayLike, customers_at_start: float) -> Floats:
    """Money a customer by age: all that a cohort paid up to it, over its original size.

    `revenue_by_age` has an entry a period of age. The divisor stays the original size, with those
    who left: dividing by who is left would make a cohort look better the more leave.

    >>> print(cohort_value([5000, 2000, 1000], customers_at_start=100))
    [50. 70. 80.]
    """
    if customers_at_start <= 0:
        raise ValueError(
            f"customers_at_start is {customers_at_start}; give the cohort's size, above 0."
        )
    return np.cumsum(floats(revenue_by_age)) / customers_at_start


def subscriber_value(
    revenue_per_month: ArrayLike, gross_margin_share: ArrayLike, monthly_churn: ArrayLike
) -> Floats:
    """Money over a subscription's lifetime: monthly revenue × margin / monthly churn.

    The SaaS formula; the expected lifetime is 1 / churn months, and nothing is discounted.

    >>> print(subscriber_value(50, 0.8, 0.05))
    800.0
    """
    churn = _churn(monthly_churn)
    return floats(revenue_per_month) * floats(gross_margin_share) / churn


def value_to_cost(value: ArrayLike, acquisition_cost: ArrayLike) -> Floats:
    """Money brought for each unit of money spent to win the customer.

    >>> print(value_to_cost(800, 300).round(2))
    2.67
    """
    cost = floats(acquisition_cost)
    if (cost <= 0).any():
        raise ValueError(
            f"acquisition_cost is {cost.min()}; give one above 0: what costs nothing has no ratio."
        )
    return floats(value) / cost


def payback_months(
    acquisition_cost: ArrayLike,
    revenue_per_month: ArrayLike,
    gross_margin_share: ArrayLike,
    monthly_churn: float = 0.0,
) -> Floats:
    """Months until what a customer brings has paid what winning them cost; infinite if never.

    Without churn: cost / (revenue × margin). With monthly churn c, each month brings (1 - c) of the
    month before: ln(1 - cost × c / (revenue × margin)) / ln(1 - c).

    >>> print(payback_months(300, 50, 0.8), payback_months(300, 50, 0.8, 0.05).round(2))
    7.5 9.16
    """
    monthly = floats(revenue_per_month) * floats(gross_margin_share)
    if (monthly <= 0).any():
        raise ValueError("revenue × margin a month must be above 0 for a cost to be paid back.")
    months = floats(acquisition_cost) / monthly
    if monthly_churn == 0:
        return months
    churn = _churn(monthly_churn)
    left = 1 - months * churn
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0, np.log(left) / np.log1p(-churn), np.inf)[()]


def floats(value: ArrayLike) -> Floats:
    """Return an argument as floats."""
    return np.asarray(value, dtype=float)


def share(name: str, value: ArrayLike) -> Floats:
    """Return shares, refused outside 0 to 1."""
    shares = floats(value)
    if ((shares < 0) | (shares > 1)).any():
        raise ValueError(f"{name} is {value}; give a share from 0 to 1, as .05 for 5 %.")
    return shares


def not_negative(name: str, value: ArrayLike) -> Floats:
    """Return amounts of something, refused below 0."""
    amounts = floats(value)
    if (amounts < 0).any():
        raise ValueError(f"{name} is {value}; give 0 or more.")
    return amounts


def _churn(monthly_churn: ArrayLike) -> Floats:
    churn = floats(monthly_churn)
    if ((churn <= 0) | (churn >= 1)).any():
        raise ValueError(
            f"monthly_churn is {monthly_churn}; give a share between 0 and 1: without churn "
            "lifetimes have no end, so use a value over a horizon instead."
        )
    return churn
