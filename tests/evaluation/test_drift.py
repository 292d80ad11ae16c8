import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation.drift import LEAST_PSI, bins, luck, moved, pooled, psi


def test_equal_shares_have_an_index_of_nothing():
    assert psi(np.array([50.0, 50.0]), np.array([500.0, 500.0])) == pytest.approx(0, abs=1e-12)


def test_the_index_adds_up_differences_times_log_ratios():
    # .5 against .8 and .5 against .2: -.3 ln(.5 / .8) + .3 ln(.5 / .2) = .4159
    found = psi(np.array([5000.0, 5000.0]), np.array([8000.0, 2000.0]))
    assert found == pytest.approx(0.3 * np.log(0.5 / 0.2) - 0.3 * np.log(0.5 / 0.8), abs=1e-3)


def test_numbers_are_cut_in_fifths_and_what_is_missing_stands_apart():
    code = bins(pd.Series([*range(100), np.nan]))
    assert np.bincount(code).tolist() == [20] * 5 + [1]


def test_categories_and_numbers_of_few_values_have_a_bin_each():
    assert bins(pd.Series(["a", "b", None, "a"])).tolist() == [0, 1, 2, 0]
    assert bins(pd.Series([1.0, 3.0, np.nan, 1.0])).tolist() == [0, 1, 2, 0]


def test_rare_bins_are_pooled():
    now, then = pooled(np.array([48.0, 1.0, 1.0]), np.array([960.0, 20.0, 20.0]))
    assert (now.tolist(), then.tolist()) == ([48, 2], [960, 40])


def test_luck_is_exceeded_once_in_ten_thousand_times():
    rng = np.random.default_rng(0)
    share = np.full(5, 0.2)
    then = rng.multinomial(100_000, share).astype(float)
    found = [psi(rng.multinomial(500, share).astype(float), then) for _ in range(4000)]
    usual, bound = luck(np.full(5, 100.0), then)
    assert np.mean(found) == pytest.approx(usual, rel=0.05)
    assert np.mean(np.array(found) > bound) <= 0.001
    assert np.quantile(found, 0.999) > 0.7 * bound


def test_a_month_like_the_others_has_not_moved():
    move = moved(np.array([50.0, 50.0]), np.tile([51.0, 49.0], (6, 1)))
    assert move is not None
    assert not move.is_out


def test_a_month_unlike_the_others_has_moved():
    move = moved(np.array([900.0, 100.0]), np.tile([500.0, 500.0], (6, 1)))
    assert move is not None
    assert move.is_out
    assert move.bound == LEAST_PSI


def test_what_always_swings_must_swing_further():
    """Months of .3 and of .7 in turn: one of .8 is not four times as far out as they are."""
    reference = np.tile([[300.0, 700.0], [700.0, 300.0]], (3, 1))
    move = moved(np.array([800.0, 200.0]), reference)
    assert move is not None
    assert not move.is_out


def test_few_customers_or_few_months_tell_nothing():
    assert moved(np.array([20.0, 9.0]), np.tile([50.0, 50.0], (6, 1))) is None
    assert moved(np.array([50.0, 50.0]), np.tile([50.0, 50.0], (3, 1))) is None
    assert moved(np.array([50.0, 50.0]), np.tile([10.0, 10.0], (6, 1))) is None
