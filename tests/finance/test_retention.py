import numpy as np
import pytest

from clvlens.finance.retention import (
    cost_share_needed,
    cumulative_value,
    growth_needed,
    margin_multiple,
    retention_gain,
    retention_value,
)


def test_the_three_timings_of_fader_and_hardie():
    assert retention_value(100, 0.8, 0.1, "now").round(2) == 366.67
    assert retention_value(100, 0.8, 0.1, "after payment").round(2) == 266.67
    assert retention_value(100, 0.8, 0.1, "end of period").round(2) == 333.33


def test_a_customer_who_pays_now_is_worth_one_payment_more_than_one_who_has_just_paid():
    assert retention_value(100, 0.8, 0.1) - retention_value(
        100, 0.8, 0.1, "after payment"
    ) == pytest.approx(100)


@pytest.mark.parametrize(
    ("retention", "multiples"),
    [(0.6, (1.20, 1.15, 1.11, 1.07)), (0.8, (2.67, 2.50, 2.35, 2.22)),
     (0.9, (4.50, 4.09, 3.75, 3.46))],
)  # fmt: skip
def test_the_margin_multiples_of_gupta_and_lehmann(retention, multiples):
    found = [margin_multiple(retention, rate) for rate in (0.10, 0.12, 0.14, 0.16)]
    assert np.round(found, 2) == pytest.approx(multiples)


def test_value_by_period_approaches_the_formula():
    table = cumulative_value(100, 0.8, 0.1, 60)
    assert table[:6].round(2) == pytest.approx([100, 172.73, 225.62, 264.09, 292.06, 312.41])
    assert table[-1] == pytest.approx(retention_value(100, 0.8, 0.1), abs=0.01)


@pytest.mark.parametrize(
    ("retention", "now", "after"), [(0.7, 14.3, 22.4), (0.8, 20.0, 27.5), (0.9, 33.3, 40.7)]
)
def test_five_points_of_retention_at_constant_margin(retention, now, after):
    assert (retention_gain(retention, 5, 0.1) * 100).round(1) == now
    assert (retention_gain(retention, 5, 0.1, "after payment") * 100).round(1) == after


def test_points_lost_cost_less_than_points_gained_bring():
    # 1.1 / (1.1 - r): 3.667 at .8, 3.143 at .75, 4.4 at .85
    assert retention_gain(0.8, [-5, 0, 5], 0.1) == pytest.approx([-1 / 7, 0, 0.2])


def test_growing_margin_acts_like_more_retention():
    # .8 × 1.25 = 1: 1.1 / .1 = 11 times; .82 × 1.25 = 1.025: 1.1 / .075
    assert retention_value(1, 0.8, 0.1, margin_growth=0.25) == pytest.approx(11)
    assert retention_gain(0.8, 2, 0.1, margin_growth=0.25) == pytest.approx(0.1 / 0.075 - 1)


def test_retention_beyond_one_or_value_without_a_bound_has_no_gain():
    assert np.isnan(retention_gain(0.98, 5, 0.1))
    assert np.isnan(retention_gain(0.8, 10, 0.1, margin_growth=0.25))


def test_95_percent_more_needs_a_margin_that_grows_by_22_percent_a_year():
    growth = growth_needed(0.95, 5, 0.8, 0.1)
    assert round(growth, 4) == 0.2187
    assert retention_gain(0.8, 5, 0.1, margin_growth=growth) == pytest.approx(0.95)


def test_95_percent_more_profit_needs_costs_of_79_percent_of_value():
    costs = cost_share_needed(0.95, 5, 0.8, 0.1)
    assert round(costs, 4) == 0.7895
    assert retention_gain(0.8, 5, 0.1, cost_share=costs) == pytest.approx(0.95)


def test_nonsense_is_refused_with_what_to_give():
    with pytest.raises(ValueError, match="retention is 80; give a share from 0 to 1"):
        retention_value(100, 80, 0.1)
    with pytest.raises(ValueError, match="value has no bound; lower one, or sum periods"):
        retention_value(100, 0.9, 0.1, margin_growth=0.3)
    with pytest.raises(ValueError, match="discount_rate is -1; give a share above -1"):
        retention_value(100, 0.9, -1)
    with pytest.raises(ValueError, match="periods is 0; give at least 1"):
        cumulative_value(100, 0.8, 0.1, 0)
    with pytest.raises(ValueError, match="cost_share is 1; give a share from 0 to below 1"):
        retention_gain(0.8, 5, 0.1, cost_share=1)
