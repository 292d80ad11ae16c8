import numpy as np
import pytest
import xgboost as xgb
from scipy.special import logit

from clvlens.models.boosting import contributions, margins
from clvlens.models.churn import ChurnClassifier
from clvlens.models.intervals import ValueInterval
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.rows import Rows
from clvlens.models.tweedie import TweedieRegressor

X = np.random.default_rng(1).normal(size=(200, 3))
X[::7, 1] = np.nan


@pytest.fixture(scope="module")
def trees():
    model = ChurnClassifier(trees=40, learning_rate=0.3).fit(X, X[:, 0] > 0)
    return model.boosters_["churn"]


def test_a_margin_is_the_score_before_the_link(trees):
    assert margins(trees, X) == pytest.approx(logit(trees.predict(xgb.DMatrix(X))), abs=1e-3)


def test_margins_have_a_column_for_each_output():
    model = ValueInterval(trees=5).fit(X, X[:, 0])
    assert margins(model.boosters_["interval"], X).shape == (200, 2)


def test_contributions_add_up_to_the_margin(trees):
    parts = contributions(trees, X)
    assert parts.shape == (200, 4)
    assert parts.sum(axis=1) == pytest.approx(margins(trees, X), abs=1e-5)


def test_what_says_nothing_contributes_less_than_what_says_all(trees):
    mean = np.abs(contributions(trees, X)).mean(axis=0)
    assert mean[0] > 5 * mean[2]


def test_trees_that_read_different_features_are_no_model(trees):
    other = OrderCountRegressor(trees=5).fit(X[:, :2], np.ones(200)).boosters_["orders"]
    with pytest.raises(ValueError, match="too many values to unpack"):
        ChurnClassifier.restored({}, {"churn": trees, "other": other}, {})


def test_a_model_learns_again_with_as_many_trees_as_helped():
    draw = np.random.default_rng(2)
    X, y = draw.normal(size=(400, 3)), draw.poisson(2.0, 400).astype(float)
    first = TweedieRegressor(trees=200).fit(X, y, np.arange(400))
    both = Rows(X, y, np.arange(400)).and_then(Rows(X + 1, 3 * y, np.arange(400)))
    again = first.again(both)
    (before,), (after,) = first.boosters_.values(), again.boosters_.values()
    assert after.num_boosted_rounds() == before.num_boosted_rounds() < 200
    assert again.predict(both.X).sum() == pytest.approx(4 * y.sum())


def test_rows_for_early_stopping_are_learned_from_as_well():
    X = np.repeat([[0.0], [1.0]], 200, axis=0)
    early = Rows(X[:200], np.full(200, 2.0), np.arange(200))
    later = Rows(X[200:], np.full(200, 8.0), np.arange(200))
    model = OrderCountRegressor(learning_rate=0.3).fit(*early.and_then(early), later)
    assert model.predict([[0.0]]) < model.predict([[1.0]])
