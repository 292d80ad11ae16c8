import numpy as np
import pytest
from tests.support.trials import make_trial, true_effect

from clvlens.levers.estimation import FLOOR, aipw, assign, shift, so_far
from clvlens.levers.nuisances import prepare, propensities, repeat, screen, split


def test_with_a_known_chance_and_no_model_each_treated_row_stands_for_its_like():
    """Two of four are at the target, with a chance of a half: weights 2, mean (10 + 30) / 2."""
    arm, value = np.array([1.0, 0, 1, 0]), np.array([10.0, 2, 30, 4])
    found = aipw(arm, value, np.full(4, 0.5), np.zeros(4))
    assert list(found.weights) == [2, 0, 2, 0]
    assert found.values.mean() == 20 - 46 / 4


def test_a_right_model_needs_no_weights():
    """At the target everybody is worth 5; only the second, worth 3, would gain."""
    arm, value = np.array([1.0, 0.0]), np.array([5.0, 3.0])
    found = aipw(arm, value, np.array([0.1, 0.9]), np.array([5.0, 5.0]))
    assert list(found.values) == [0, 2]


def test_who_is_at_the_target_stands_for_themselves_and_for_those_who_are_not():
    """Odds of 1 and 49 of being away share the two who are away as 1 to 49."""
    arm = np.array([1.0, 1, 0, 0])
    found = aipw(arm, np.zeros(4), np.array([0.5, 0.02, 0.5, 0.5]), np.zeros(4))
    assert found.weights == pytest.approx([1 + 2 / 50, 1 + 2 * 49 / 50, 0, 0])


def test_no_chance_is_below_the_floor():
    arm, rest = np.array([1.0, 1, 0, 0]), [0.5, 0.5, 0.5]
    one, other = (aipw(arm, arm, np.array([e, *rest]), arm).weights for e in (FLOOR, 0.0001))
    assert list(one) == list(other)


def test_a_later_period_counts_for_those_who_missed_the_target_before_it():
    """b missed it in the first period; a, who did not, weighs 1.25 then and 1.25 × 2 at last."""
    customers = np.array(["b", "a", "a", "a", "b"])
    period = np.array([0.0, 1, 0, 2, 1])
    weights = np.array([0.0, 2, 1.25, 1, 1.1])
    assert list(so_far(customers, period, weights)) == [1, 1.25, 1, 2.5, 0]


def test_with_everybody_at_the_target_nothing_would_change():
    found = aipw(np.ones(3), np.array([1.0, 2, 3]), np.full(3, 0.9), np.full(3, 2.0))
    assert list(found.values) == [0, 0, 0]


def test_the_true_effect_lies_within_three_standard_errors():
    """It is 10 for some and 20 for others, and those who gain more are treated more."""
    trial = make_trial(8_000)
    rows = prepare(trial.X, trial.customers)
    found = assign(rows, trial.arm).influence(trial.value).values
    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - true_effect(trial)) < 3 * error
    assert error < 0.6


def test_a_shuffled_arm_does_nothing():
    """A self-test of the code: it says nothing about confounders."""
    trial = make_trial(4_000, effect=0)
    arm = np.random.default_rng(3).permutation(trial.arm)
    found = assign(prepare(trial.X, trial.customers), arm).influence(trial.value).values
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(len(found))


def test_a_random_covariate_changes_nothing_to_speak_of():
    """A self-test of the code: it says nothing about confounders."""
    trial = make_trial(4_000)
    noise = np.random.default_rng(4).normal(size=(4_000, 1))
    one, other = (
        assign(prepare(X, trial.customers), trial.arm).influence(trial.value).values
        for X in (trial.X, np.hstack([trial.X, noise]))
    )
    assert abs(one.mean() - other.mean()) < one.std() / np.sqrt(len(one))


def test_the_dose_effect_is_found_though_the_dose_follows_a_covariate():
    """Each unit of dose costs 4; the target is 1, the mean dose about 3."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(6_000, 4))
    dose = 3 - X[:, 0] + rng.normal(size=6_000)
    value = 50 + 20 * X[:, 0] - 4 * dose + 10 * rng.normal(size=6_000)
    rows = prepare(X, np.arange(6_000))
    found = assign(rows, dose, target=1.0).influence(value).values
    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - 4 * (dose.mean() - 1)) < 3 * error
    assert error < 1


def test_a_dose_that_is_already_at_its_target_changes_nothing():
    dose, usual = np.array([1.0, 3, 1, 3]), np.full(4, 2.0)
    found = shift(dose, np.array([10.0, 4, 10, 4]), usual, np.array([7.0, 7.0, 7.0, 7.001]), 1.0)
    assert found.values[[0, 2]] == pytest.approx(found.values[[1, 3]] - 6, abs=0.01)


def test_a_customers_rows_fall_into_one_fold():
    groups = np.repeat([f"c{number}" for number in range(50)], 3)
    for train, held in split(groups):
        assert not set(groups[train]) & set(groups[held])


@pytest.mark.parametrize(("customers", "times"), [(2_000, 4), (2_500, 4), (5_000, 2), (10_000, 1)])
def test_few_rows_are_split_several_times_and_many_once(customers, times):
    groups = np.arange(customers)
    repeats = repeat(prepare(np.zeros((customers, 1)), groups), groups)
    assert len(repeats) == times
    assert len({tuple(rows.folds[0][1]) for rows in repeats}) == times


def test_a_rare_driver_is_not_crowded_out_by_copies_of_a_common_one():
    rng = np.random.default_rng(6)
    common, rare = rng.normal(size=3_000), (rng.random(3_000) < 0.05).astype(float)
    copies = [common + 0.01 * rng.normal(size=3_000) for _ in range(30)]
    X = np.column_stack([*copies, rare])
    arm = (rng.random(3_000) < 1 / (1 + np.exp(-(common + 2 * rare)))).astype(float)
    rows = prepare(X, np.arange(3_000))
    assert 30 in screen(rows, np.arange(3_000), arm)


def test_propensities_are_as_likely_as_they_say():
    trial = make_trial(8_000)
    likely = propensities(prepare(trial.X, trial.customers), trial.arm)
    for low, high in ((0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9)):
        inside = (likely > low) & (likely < high)
        assert trial.arm[inside].mean() == pytest.approx(likely[inside].mean(), abs=0.05)
