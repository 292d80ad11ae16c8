import numpy as np
import pytest

from clvlens.finance.channels import Shift, curve_by_day, moved_budget, payback
from clvlens.finance.npv import DAYS_PER_MONTH

TWENTY = np.arange(20)


def test_a_curve_adds_up_what_customers_brought_by_each_day():
    # each of twenty pays 10 on the first day and 5 on the third
    customer, day = np.tile(TWENTY, 2), np.repeat([0, 2], 20)
    found = curve_by_day(customer, day, np.repeat([10, 5], 20), np.full(20, 4))
    assert found == pytest.approx([10, 10, 15, 15])


def test_an_age_is_told_by_those_who_have_lived_it():
    # twenty have lived 3 days and pay 6 on the third; twenty more have lived but 1, and pay nothing
    ages = np.repeat([3, 1], 20)
    found = curve_by_day(TWENTY, np.full(20, 2), np.full(20, 6), ages)
    assert found == pytest.approx([0, 0, 6])


def test_ages_that_fewer_than_twenty_have_lived_are_left_out():
    ages = [5, *[2] * 19]
    assert curve_by_day([0], [4], [100], ages) == pytest.approx([0, 0])


def test_a_payment_on_a_day_that_is_not_over_does_not_count_yet():
    assert curve_by_day(TWENTY, np.full(20, 2), np.full(20, 6), np.full(20, 2)) == pytest.approx(
        [0, 0]
    )


def test_a_cost_is_paid_back_on_the_day_when_the_curve_reaches_it():
    # 1 a day each: 30 are reached with the 30th day
    customer, day = np.repeat(TWENTY, 60), np.tile(np.arange(60), 20)
    found = payback(customer, day, np.ones(1200), np.full(20, 60), np.full(20, 30.0))
    assert found.months == pytest.approx(30 / DAYS_PER_MONTH)
    assert (found.low, found.high, found.paid_share) == (found.months, found.months, 1)
    assert found.seen_months == pytest.approx(60 / DAYS_PER_MONTH)


def test_what_cost_nothing_is_paid_back_at_once():
    assert payback([0], [1], [5], np.full(20, 9), np.zeros(20)).months == 0


def test_a_cost_not_reached_while_customers_were_seen_has_no_payback():
    found = payback(TWENTY, TWENTY * 0, np.ones(20), np.full(20, 90), np.full(20, 2.0))
    assert np.isnan([found.months, found.low, found.high]).all()
    assert found.paid_share == 0


def test_unknown_costs_are_left_out_of_the_mean():
    cost = np.where(TWENTY < 10, np.nan, 1.0)
    assert payback(TWENTY, TWENTY * 0, np.ones(20), np.full(20, 9), cost).months == pytest.approx(
        1 / DAYS_PER_MONTH
    )


def test_where_few_pay_much_the_interval_is_wide():
    # one in ten pays 10 on each of 100 days: 1 a day on average, a cost of 50
    payers = np.arange(0, 200, 10)
    customer, day = np.repeat(payers, 100), np.tile(np.arange(100), 20)
    found = payback(customer, day, np.full(2000, 10.0), np.full(200, 100), np.full(200, 50.0))
    assert found.months * DAYS_PER_MONTH == pytest.approx(50)
    assert found.low * DAYS_PER_MONTH == pytest.approx(38, abs=3)  # 26 or more payers of 200
    assert found.high * DAYS_PER_MONTH == pytest.approx(72, abs=6)


def test_on_average_100_moved_from_2_a_unit_to_3_a_unit_bring_100_more():
    assert moved_budget(100, 1000, 2000, 1000, 3000, elasticity=1) == Shift(100, 100)


def test_at_the_margin_it_is_less_than_on_average():
    # square roots: 3000 (√1.21 - 1) = 300 won, 2000 (1 - √.79) = 222.36 lost
    found = moved_budget(210, 1000, 2000, 1000, 3000, elasticity=0.5)
    assert found.by_average == 210
    assert found.at_margin == pytest.approx(300 - 2000 * (1 - 0.79**0.5))


def test_a_channel_that_looks_better_may_be_worse_at_the_margin():
    # 100 more on 100 spent at 3.2 against 100 less of 10,000 at 3
    found = moved_budget(100, 10_000, 30_000, 100, 320, elasticity=0.5)
    assert found.by_average == 20
    assert found.at_margin < 0


def test_nonsense_is_refused_with_what_to_give():
    with pytest.raises(ValueError, match="elasticity is 0; give a number above 0, at most 1"):
        moved_budget(1, 10, 10, 10, 10, 0)
    with pytest.raises(ValueError, match="move at most what is spent"):
        moved_budget(11, 10, 10, 10, 10, 1)
