import numpy as np
import pytest

from clvlens.finance.npv import continuation_multiple, discount_factor, discounted_horizon_value


def test_110_due_in_a_year_is_worth_100_at_ten_percent():
    assert 110 * discount_factor(0.10, 365) == pytest.approx(100)


def test_money_due_now_is_worth_itself():
    assert discount_factor(0.10, 0) == 1


def test_two_years_discount_twice():
    assert discount_factor(0.25, [365, 730]) == pytest.approx([0.8, 0.64])


def test_a_year_of_value_is_twelve_payments_at_mid_month():
    # 1.21 = 1.1 ^ 2, so that month m is divided by 1.1 ^ ((m + 1/2) / 6)
    by_hand = sum(100 / 1.1 ** ((month + 0.5) / 6) for month in range(12))
    assert by_hand == pytest.approx(1092.55)
    assert discounted_horizon_value(1200, 365, 0.21) == pytest.approx(by_hand)


def test_a_horizon_within_one_month_is_discounted_at_its_middle():
    assert discounted_horizon_value(50, 20, 0.10) == pytest.approx(50 / 1.1 ** (10 / 365))


def test_a_last_part_of_a_month_counts_by_its_days():
    # 45 days: a month of 365 / 12 days, then the rest up to day 45
    month = 365 / 12
    first = 90 * month / 45 / 1.1 ** (month / 2 / 365)
    rest = 90 * (45 - month) / 45 / 1.1 ** ((month + 45) / 2 / 365)
    assert discounted_horizon_value(90, 45, 0.10) == pytest.approx(first + rest)


def test_without_a_rate_value_keeps_its_worth():
    assert discounted_horizon_value([120, -30, 0], 90, 0.0) == pytest.approx([120, -30, 0])


def test_monthly_discounting_is_close_to_continuous():
    # money that flows evenly for a year at ln(1.1): (1 - 1 / 1.1) / ln(1.1)
    continuous = (1 - 1 / 1.1) / np.log(1.1)
    assert discounted_horizon_value(1, 365, 0.10) == pytest.approx(continuous, rel=1e-5)


@pytest.mark.parametrize("rate", [-1, -2.5])
def test_a_rate_that_eats_everything_is_refused(rate):
    with pytest.raises(ValueError, match=r"annual_rate is -.*; give a share above -1"):
        discount_factor(rate, 30)


@pytest.mark.parametrize("days", [0, -30])
def test_a_horizon_without_days_is_refused(days):
    with pytest.raises(ValueError, match="give a number of days above 0"):
        discounted_horizon_value(100, days, 0.1)


def test_half_of_those_who_stay_bring_a_half_then_a_quarter():
    assert continuation_multiple([0.5, 0], 365, 0, years=2) == pytest.approx([0.75, 0])


def test_a_last_part_of_a_horizon_counts_by_its_share():
    assert continuation_multiple(0.5, 365, 0, years=1.5) == pytest.approx(0.5 + 0.25 / 2)


def test_later_horizons_are_discounted_as_a_whole():
    # 1.21 a year is 1.1 a half year: .9 / 1.1 and its square
    half = 365 / 2
    assert continuation_multiple(0.9, half, 0.21, years=1) == pytest.approx(9 / 11 + (9 / 11) ** 2)


def test_no_years_bring_nothing_and_many_approach_the_retention_formula():
    assert continuation_multiple(0.8, 365, 0.1, years=0) == 0
    assert continuation_multiple(0.8, 365, 0.1, years=90) == pytest.approx(0.8 / (1.1 - 0.8))


def test_years_before_the_horizon_are_refused():
    with pytest.raises(ValueError, match="years is -1; give 0 or more"):
        continuation_multiple(0.8, 365, 0.1, years=-1)
