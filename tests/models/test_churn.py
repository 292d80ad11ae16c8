import numpy as np
import pytest
import xgboost as xgb

from clvlens.models.churn import ChurnClassifier, choose_share, contractual_columns, mixed
from clvlens.models.rows import Rows

SMALL = {"trees": 40, "learning_rate": 0.2}


def draw(rows=1000, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    return X, (rng.random(rows) < 1 / (1 + np.exp(-2 * X[:, 0]))).astype(float)


def raw(model, X):
    """Probabilities before calibration, by XGBoost itself."""
    return model.boosters_["churn"].predict(xgb.DMatrix(X)).astype(float)


def test_churn_is_the_calibrated_probability_of_the_trees():
    X, y = draw()
    model = ChurnClassifier(**SMALL).fit(X, y)
    chances = model.predict_proba(X)
    assert chances[:, 1] == pytest.approx(model.calibrator(raw(model, X)), abs=1e-6)
    assert chances.sum(axis=1) == pytest.approx(np.ones(1000))


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
