from dataclasses import replace

import numpy as np
import pytest
from tests.support.business import configure
from tests.support.trials import lever, make_trial, true_effect

from clvlens.levers.effects import Estimate, estimate_effects, study
from clvlens.levers.findings import Effect, describe, effects_table
from clvlens.levers.gates import denied, imbalance
from clvlens.levers.trials import Absent
from clvlens.panel.world import read_world


def studied(trial) -> Effect:
    return study(trial, describe(trial.lever, "EUR"))


@pytest.fixture(scope="module")
def found() -> Effect:
    return studied(make_trial())


def test_the_interval_is_of_independent_customers():
    """Mean 2, variance 1, four values: 2 ± 1.96 · ½."""
    found = Estimate.of(np.array([1.0, 3.0, 1.0, 3.0]))
    assert (found.value, found.error) == (2, 0.5)
    assert (found.low, found.high) == (
        pytest.approx(1.02, abs=0.001),
        pytest.approx(2.98, abs=0.001),
    )


def test_those_who_are_not_eligible_count_as_nothing():
    """The same four among eight: mean 1; squares 20 / 8 - 1 = 1.5."""
    found = Estimate.of(np.array([1.0, 3.0, 1.0, 3.0]), 8)
    assert found.value == 1
    assert found.error == pytest.approx(np.sqrt(1.5 / 8))


def test_what_repeats_of_cross_fitting_differ_by_adds_to_the_error():
    """Means 2 and 4, of variance 1 over four values each: 3, with an error of √(1/4 + 1)."""
    found = Estimate.of(np.array([[1.0, 3.0, 1.0, 3.0], [3.0, 5.0, 3.0, 5.0]]))
    assert found.value == 3
    assert found.error == pytest.approx(np.sqrt(1.25))


def test_the_truth_lies_in_the_interval_and_the_raw_difference_is_far_off(found):
    truth = true_effect(make_trial())
    assert found.low_95 < truth < found.high_95
    assert found.raw_difference > truth + 20


def test_an_effect_per_customer_is_that_per_eligible_times_their_share(found):
    assert found.effect_per_customer == pytest.approx(found.effect_per_eligible / 2)


def test_an_effect_says_what_was_compared(found):
    assert (found.lever, found.kind, found.target) == ("welcome call", "one_time", "called")
    assert (found.policy, found.currency, found.horizon_days) == ("once", "EUR", 360)
    assert found.treated + found.untreated == found.eligible_customers == 4_000
    assert found.worst_imbalance_after < 0.1 < found.worst_imbalance_before


def test_value_up_means_fewer_who_leave(found):
    assert found.churn_effect_per_eligible < 0


def test_an_effect_that_the_strongest_history_could_explain_is_c(found):
    assert found.strongest_benchmark.startswith("orders (")
    assert found.bound_low < 0 < found.low_95
    assert found.evidence == "C"


def test_an_effect_beyond_the_strongest_history_is_b_with_its_bounds():
    found = studied(make_trial(effect=60, confounding=0.2))
    assert found.evidence == "B"
    assert 0 < found.bound_low < found.low_95
    assert found.robustness_value > found.strongest_benchmark_value


def test_a_randomised_lever_is_a():
    assert studied(make_trial(sharpness=0, randomised=True)).evidence == "A"


def test_lots_that_cannot_have_been_drawn_make_no_a():
    found = studied(make_trial(randomised=True))
    assert found.evidence == "C"
    assert (
        "said to be randomised, but those at the target differed before it by 0." in found.verdict
    )


def test_lots_are_seldom_denied_that_were_drawn():
    """Of 100 that were, at 1 % a test, the chance of more than 5 is below one in a thousand."""
    trials = [make_trial(400, seed, sharpness=0, randomised=True) for seed in range(100)]
    before = [imbalance(t.X, np.ones(len(t.X)), t.arm == 1)[0] for t in trials]
    assert sum(bool(denied(t, at)) for t, at in zip(trials, before, strict=True)) <= 5


def test_no_effect_is_said_to_be_not_distinguishable_from_zero():
    found = studied(make_trial(effect=0))
    assert found.evidence == "C"
    assert found.verdict.startswith("not distinguishable from zero with these numbers")


def test_a_hidden_confounder_that_moves_a_negative_control_refuses_the_effect():
    found = studied(make_trial(hidden=1.0, controls=True))
    assert found.evidence == "D"
    assert np.isnan(found.effect_per_eligible)
    assert found.reason.startswith("something unseen decides it too: card failures: moved")
    assert "would change" not in found.verdict


def test_a_negative_control_that_stays_does_not():
    found = studied(make_trial(controls=True))
    assert found.evidence == "C"
    assert "card failures: not moved" in found.negative_control


def test_where_a_rule_decides_the_effect_is_of_those_of_whom_it_does_not():
    found = studied(make_trial(8_000, sharpness=4, confounding=1))
    assert found.overlap_share_below_05 > 0.1
    assert found.eligible_customers < 8_000
    assert "what orders say (0)" in found.population
    assert found.population in found.verdict


def charged(n: int = 6_000, seed: int = 5):
    """Return a trial of three months in which a failed charge loses two of three customers.

    Each month that is paid brings 10, and so does the time to the end for who is still there.
    """
    rng = np.random.default_rng(seed)
    risky = rng.random(n) < 0.5
    fails = rng.random((n, 3)) < np.where(risky, 0.35, 0.1)[:, None]
    leaves = fails & (rng.random((n, 3)) < 2 / 3)
    there = np.cumprod(np.hstack([np.ones((n, 1)), 1 - leaves]), axis=1)
    value = 10 * there[:, ::-1].cumsum(axis=1)[:, ::-1] - 10  # from each month on
    who, month = np.nonzero(there[:, :3])
    usual = make_trial(n, kind="event", periods=3)
    return replace(
        usual, customers=usual.customers[who], period=month.astype(float),
        arm=1.0 - fails[who, month], value=value[who, month], churned=there[who, 3] == 0.0,
        X=np.column_stack([risky[who], usual.X[who, 1:]]).astype(float),
    ), 30 - value[:, 0].mean()  # fmt: skip


def test_the_periods_of_an_event_add_up_to_having_missed_none():
    trial, truth = charged()
    found = studied(trial)
    assert found.low_95 < truth < found.high_95
    assert found.policy == "for 90 days"
    assert "'called' for all of everybody, for 90 days, value" in found.verdict


def test_trials_at_several_ages_are_averaged_and_their_errors_clustered(found):
    """Each row twice, as two trials of a customer: the same mean, and no narrower an interval."""
    once = make_trial()
    fields = ("customers", "arm", "value", "churned", "X")
    twice = {name: np.concatenate([getattr(once, name)] * 2) for name in fields}
    twice["period"] = np.repeat([0.0, 1.0], len(once.arm))
    again = studied(replace(once, **twice, ages=2))
    assert again.effect_per_eligible == pytest.approx(found.effect_per_eligible, abs=2)
    width = found.high_95 - found.low_95
    assert again.high_95 - again.low_95 == pytest.approx(width, rel=0.15)
    assert again.treated + again.untreated == 8_000
    assert again.policy == "once, on average over 2 ages"


def test_of_more_customers_than_the_sample_so_many_are_drawn_and_every_effect_says_so(tmp_path):
    orders = [
        {"customer_id": f"c{number}", "ordered_at": "2024-01-05", "amount": 5}
        for number in range(30)
    ]
    world = read_world(configure(tmp_path, {"orders": orders}, levers={"sample": 10}))
    found = {effect.sample for effect in estimate_effects(world)}
    assert found == {"10 of 30 customers, drawn by the hash of their id"}


def test_of_fewer_customers_than_the_sample_all_are_taken_and_nothing_is_said(tmp_path):
    orders = [{"customer_id": "ann", "ordered_at": "2024-01-05", "amount": 5}]
    world = read_world(configure(tmp_path, {"orders": orders}, levers={"sample": 1}))
    assert {effect.sample for effect in estimate_effects(world)} == {""}


def test_too_few_customers_are_refused_with_their_number():
    found = studied(make_trial(300))
    assert found.evidence == "D"
    assert "it takes 200" in found.reason


def test_a_lever_without_a_decision_is_an_association_with_its_reason():
    table = effects_table([describe(lever(), "EUR")])
    assert list(table.columns)[:4] == ["lever", "meaning", "history", "kind"]
    assert table["evidence"].tolist() == ["D"]
    assert Absent(lever(), "no table").reason == "no table"
