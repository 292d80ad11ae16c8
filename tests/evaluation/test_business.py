import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation.business import know_business
from clvlens.finance.npv import DAYS_PER_MONTH


def customers(count: int, months: float, orders: int = 2) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(count)],
            "tenure_days": months * DAYS_PER_MONTH + 1,
            "orders__count_ever": orders,
        }
    )


def earlier(only: int, churned_only: int, more: int, churned_more: int) -> pd.DataFrame:
    """Rows of customers with one order, and with more, of whom some did not buy again."""
    return pd.DataFrame(
        {
            "orders__count_60d": 1.0,
            "orders__count_ever": [1] * only + [3] * more,
            "label_days": 60.0,
            "target_orders": [0.0] * churned_only
            + [1.0] * (only - churned_only)
            + [0.0] * churned_more
            + [2.0] * (more - churned_more),
        }
    )


def know(rows=None, before=None, paid=None, spells=None):
    nothing = pd.DataFrame({"customer_id": [], "day": [], "value": []})
    return know_business(
        customers(40, 3) if rows is None else rows,
        earlier(40, 20, 40, 10) if before is None else before,
        nothing if paid is None else paid,
        spells,
        horizon_days=60,
        annual_rate=0.21,
    )


def test_the_chance_of_a_repeat_is_told_by_those_who_bought():
    rows = customers(40, 3).assign(orders__count_ever=[0] * 10 + [1] * 20 + [2] * 10)
    assert know(rows).repeat_share == pytest.approx(1 / 3)


def test_retention_of_first_buyers_is_not_that_of_those_who_came_back():
    assert know().retention == {True: 0.5, False: 0.75}


def test_too_few_of_a_kind_take_the_retention_of_all():
    found = know(before=earlier(10, 10, 40, 10)).retention
    assert found == {True: pytest.approx(0.6), False: pytest.approx(0.75)}


def test_a_shorter_label_is_stretched_to_the_horizon():
    # a half churn in 30 days: a quarter in 60
    found = know(before=earlier(40, 20, 40, 20).assign(label_days=30.0)).retention
    assert found == {True: 0.75, False: 0.75}


def test_each_month_of_age_is_told_by_those_who_lived_it():
    # forty have lived three months, forty more one; all pay 10 in the first, 4 in the second
    rows = pd.concat([customers(40, 3), customers(40, 1).assign(customer_id=[f"d{i}" for i in
                      range(40)])])  # fmt: skip
    who = rows["customer_id"].tolist()
    paid = pd.DataFrame(
        {"customer_id": who * 2, "day": [5] * 80 + [40] * 80, "value": [10.0] * 80 + [4.0] * 80}
    )
    assert know(rows, paid=paid).value_by_month == pytest.approx([10, 4, 0])


def test_value_beyond_the_oldest_age_goes_on_as_in_the_last_months():
    paid = pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(40)] * 2, "day": [5] * 40 + [40] * 40,
         "value": [6.0] * 40 + [3.0] * 40}
    )  # fmt: skip
    found = know(paid=paid).cumulative(np.array([0, 0.5, 2, 3, 5]))
    assert found == pytest.approx([0, 3, 9, 9, 9 + 2 * 3])  # (6 + 3 + 0) / 3 a month


def test_churn_of_subscriptions_is_ends_a_month():
    # ten of forty ended after two months, thirty have lasted four: 10 / 140
    spells = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(40)],
            "days": [2 * DAYS_PER_MONTH] * 10 + [4 * DAYS_PER_MONTH] * 30,
            "ended": [True] * 10 + [False] * 30,
        }
    )
    rows = customers(40, 3).assign(customers__channel=["search"] * 35 + ["ads"] * 5)
    churn = know(rows, spells=spells).monthly_churn
    assert churn["all"] == pytest.approx(10 / 140)
    assert churn["search"] == pytest.approx(10 / 120)
    assert "ads" not in churn  # too few


def test_rates_are_of_the_horizon_and_of_a_month():
    found = know()
    assert found.months == pytest.approx(60 / 365 * 12)
    assert (1 + found.period_rate) ** (365 / 60) == pytest.approx(1.21)
    assert (1 + found.monthly_rate) ** 12 == pytest.approx(1.21)


def test_subscriptions_that_nobody_left_have_no_renewal_model():
    spells = pd.DataFrame({"customer_id": ["c0"], "days": [90.0], "ended": [False]})
    found = know(spells=spells)
    assert found.renewal is None
    assert found.monthly_churn == {}
