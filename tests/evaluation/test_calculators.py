from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation.business import Business
from clvlens.evaluation.calculators import absences, calculate
from clvlens.finance.npv import DAYS_PER_MONTH
from clvlens.finance.renewal import ShiftedBetaGeometric

# A horizon of a year, so that months and years are whole
YEAR = Business(
    horizon_days=365,
    annual_rate=0.1,
    repeat_share=0.5,
    retention={True: 0.6, False: 0.8},
    value_by_month=np.array([10.0, 5.0, 5.0]),
)


@pytest.fixture
def rows():
    """Three customers: 12 orders of 20 in two years, one order of 30, and none."""
    return pd.DataFrame(
        {
            "orders__count_ever": [12.0, 1.0, 0.0],
            "orders__total_revenue_ever": [240.0, 30.0, 0.0],
            "orders__total_revenue_365d": [150.0, 30.0, 0.0],
            "orders__days_since_first": [730.0, 365.0, np.nan],
            "tenure_days": [730.0, 365.0, 10.0],
        }
    )


def found(rows: pd.DataFrame, business: Business = YEAR) -> dict:
    return {one.name: one for one in calculate(rows, business, "revenue")}


def test_the_formulas_are_filled_in_for_every_customer(rows):
    by_name = found(rows)
    horizon = {name: one.horizon.round(2).tolist() for name, one in by_name.items()}
    assert horizon["order value × chance of a repeat"] == [10, 15, 0]
    assert horizon["lifespan × yearly value"] == [150, 30, 0]
    assert horizon["order value × repeats × months"] == [110, 0, 0]  # 11 repeats in two years
    assert horizon["retained spend"] == [120, 18, 0]
    assert horizon["retention value, now"] == [150, 30, 0]
    assert horizon["retention value, after payment"] == [109.09, 16.36, 0]
    assert horizon["retention value, end of period"] == [136.36, 27.27, 0]
    assert horizon["margin multiple"] == [109.09, 16.36, 0]
    # thirteen orders in three years of customers: 4.33 a year
    assert horizon["order value × orders × years"] == [86.67, 130, 0]


def test_lifetimes_follow_from_retention(rows):
    lifetime = {name: one.lifetime.round(2).tolist() for name, one in found(rows).items()}
    assert lifetime["lifespan × yearly value"] == [750, 75, 0]  # five years, two and a half
    assert lifetime["retention value, now"] == [550, 66, 0]  # 1.1 / .3 and 1.1 / .5
    assert lifetime["margin multiple"] == [400, 36, 0]


def test_cumulative_npv_adds_the_months_up(rows):
    r, d = 0.8 ** (1 / 12), 1.1 ** (1 / 12)
    by_hand = 150 / 12 * sum((r / d) ** month for month in range(12))
    assert found(rows)["cumulative NPV"].horizon[0] == pytest.approx(by_hand)


def test_a_cohort_tells_what_an_age_brings(rows):
    # the oldest known month is the third; beyond, 20 / 3 a month
    horizon = found(rows)["cohort value by age"].horizon
    assert horizon[0] == pytest.approx(12 * 20 / 3)
    ten_days = 10 / DAYS_PER_MONTH
    assert horizon[2] == pytest.approx(20 - 10 * ten_days + (9 + ten_days) * 20 / 3)


def test_a_cost_is_taken_off_the_lifetime_alone(rows):
    rows["customers__acquisition_cost"] = [4.0, 4.0, np.nan]
    one = found(rows)["order value × chance of a repeat"]
    assert one.horizon.tolist() == [10, 15, 0]
    assert one.lifetime[:2].tolist() == [6, 11]
    assert np.isnan(one.lifetime[2])


def test_formulas_of_subscriptions_speak_of_subscribers(rows):
    rows = rows.assign(
        subscriptions__active_ever=[1.0, 0.0, 0.0],
        subscriptions__active_tenure=[60.0, np.nan, np.nan],
        customers__channel=["search", "ads", None],
    )
    business = replace(
        YEAR, renewal=ShiftedBetaGeometric(1.0, 1.0), monthly_churn={"all": 0.05, "search": 0.1}
    )
    by_name = found(rows, business)
    monthly = 150 / 12
    worth = by_name["subscriber value"]
    assert worth.lifetime[0] == pytest.approx(monthly / 0.1)
    assert worth.horizon[0] == pytest.approx(monthly * (1 - 0.9**12) / 0.1)
    assert np.isnan(worth.horizon[1:]).all()
    # with α = β = 1, S(t) = 1 / (1 + t): after one whole month, S(1 + k) / S(1) = 2 / (2 + k)
    lasting = by_name["shifted beta-geometric"].horizon
    assert lasting[0] == pytest.approx(monthly * sum(2 / (2 + k) for k in range(1, 13)))


def test_without_subscriptions_their_formulas_are_absent_not_zero(rows):
    assert not {"subscriber value", "shifted beta-geometric"} & set(found(rows))


def test_what_is_absent_is_said(rows):
    said = " ".join(absences(rows, YEAR, "revenue"))
    for word in ("margin:", "acquisition cost:", "ends of subscriptions:"):
        assert word in said
    rows["customers__acquisition_cost"] = 1.0
    complete = replace(YEAR, renewal=ShiftedBetaGeometric(1, 1), monthly_churn={"all": 0.1})
    assert absences(rows, complete, "margin") == ()
