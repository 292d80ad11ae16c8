import numpy as np
import pytest
from tests.support.shop import make_panel

from clvlens.models.blend import ValueBlend
from clvlens.models.encoding import fit_encoder
from clvlens.models.leaderboard import (
    Partners,
    Window,
    choose_weights,
    credit,
    deviance,
    fit_blend,
    followed,
)
from clvlens.models.partner import fit_partner
from clvlens.models.rows import Rows

rng = np.random.default_rng(1)
TRUTH = rng.gamma(2.0, 10.0, 2000)
CAME = rng.poisson(TRUTH).astype(float)


def small(_name):
    return {"trees": 20, "learning_rate": 0.1}


def test_deviance_is_four_times_the_squared_gap_of_roots_by_the_root():
    # mean of y 8; y 16, mu 4: 4 (4 - 2)² / 2 / √8; y 0, mu 4: 4 · 2² / 2 / √8
    found = deviance(np.array([16.0, 0.0]), np.array([4.0, 4.0]))
    assert found == pytest.approx([8 / np.sqrt(8), 8 / np.sqrt(8)])


def test_what_is_expected_right_has_the_least_deviance():
    by_level = [deviance(CAME, TRUTH * factor).mean() for factor in (0.8, 1.0, 1.25)]
    assert by_level[1] < min(by_level[0], by_level[2])


def test_methods_as_good_as_each_other_are_heard_alike():
    noise = [TRUTH * np.exp(rng.normal(0, 0.3, 2000)) for _ in range(2)]
    weights, evidence = choose_weights(CAME, dict(zip("ab", noise, strict=True)))
    assert weights == {"a": 0.5, "b": 0.5}
    assert evidence["rule"] == "equal weights"
    assert evidence["gain"] <= evidence["standard_error"]


def test_a_method_that_misleads_is_not_heard():
    weights, evidence = choose_weights(CAME, {"right": TRUTH, "wrong": rng.permutation(TRUTH)})
    assert weights == {"right": 1.0, "wrong": 0.0}
    assert evidence["rule"] == "equal weights, less for methods far behind"
    assert evidence["credit"] == {"right": 1.0, "wrong": 0.0}
    assert evidence["deviance"]["right"] < evidence["deviance"]["wrong"]


def near():
    """What is right, and what is wrong by a factor of 0.9 or 1.1: a little behind."""
    return {"right": TRUTH, "near": TRUTH * np.where(np.arange(2000) % 2, 0.9, 1.1)}


def test_later_rows_choose_weights_that_beat_equal_ones():
    weights, evidence = choose_weights(CAME, near())
    assert evidence["rule"] == "fitted weights"
    assert weights["right"] > 0.9
    assert sum(weights.values()) == pytest.approx(1)


def test_rows_of_the_learned_window_leave_weights_equal():
    weights, evidence = choose_weights(CAME, near(), later=False)
    assert weights == {"right": 0.5, "near": 0.5}
    assert evidence["gain"] > evidence["standard_error"]


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ({"hurdle": 0.45, "btyd": 0.5},
         "value is 0.50 × hurdle + 0.50 × BTYD with returns, all but BTYD × 0.900 for the level"),
        ({"hurdle": 0.45, "ziln": 0.45},
         "value is 0.50 × hurdle + 0.50 × ZILN, all × 0.900 for the level"),
    ],
)  # fmt: skip
def test_words_give_weights_without_the_level_and_name_btyd_only_where_it_is_heard(weights, told):
    about = {"level": 0.9, "rule": "equal weights", "gain": 0.0, "standard_error": 0.0}
    assert ValueBlend({}, weights, evidence=about).words().startswith(told)


def test_a_method_is_worth_the_less_the_further_it_is_behind_the_best():
    """All up to 1.25 times the best one's deviance, half half-way to twice, none from there."""
    losses = {"best": 4.0, "close": 5.0, "half": 6.5, "far": 8.0, "farther": 80.0}
    expected = {"best": 1.0, "close": 1.0, "half": 0.5, "far": 0.0, "farther": 0.0}
    assert credit(losses) == pytest.approx(expected)


def test_the_level_goes_as_far_towards_btyd_as_btyd_is_to_be_trusted_unless_windows_tell():
    assert followed([], trust=0.0) == 0
    assert followed([], trust=0.5) == 0.5
    told = Window(100, 200, 100)  # the total of BTYD came true: d = e = log ½
    gap = np.log(2) ** 2
    assert followed([told], trust=0.0) == pytest.approx(gap / (gap + 0.01))


def test_without_evidence_the_level_is_that_of_btyd():
    assert followed([]) == 1
    assert np.exp(Window(200, 200, 50).gap * followed([])) == pytest.approx(50 / 200)


def test_a_learned_total_that_came_true_is_left_alone():
    share = followed([Window(200, 200, 100), Window(210, 210, 105)])
    assert share == pytest.approx(0.01 / (2 * np.log(2) ** 2 + 0.01))


def test_a_btyd_total_that_came_true_is_followed():
    share = followed([Window(100, 200, 100)])
    assert share == pytest.approx(1)


def test_without_later_outcomes_the_total_is_that_of_btyd_in_its_season():
    """Half as much again is sold after the newest rows as BTYD, which has no calendar, expects."""
    panel = make_panel(600, label_days=30)
    encoder = fit_encoder(panel.rows("fit"), panel.features)
    fit = panel.rows("fit")
    partner = fit_partner(fit, encoder.columns, "revenue", 30, 30)
    X, y = encoder.encode(fit).to_numpy(), fit["target_value"].to_numpy()
    rows = Rows(X, y, fit["customer_id"].to_numpy())
    settings = {"trees": 20, "learning_rate": 0.1}
    how = (
        lambda _: settings,
        rows,
        [None, None],
        Partners(partner, partner),
        X,
        (0, 0, np.log(1.5)),
    )
    blend = fit_blend(("tweedie", "btyd"), *how)
    expected = 1.5 * blend.candidates(X)["btyd"].sum()
    assert blend.predict(X).sum() == pytest.approx(expected)
    assert blend.evidence["season"] == pytest.approx(1.5)


@pytest.mark.parametrize("days", [0, 60])
def test_without_later_outcomes_methods_meet_btyd_on_customers_as_old_as_they_are_now(days):
    """On rows that were never learned from, learned methods and BTYD have the same total."""
    panel = make_panel(600, label_days=30)
    encoder = fit_encoder(panel.rows("fit"), panel.features)
    fit = panel.rows("fit")
    partner = fit_partner(fit, encoder.columns, "revenue", 30, 30)
    X, y = encoder.encode(fit).to_numpy(), fit["target_value"].to_numpy()
    recent = X.copy()
    for name in ("orders__days_since_first", "orders__days_since_last"):
        if name in encoder.columns:
            recent[:, encoder.columns.index(name)] += days
    rows = Rows(X, y, fit["customer_id"].to_numpy())
    settings = {"trees": 20, "learning_rate": 0.1}
    blend = fit_blend(
        ("tweedie", "btyd"),
        lambda _: settings,
        rows,
        [None, None],
        Partners(partner, partner),
        recent,
    )
    found = blend.candidates(recent)
    share = blend.weights["tweedie"] / blend.weights["btyd"]
    assert share * found["tweedie"].sum() == pytest.approx(found["btyd"].sum())
    assert blend.evidence["level"] == pytest.approx(share)
