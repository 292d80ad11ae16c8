import numpy as np
import pytest
import xgboost as xgb
from scipy.special import expit

from clvlens.models.churn import (
    ChurnClassifier,
    choose_share,
    contractual_columns,
    mixed,
    trusted_share,
)
from clvlens.models.linear import Line
from clvlens.models.rows import Rows

SMALL = {"trees": 40, "learning_rate": 0.2}


def draw(rows=1000, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    return X, (rng.random(rows) < 1 / (1 + np.exp(-2 * X[:, 0]))).astype(float)


def raw(model, X):
    """Probabilities before calibration: of the trees by XGBoost itself, and of the line."""
    trees = model.boosters_["churn"].predict(xgb.DMatrix(X)).astype(float)
    return trees, expit(Line.from_dict(model.state_["line"])(X))


def test_churn_is_the_calibrated_mean_of_trees_and_line():
    X, y = draw()
    model = ChurnClassifier(**SMALL).fit(X, y)
    chances = model.predict_proba(X)
    trees, line = raw(model, X)
    share = model.state_["line_share"]
    mean = (1 - share) * trees + share * line
    assert chances[:, 1] == pytest.approx(model.calibrator(mean), abs=1e-6)
    assert chances.sum(axis=1) == pytest.approx(np.ones(1000))


def test_where_the_truth_is_a_line_the_line_is_heard_and_steps_are_left_to_trees():
    """Log odds of 2 x are a line but for the logarithm; a step at 0 of both signs is none."""
    rng = np.random.default_rng(1)
    X, y = draw(3000)
    stepped = (rng.random(3000) < np.where(X[:, 0] * X[:, 1] > 0, 0.9, 0.1)).astype(float)
    shares = [ChurnClassifier(**SMALL).fit(X, y).state_["line_share"] for y in (y, stepped)]
    assert shares[0] > 0.5
    assert shares[1] < 0.05


def test_a_model_of_before_there_was_a_line_says_what_its_trees_say():
    X, y = draw()
    model = ChurnClassifier(**SMALL).fit(X, y)
    for name in ("line", "line_share"):
        del model.state_[name]
    expected = model.calibrator(model.boosters_["churn"].predict(xgb.DMatrix(X)).astype(float))
    assert model.predict_proba(X)[:, 1] == pytest.approx(expected, abs=1e-6)


def test_without_later_rows_btyd_is_heard_by_half_where_that_costs_nothing():
    """Of 9 in 10 who are silent, 0.9 is as true by one as by the other."""
    silent, same = np.repeat([1.0, 0.0], [900, 100]), np.full(1000, 0.9)
    assert trusted_share(silent, same, same) == 0.5


def test_without_later_rows_btyd_is_not_heard_where_it_misleads():
    """Half of 0.9 and 0.1 is 0.5, whose log loss is log 2 = 0.69 where 0.9 has 0.33."""
    silent = np.repeat([1.0, 0.0], [900, 100])
    assert trusted_share(silent, np.full(1000, 0.9), np.full(1000, 0.1)) == 0


def test_without_later_rows_btyd_is_heard_by_less_where_that_costs_something():
    """Of 9 in 10: by 0.9 the loss is 0.3251, by 0.8 (half of 0.9 and 0.7) 0.3618, 11 % more;
    by 0.83 (half of 0.9 and 0.76) 0.3449, 6.1 % more, and .39 of the half is left."""
    silent, known = np.repeat([1.0, 0.0], [900, 100]), np.full(1000, 0.9)
    assert trusted_share(silent, known, np.full(1000, 0.7)) == 0
    assert trusted_share(silent, known, np.full(1000, 0.76)) == pytest.approx(0.195, abs=0.006)


def test_churn_adds_up_to_those_who_left():
    X, y = draw()
    chances = ChurnClassifier(**SMALL).fit(X, y).predict_proba(X)
    assert chances[:, 1].mean() == pytest.approx(y.mean(), abs=0.02)


def test_the_second_class_is_the_one_that_left():
    X, y = draw()
    words = np.where(y == 1, "went", "bought")
    model = ChurnClassifier(**SMALL).fit(X, words)
    assert model.classes_.tolist() == ["bought", "went"]
    assert model.predict(np.array([[-2.0, 0, 0], [2.0, 0, 0]])).tolist() == ["bought", "went"]


def test_classes_of_words_are_those_of_later_rows_too():
    X, y = draw()
    later, left = draw(seed=2)
    words = [np.where(codes == 1, "went", "bought") for codes in (y, left)]
    by_word = Rows(later, words[1])
    named = ChurnClassifier(**SMALL).fit(X, words[0], select=by_word, calibrate=by_word)
    by_code = Rows(later, left)
    coded = ChurnClassifier(**SMALL).fit(X, y, select=by_code, calibrate=by_code)
    assert (named.predict_proba(X) == coded.predict_proba(X)).all()


def test_true_later_rows_leave_probabilities_alone_and_shifted_ones_do_not():
    X, y = draw()
    later, left = draw(4000, seed=2)
    mild = np.random.default_rng(3).random(4000) < 0.5  # half of the leavers are won back
    before = ChurnClassifier(**SMALL).fit(X, y, calibrate=Rows(later, left))
    after = ChurnClassifier(**SMALL).fit(X, y, calibrate=Rows(later, left * mild))
    assert after.calibrator.kind != "none"
    for model, seen in ((before, left), (after, left * mild)):
        assert model.predict_proba(later)[:, 1].mean() == pytest.approx(seen.mean(), abs=0.02)


def test_without_later_rows_the_calibrator_sees_no_row_that_its_trees_saw():
    # Noise alone: trees remember the fit rows, and only held-out scores can tell.
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(400, 5)), rng.integers(0, 2, 400).astype(float)
    model = ChurnClassifier(trees=60, learning_rate=0.3).fit(X, y)
    assert model.state_["log_loss"]["none"] > np.log(2) - 0.01


def test_the_rows_of_a_customer_are_held_out_together():
    rng = np.random.default_rng(1)
    X, y = np.repeat(rng.normal(size=(100, 3)), 5, axis=0), np.repeat(np.arange(100) % 2, 5)
    whole, torn = (
        ChurnClassifier(**SMALL).fit(X, y, groups).state_["log_loss"]["none"]
        for groups in (np.arange(500) // 5, None)
    )
    assert torn < 0.5 < np.log(2) - 0.02 < whole


def test_too_few_customers_to_hold_any_out_are_not_calibrated():
    X, y = draw(40)
    model = ChurnClassifier(**SMALL).fit(X, y, groups=np.arange(40) % 4)
    assert model.calibrator.kind == "none"
    assert model.boosters_["churn"].num_boosted_rounds() == 40


@pytest.mark.parametrize("y", [np.zeros(30), np.ones(30), np.arange(30) % 3])
def test_anything_but_two_classes_is_refused(y):
    with pytest.raises(ValueError, match=r"one class or more than two \([13]\): churn needs"):
        ChurnClassifier().fit(np.zeros((30, 1)), y)


def test_kinds_of_churn_add_up_to_it_and_are_missing_for_who_has_none_to_fear():
    churn, at_risk = np.array([0.4, 0.5, 0.5]), np.array([True, True, False])
    found = contractual_columns(churn, at_risk, np.array([0.25, 1.0, 0.5]))
    assert {name: column[:2].tolist() for name, column in found.items()} == {
        "churn_probability": [0.4, 0.5],
        "voluntary_churn_probability": [pytest.approx(0.3), 0.0],
        "involuntary_churn_probability": [0.1, 0.5],
    }
    assert all(np.isnan(column[2]) for column in found.values())
    assert list(contractual_columns(churn, at_risk)) == ["churn_probability"]


def test_trees_and_btyd_are_averaged_where_both_know():
    found = mixed(np.array([0.2, 0.6]), np.array([0.4, np.nan]), 0.25)
    assert found.tolist() == [pytest.approx(0.25), 0.6]


def test_the_share_of_btyd_is_what_it_adds():
    silent = np.repeat([1.0, 0.0], [600, 400])
    right, wrong = np.full(1000, 0.6), np.full(1000, 0.1)
    assert choose_share(silent, wrong, right) == 1
    assert choose_share(silent, right, wrong) == 0
    assert choose_share(silent, np.full(1000, 0.5), np.full(1000, 0.7)) == pytest.approx(0.5)
