"""Whether gains differ among customers, on trials whose gains are known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.support.trials import HOMES, lever, make_trial

from clvlens.levers.effects import study
from clvlens.levers.estimation import assign
from clvlens.levers.findings import describe
from clvlens.levers.heterogeneity import Ranking, rank
from clvlens.levers.nuisances import prepare
from clvlens.levers.trials import CALENDAR, Trial

NAMES = [f"{home}__x{k}" for k, home in enumerate(HOMES)]


def ranked(trial: Trial) -> Ranking:
    assignment = assign(prepare(trial.X, trial.customers), trial.arm)
    return rank(trial, assignment.influence(trial.value))


def scaled(n: int = 6_000, rise: float = 0.3, seed: int = 4) -> Trial:
    """Return a trial of a lever that adds 20 + `rise` × (what a customer brings − 100)."""
    usual = make_trial(n, seed, effect=0, confounding=0.5)
    added = 20 + rise * 30 * usual.X[:, 0]
    return replace(usual, value=usual.value + added * usual.arm)


@pytest.fixture(scope="module")
def found() -> Ranking:
    return ranked(scaled())


def test_gains_that_rise_with_value_are_found_to(found):
    """Each unit expected at the target holds 0.3 / 1.3 of gain."""
    slope, low, high = found.per_unit
    assert found.is_supported
    assert 0 < low < 0.3 / 1.3 < high
    assert low < slope < high


def test_the_average_gain_is_that_of_those_away(found):
    trial = scaled()
    truth = (20 + 9 * trial.X[trial.arm == 0, 0]).mean()
    assert found.level == pytest.approx(truth, abs=3 * np.sqrt(found.covariance[0, 0]))


def test_each_customer_has_a_gain_of_their_own(found):
    """Two standard deviations apart in what is known of them, their gains are 18 apart."""
    frame = pd.DataFrame(0.0, index=range(2), columns=NAMES)
    frame.loc[:, NAMES[0]] = [-1.0, 1.0]
    gains = found.gains(frame)
    assert gains["gain"].diff()[1] == pytest.approx(18, abs=8)
    assert (gains["gain_low_95"] < gains["gain"]).all()
    width = gains["gain_high_95"] - gains["gain_low_95"]
    assert gains.loc[0, "average_high_95"] - gains.loc[0, "average_low_95"] < width.min()


def test_equal_gains_are_mostly_found_to_be_equal():
    """A level of 5 %: of twelve trials, two at most."""
    wrong = [ranked(scaled(1_500, rise=0, seed=seed)).is_supported for seed in range(12)]
    assert sum(wrong) <= 2


def test_an_effect_tells_whether_gains_differ(found):
    effect = study(scaled(), describe(lever(), "EUR"))
    assert effect.ranking is not None
    assert effect.gain_slope == pytest.approx(found.per_unit[0], rel=0.1)
    alike = study(scaled(rise=0), describe(lever(), "EUR"))
    assert alike.ranking is None
    assert alike.gain_slope_low_95 < 0 < alike.gain_slope_high_95


def test_of_a_lever_that_is_not_shown_to_pay_nothing_is_ranked():
    assert study(make_trial(effect=0), describe(lever(), "EUR")).ranking is None


def test_where_nothing_is_known_of_customers_before_the_decision_none_is_ranked_above_another():
    trial = make_trial(800, 4, effect=20, confounding=0.0)
    only_the_date = replace(
        trial, columns=tuple(replace(c, name=CALENDAR.name) for c in trial.columns)
    )
    found = study(only_the_date, describe(lever(), "USD"))
    assert found.effect_per_eligible == pytest.approx(
        15, abs=5
    )  # 20, and 20 more for half, of the half away
    assert found.ranking is None
    assert np.isnan(found.gain_slope)
