import numpy as np
import pandas as pd
import pytest

from clvlens.config.finance import Finance
from clvlens.evaluation.channels import accounts, budget, curves, new_customers
from clvlens.finance.npv import DAYS_PER_MONTH

BY = {"channel": "customers__channel"}


@pytest.fixture
def rows():
    """Forty customers known for 400 days: half from search at a cost of 10, half from ads at 30."""
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:02d}" for i in range(40)],
            "tenure_days": 400.0,
            "customers__channel": ["search"] * 20 + ["ads"] * 20,
            "customers__acquisition_cost": [10.0] * 20 + [30.0] * 20,
        }
    )


@pytest.fixture
def paid(rows):
    """Everybody pays 5 on each of the first ten days, and 50 on day 380."""
    days = [*range(10), 380]
    return pd.DataFrame(
        {
            "customer_id": np.repeat(rows["customer_id"], 11),
            "day": days * 40,
            "value": [*[5.0] * 10, 50.0] * 40,
        }
    )


@pytest.fixture
def values():
    return pd.DataFrame(
        {"predicted_value": 20.0, "clv": [80.0] * 20 + [20.0] * 20, "churn_probability": 0.5}
    )


def test_each_channel_has_its_cost_value_and_payback(rows, paid, values):
    found = accounts(rows, paid, values, BY).set_index("group")
    search, ads = found.loc["search"], found.loc["ads"]
    assert (search["customers"], search["acquisition_cost"]) == (20, 10)
    assert (search["realised_first_year"], search["realised_to_date"]) == (50, 100)
    assert search["value_to_cost"] == pytest.approx((100 + 80) / 10)
    assert ads["value_to_cost"] == pytest.approx((100 + 20) / 30)
    assert search["payback_months"] == pytest.approx(2 / DAYS_PER_MONTH)
    assert ads["payback_months"] == pytest.approx(6 / DAYS_PER_MONTH)
    assert (search["clv_low_90"], search["clv_high_90"]) == (80, 80)


def test_without_a_cost_what_needs_one_is_absent_and_the_rest_is_there(rows, paid, values):
    found = accounts(rows.drop(columns="customers__acquisition_cost"), paid, values, BY)
    assert found[["acquisition_cost", "value_to_cost", "payback_months"]].isna().all(axis=None)
    assert found["realised_to_date"].tolist() == [100, 100]


def test_customers_of_unknown_channel_are_a_group_of_their_own(rows, paid, values):
    rows.loc[:4, "customers__channel"] = None
    found = accounts(rows, paid, values, BY)
    assert found["group"].tolist() == ["ads", "search", "unknown"]
    assert found["customers"].tolist() == [20, 15, 5]


def test_a_group_too_small_to_follow_has_no_payback(rows, paid, values):
    rows.loc[:4, "customers__channel"] = "friend"
    found = accounts(rows, paid, values, BY).set_index("group")
    assert np.isnan(found.loc["friend", "payback_months"])


def test_curves_are_told_by_month(rows, paid):
    found = curves(rows, paid, BY).query("group == 'ads'").set_index("month")["value"]
    assert found[[1, 12, 13]].tolist() == [50, 50, 100]
    assert found.index.max() == 13


def test_money_moves_to_what_brings_more_and_less_so_at_the_margin(rows, paid, values):
    table = budget(accounts(rows, paid, values, BY), Finance(budget_shift=0.1))
    move = table[(table["from"] == "ads") & (table["to"] == "search")].iloc[0]
    # ads: 600 spent, 2,400 of value; search: 200 spent, 3,600 of value; 60 are moved
    assert move["amount"] == pytest.approx(60)
    assert move["value_by_average"] == pytest.approx(60 * (18 - 4))
    won, lost = 3600 * (1.3**0.5 - 1), 2400 * (1 - 0.9**0.5)
    assert move["value_at_margin"] == pytest.approx(won - lost)
    assert len(table) == 2


def test_without_costs_no_money_is_moved(rows, paid, values):
    table = accounts(rows.drop(columns="customers__acquisition_cost"), paid, values, BY)
    assert budget(table, Finance()).empty


def test_new_customers_are_those_known_for_30_or_90_days(rows, values):
    rows["tenure_days"] = [20.0] * 5 + [60.0] * 25 + [400.0] * 10
    found = new_customers(rows, values, BY).set_index(["known_for_days", "group"])
    assert found.loc[(30, "all"), ["customers", "clv"]].tolist() == [5, 80]
    assert found.loc[(90, "all"), "customers"] == 30
    assert found.loc[(90, "all"), "clv"] == pytest.approx((20 * 80 + 10 * 20) / 30)
    assert found.loc[(30, "ads"), "customers"] == 0
    assert np.isnan(found.loc[(30, "ads"), "clv"])


def test_a_mean_has_an_interval_over_customers(rows, values):
    rows["tenure_days"] = 10.0
    found = new_customers(rows, values, BY).set_index(["known_for_days", "group"])
    # standard error 30 / √40 = 4.74
    low, high = found.loc[(90, "all"), ["clv_low_90", "clv_high_90"]]
    assert low == pytest.approx(50 - 1.645 * 4.74, abs=2)
    assert high == pytest.approx(50 + 1.645 * 4.74, abs=2)
