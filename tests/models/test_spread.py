import json

import numpy as np
import pytest

from clvlens.models.spread import Spread, fit_spread


def test_the_ratio_is_squared_misses_over_expected_money_to_the_power_of_three_halves():
    spread = fit_spread(np.array([4.0, 4.0, 9.0, 9.0]), np.array([0.0, 8.0, 9.0, 12.0]))
    # Squared misses 16 + 16 + 0 + 9; money to the 3/2 8 + 8 + 27 + 27.
    assert spread == Spread((), (41 / 70,), False)
    assert spread.variance(np.array([4.0, 0.0])) == pytest.approx([8 * 41 / 70, 0])


def test_over_a_horizon_twice_as_long_what_a_customer_does_goes_on():
    spread = Spread((), (0.5,), False)
    # 8 over the horizon were 4 over the label window, with a variance of 0.5 × 8; twice that
    # amount has four times the variance.
    assert spread.variance(np.array([8.0]), stretch=2.0) == pytest.approx([16.0])


def test_rows_that_are_expected_to_bring_little_have_a_ratio_of_their_own():
    expected = np.repeat([1.0, 4.0], 200)
    seen = expected + np.tile([1.0, -1.0], 200) * np.repeat([1.0, 2.0], 200)
    spread = fit_spread(expected, seen)
    # Misses of 1 where 1 is expected: ratio 1. Of 2 where 4 is: 4 / 8.
    assert spread.ratios == (1.0, 0.5)
    assert spread.variance(np.array([1.0, 4.0])) == pytest.approx([1.0, 4.0])


def test_losses_are_remembered():
    assert fit_spread(np.ones(2), np.array([3.0, -1.0])).has_losses


def test_a_spread_survives_json():
    spread = Spread((2.5,), (0.1, 0.2), True)
    assert Spread.from_dict(json.loads(json.dumps(spread.to_dict()))) == spread
