from dataclasses import replace

import numpy as np
import pytest
from tests.support.trials import make_trial

from clvlens.histories.decisions import Arm
from clvlens.levers.gates import counts, dependence, describe, few, imbalance, overlap, touched


def test_both_arms_need_two_hundred_customers():
    assert few(200, 200) == ""
    assert few(199, 900) == "only 199 customers were at the target; it takes 200"
    assert few(900, 1) == "only 1 customers were not at the target; it takes 200"


def test_customers_are_counted_not_rows():
    trial = make_trial(4)
    trial = replace(
        trial, customers=np.array(["a", "a", "b", "c"]), arm=np.array([1.0, 1.0, 0.0, 0.0])
    )
    assert counts(trial) == (1, 2)


def test_doses_up_to_twice_the_target_count_as_near_it():
    arm = Arm(history="tickets", until="first_response_at", hours=1)
    trial = make_trial(4, kind="intensity", arm=arm)
    assert counts(replace(trial, arm=np.array([0.5, 2.0, 2.1, 9.0]))) == (2, 2)


def test_while_few_are_unlikely_at_the_target_all_are_kept():
    propensity = np.array([0.01] + [0.5] * 9)
    share, kept = overlap(propensity)
    assert share == pytest.approx(0.1)
    assert kept.all()


def test_where_more_than_a_tenth_is_unlikely_they_are_left_out():
    share, kept = overlap(np.array([0.01, 0.049, 0.05, *[0.5] * 7]))
    assert share == pytest.approx(0.2)
    assert list(kept) == [False, False, *[True] * 8]


def test_the_population_that_is_left_is_named_by_what_tells_it_apart():
    trial = make_trial(2_000)
    words = describe(trial, trial.X[:, 0] > 0)
    assert words.startswith("the 50% of the eligible")
    assert "chance of 'called' is at least 5%" in words
    assert "what orders say (0) above" in words


def test_imbalance_is_in_standard_deviations_and_goes_when_weights_mend_it():
    """One in four of the treated, but half of all, have the trait: (0.25 - 0.5) / 0.5."""
    X = np.array([[1.0], [0], [0], [0], [1], [1], [1], [0]])
    treated = np.arange(8) < 4
    weights = np.array([3.0, 1, 1, 1, 0, 0, 0, 0])
    assert imbalance(X, weights, treated) == pytest.approx((0.5, 0.0))


def test_a_covariate_that_varies_by_rounding_alone_is_no_imbalance():
    X = 89.98 + 1e-12 * np.arange(8.0)[:, None]
    assert imbalance(X, np.ones(8), np.arange(8) < 4) == (0, 0)


def test_dependence_is_a_correlation():
    X = np.array([[0.0], [0], [1], [1]])
    assert dependence(X, np.array([1.0, 1, 3, 3]), np.array([-1.0, 1, -1, 1])) == (
        pytest.approx(1), pytest.approx(0))  # fmt: skip


def test_a_negative_control_that_moves_far_casts_doubt():
    assert touched([]) == ("none is named", False)
    assert touched([("card failures", 0.1, 0.1)]) == ("card failures: not moved (z 1.0)", False)
    words, doubt = touched([("card failures", 0.3, 0.1)])
    assert doubt
    assert words == "card failures: moved, though it cannot be (z 3.0)"
