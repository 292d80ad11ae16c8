import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss

from clvlens.models.calibration import KINDS, Calibrator, choose_calibrator, fit_calibrator

probabilities = arrays(float, 40, elements=st.floats(0, 1))
outcomes = arrays(float, 40, elements=st.sampled_from([0.0, 1.0]))


def draw(seed, rows=4000):
    """True probabilities between 5 % and 95 %, and what happened."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.05, 0.95, rows)
    return truth, (rng.random(rows) < truth).astype(float)


def overconfident(truth):
    """Double the odds' logarithm: 1/2 stays, 2/3 becomes 4/5, 3/4 becomes 9/10."""
    odds = (truth / (1 - truth)) ** 2
    return odds / (1 + odds)


def stepwise(truth):
    """Keep the order and lose all else."""
    return np.where(truth < 0.5, truth / 100, 0.9 + truth / 100)


# --- one map


def test_probabilities_are_left_alone_without_a_reason():
    assert Calibrator()(np.array([0.25, 0.5])).tolist() == [0.25, 0.5]


def test_platt_scales_the_logarithm_of_the_odds():
    # Odds of 4 become 4^(1/2) = 2, which is 2/3, and odds of 9 become 3, which is 3/4.
    halved = Calibrator("platt", (0.5,), (0.0,))
    assert halved(np.array([0.5, 0.8, 0.9])) == pytest.approx([1 / 2, 2 / 3, 3 / 4])


def test_isotonic_interpolates_between_steps_and_stays_level_beyond_them():
    steps = Calibrator("isotonic", (0.2, 0.6), (0.1, 0.5))
    assert steps(np.array([0.0, 0.2, 0.4, 0.6, 1.0])) == pytest.approx([0.1, 0.1, 0.3, 0.5, 0.5])


def test_isotonic_pools_what_is_out_of_order():
    # At .4 all happened and at .6 none did: both become the mean, 2 in 4.
    p, happened = np.array([0.2, 0.4, 0.4, 0.6, 0.6, 0.8]), np.array([0, 1, 1, 0, 0, 1.0])
    fitted = fit_calibrator("isotonic", p, happened)
    # The first and last are not 0 and 1: one exception in 6 + 2 is left to them.
    assert fitted(np.array([0.2, 0.4, 0.6, 0.8])) == pytest.approx([1 / 8, 1 / 2, 1 / 2, 7 / 8])


def test_venn_abers_takes_either_outcome_of_one_more_into_account():
    p, happened = np.repeat([0.2, 0.8], 2), np.array([0.0, 0.0, 1.0, 1.0])
    fitted = fit_calibrator("venn-abers", p, happened)
    # One more at 0.8 makes 2 of 3, or 3 of 3: 1 / (1 - 2/3 + 1). At 0.2 0 or 1 of 3.
    assert fitted(np.array([0.1, 0.2, 0.5, 0.8, 0.9])) == pytest.approx(
        [0.25, 0.25, 0.5, 0.75, 0.75]
    )


def test_venn_abers_asked_of_many_says_what_each_would_get_alone():
    truth, happened = draw(3, rows=900)
    p = np.unique(overconfident(truth))
    fitted = fit_calibrator("venn-abers", p, happened)
    for at in fitted.x[::9]:
        p0, p1 = (
            IsotonicRegression().fit(np.append(p, at), np.append(happened, k)).predict([at])[0]
            for k in (0, 1)
        )
        assert fitted(np.array([at])) == pytest.approx(p1 / (1 - p0 + p1))


@given(probabilities, outcomes, probabilities, st.sampled_from(KINDS))
def test_nothing_is_ever_certain_and_order_is_kept(p, happened, new, kind):
    calibrated = fit_calibrator(kind, p, happened)(np.sort(new))
    assert ((calibrated > 0) & (calibrated < 1)).all()
    assert (np.diff(calibrated) >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_outcome_alone_teaches_nothing(kind, outcome):
    assert fit_calibrator(kind, np.linspace(0, 1, 9), np.full(9, outcome)) == Calibrator()


def test_probabilities_that_rank_backwards_are_not_turned_around():
    truth, happened = draw(1)
    assert fit_calibrator("platt", 1 - truth, happened) == Calibrator()


@pytest.mark.parametrize("kind", KINDS)
def test_a_calibrator_outlives_its_json(kind):
    truth, happened = draw(1, 200)
    fitted = fit_calibrator(kind, truth, happened)
    copy = Calibrator.from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert copy == fitted
    assert (copy(truth) == fitted(truth)).all()


def test_a_kind_that_nobody_wrote_is_refused():
    with pytest.raises(ValueError, match="calibrator 'magic' is none of none, platt, isotonic"):
        Calibrator.from_dict({"kind": "magic", "x": [], "y": []})


# --- the choice


@pytest.mark.parametrize("seed", range(5))
def test_true_probabilities_are_kept(seed):
    calibrator, losses = choose_calibrator(*draw(seed))
    assert calibrator == Calibrator()
    assert losses.keys() == set(KINDS)


def test_platt_undoes_overconfidence():
    truth, happened = draw(1)
    _, losses = choose_calibrator(overconfident(truth), happened)
    assert losses["platt"] < losses["none"]
    calibrator = fit_calibrator("platt", overconfident(truth), happened)
    # Halving the odds' logarithm is what undoes it.
    assert calibrator.x[0] == pytest.approx(0.5, abs=0.03)
    assert calibrator.y[0] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("kind", ["isotonic", "venn-abers"])
def test_points_undo_what_no_line_can(kind):
    truth, happened = draw(1)
    _, losses = choose_calibrator(stepwise(truth), happened)
    assert losses[kind] < losses["platt"] < losses["none"]


def test_the_kind_with_the_least_loss_is_kept():
    truth, happened = draw(1)
    calibrator, losses = choose_calibrator(stepwise(truth), happened)
    assert calibrator.kind == min(losses, key=losses.__getitem__)
    assert calibrator == fit_calibrator(calibrator.kind, stepwise(truth), happened)


@pytest.mark.parametrize("distorted", [overconfident, stepwise])
def test_a_repair_holds_on_rows_that_it_never_saw(distorted):
    truth, happened = draw(1)
    calibrator, _ = choose_calibrator(distorted(truth), happened)
    truth, happened = draw(2)
    before = log_loss(happened, distorted(truth))
    after = log_loss(happened, calibrator(distorted(truth)))
    perfect = log_loss(happened, truth)
    assert after - perfect < 0.2 * (before - perfect)


def test_losses_are_held_out_and_add_up_by_hand():
    # Five folds of one customer each; without a map, the loss is that of the rows themselves.
    p = np.tile([0.25, 0.75], 25)
    happened = np.tile([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0], 5)
    customers = np.repeat(np.arange(5), 10)
    _, losses = choose_calibrator(p, happened, customers)
    # In ten rows: at .25 two of five happened, at .75 three of five.
    assert losses["none"] == pytest.approx(-(6 * np.log(0.75) + 4 * np.log(0.25)) / 10)
    # What is held out looks like what was learned from: 2/5 and 3/5, for both maps.
    entropy = -(6 * np.log(0.6) + 4 * np.log(0.4)) / 10
    assert losses["isotonic"] == pytest.approx(entropy)
    assert losses["platt"] == pytest.approx(entropy, abs=1e-5)


def test_the_rows_of_a_customer_are_in_one_fold():
    # Each customer has a score and an outcome of their own, and two rows. With one row of the
    # pair to learn from, steps foretell the other; with none, they foretell nothing.
    rng = np.random.default_rng(1)
    p, happened = rng.random(300), rng.integers(0, 2, 300).astype(float)
    twice = np.repeat(p, 2), np.repeat(happened, 2)
    _, torn = choose_calibrator(*twice)
    _, whole = choose_calibrator(*twice, np.repeat(np.arange(300), 2))
    assert torn["isotonic"] < whole["isotonic"]


@pytest.mark.parametrize(("rows", "events"), [(4, 2), (40, 4), (40, 36)])
def test_too_few_of_either_outcome_leave_probabilities_alone(rows, events):
    happened = (np.arange(rows) < events).astype(float)
    assert choose_calibrator(np.linspace(0.1, 0.9, rows), happened) == (Calibrator(), {})
