"""On a simulated business whose truth is known; estimators see its tables alone."""

import pytest

from clvlens.config import load_config
from clvlens.pipeline import study_levers
from clvlens.simulation import Settings, write

TRUTH = {  # USD per eligible customer, measured on 400,000 others
    "annual billing": 80.1,
    "guided onboarding": 13.5,
    "bundle offer": 18.3,
    "newsletter": 0.0,
    "loyalty programme": 1.1,
    "special-day message": 12.6,
    "cart e-mail": 18.0,
    "card failures": 20.8,
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("business") / "tables"
    write(Settings(customers=10_000, seed=77), folder)
    return {effect.lever: effect for effect in study_levers(load_config(folder / "config.yaml"))[0]}


@pytest.mark.slow
@pytest.mark.parametrize("lever", TRUTH)
def test_the_truth_lies_within_four_standard_errors(found, lever):
    effect = found[lever]
    error = (effect.high_95 - effect.low_95) / (2 * 1.96)
    assert abs(effect.effect_per_eligible - TRUTH[lever]) < 4 * error


@pytest.mark.slow
def test_the_lever_whose_raw_sign_is_wrong_gets_the_right_sign(found):
    effect = found["special-day message"]
    assert effect.raw_difference < -100 < 0 < effect.effect_per_eligible


@pytest.mark.slow
def test_the_best_lever_comes_first(found):
    assert next(iter(found)) == "annual billing"
    assert found["annual billing"].decided == "subscriptions.started_at"
    assert found["newsletter"].decided == "customers.signed_up_at + 90 days"


@pytest.mark.slow
def test_what_nobody_decides_is_an_association(found):
    assert found["satisfaction"].evidence == "D"
    assert found["satisfaction"].kind == "indicator"
