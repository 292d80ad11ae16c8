import numpy as np
import pytest

from clvlens.finance.formulas import (
    cohort_value,
    lifespan_value,
    order_rate_value,
    payback_months,
    repeat_order_value,
    retained_spend,
    simple_value,
    subscriber_value,
    value_to_cost,
)


def test_one_more_order_at_even_odds_pays_half_an_order_less_the_cost_of_winning():
    assert repeat_order_value(60, 0.5, 12) == 60 / 2 - 12


def test_three_years_at_240_a_year_are_720():
    assert lifespan_value(240, 3) == 720


def test_four_orders_of_60_a_year_for_three_years_are_720_and_288_of_margin():
    assert simple_value(60, 4, 3) == 720
    assert simple_value(60, 4, 3, margin_share=0.4) == pytest.approx(288)


def test_one_and_a_half_orders_of_80_a_month_for_three_months_are_360():
    assert order_rate_value(80, orders_per_month=1.5, lifetime_months=3) == 360


def test_25_a_month_for_a_year_from_the_six_tenths_who_stay_are_180():
    assert retained_spend(25, 12, 0.6) == 180


def test_a_cohort_of_100_divides_by_100_at_every_age():
    assert cohort_value([5000, 2000, 1000], 100) == pytest.approx([50, 70, 80])


def test_a_subscriber_of_50_at_80_percent_margin_who_stays_20_months_brings_800():
    assert subscriber_value(50, 0.8, 0.05) == pytest.approx(800)
    assert value_to_cost(800, 300).round(2) == 2.67


def test_a_cost_of_300_is_paid_by_40_a_month_in_seven_and_a_half_months():
    assert payback_months(300, 50, 0.8) == 7.5


def test_churn_puts_payback_off():
    assert payback_months(300, 50, 0.8, monthly_churn=0.05).round(2) == 9.16
    # after n months 40 (1 - .95^n) / .05 has come in
    paid = 40 * (1 - 0.95**9.1629) / 0.05
    assert paid == pytest.approx(300, abs=0.1)


def test_a_cost_above_all_that_will_ever_come_is_never_paid_back():
    assert payback_months(800, 50, 0.8, 0.05) == np.inf
    assert payback_months(900, 50, 0.8, 0.05) == np.inf


def test_customers_are_worked_out_side_by_side():
    assert order_rate_value([80, 10], [1.5, 2], 3) == pytest.approx([360, 60])
    assert payback_months([300, 40], 50, 0.8) == pytest.approx([7.5, 1])


def test_a_rate_is_no_percentage():
    with pytest.raises(ValueError, match="repeat_probability is 50; give a share from 0 to 1"):
        repeat_order_value(60, 50)
    with pytest.raises(ValueError, match=r"retention_share is -0\.1; give a share"):
        retained_spend(25, 12, -0.1)


@pytest.mark.parametrize("churn", [0, 1, -0.2])
def test_a_churn_without_an_end_or_a_beginning_is_refused(churn):
    with pytest.raises(ValueError, match=r"give a share between 0 and 1: without churn"):
        subscriber_value(50, 0.8, churn)


def test_nonsense_is_refused_with_what_to_give():
    with pytest.raises(ValueError, match="lifetime_months is -3; give 0 or more"):
        order_rate_value(80, 1, -3)
    with pytest.raises(ValueError, match="give the cohort's size, above 0"):
        cohort_value([1], 0)
    with pytest.raises(ValueError, match="what costs nothing has no ratio"):
        value_to_cost(100, [4, 0])
    with pytest.raises(ValueError, match="must be above 0 for a cost to be paid back"):
        payback_months(300, 0, 0.8)
