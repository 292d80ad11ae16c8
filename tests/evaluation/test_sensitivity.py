import numpy as np
import pytest

from clvlens.evaluation.sensitivity import famous_sentence, sensitivity


def at(table, points, growth=0.0):
    return table[(table["points"] == points) & (table["margin_growth"] == growth)].iloc[0]


def test_five_points_at_a_constant_margin_bring_a_fifth_more_value():
    row = at(sensitivity(0.8, 0.1, 0.0, 100.0), 5)
    assert row["value_gain"] == pytest.approx(0.2)
    assert row["value"] == pytest.approx(366.67 * 1.2, abs=0.01)


def test_profit_rises_by_more_than_value_where_winning_customers_costs():
    # 73.33 more on a profit of 366.67 - 183.33
    row = at(sensitivity(0.8, 0.1, 0.0, 100.0, acquisition_cost=183.333333), 5)
    assert row["profit_gain"] == pytest.approx(0.4, abs=1e-6)


def test_without_a_cost_profit_is_not_known():
    assert np.isnan(at(sensitivity(0.8, 0.1, 0.0, 100.0), 5)["profit_gain"])


def test_a_growing_margin_makes_points_worth_more():
    table = sensitivity(0.8, 0.1, 0.1, 100.0)
    # 1.1 / (1.1 - .88) = 5 times, 1.1 / (1.1 - .935)
    assert at(table, 5, 0.1)["value_gain"] == pytest.approx(0.22 / 0.165 - 1)
    assert at(table, 5)["value_gain"] == pytest.approx(0.2)


def test_a_growth_at_which_value_has_no_bound_is_left_out():
    assert set(sensitivity(0.8, 0.1, 0.5, 100.0)["margin_growth"]) == {0.0}


def test_the_sentence_says_what_five_points_bring_and_what_95_percent_would_need():
    said = famous_sentence(0.8, 0.1)
    assert "(from 80%) raise value by 20% at a constant margin" in said
    assert "grows by 22% a year, or costs that eat 79% of the value" in said


def test_the_sentence_holds_by_itself_where_money_has_no_price():
    # 1 / (1 - .94) = 16.7 times, 1 / (1 - .99) = 100 times
    assert "raise value by 500% even at a constant margin" in famous_sentence(0.94, 0.0)


def test_five_points_above_95_percent_are_not_to_be_had():
    assert "not to be had" in famous_sentence(0.97, 0.1)
