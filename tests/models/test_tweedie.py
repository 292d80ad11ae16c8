import numpy as np
import pytest

from clvlens.models.rows import Rows
from clvlens.models.tweedie import TweedieRegressor

SMALL = {"trees": 40, "learning_rate": 0.2}


def draw(rows=800, seed=1):
    """Two features; who has more of the first orders more, and four in ten bring nothing."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 2))
    return X, rng.poisson(np.exp(X[:, 0])) * rng.gamma(2.0, 10.0, rows)


def test_values_of_the_fit_rows_add_up_to_their_money_net_of_refunds():
    X, y = draw()
    y = y - 5.0
    assert TweedieRegressor(**SMALL).fit(X, y).predict(X).sum() == pytest.approx(y.sum())


def test_cents_are_a_hundred_times_euros():
    X, y = draw()
    euros, cents = (TweedieRegressor(**SMALL).fit(X, money).predict(X) for money in (y, 100 * y))
    assert cents == pytest.approx(100 * euros, rel=1e-3)


def test_with_nothing_to_learn_rows_are_worth_what_they_begin_at():
    X, base = np.zeros((400, 1)), np.log(np.repeat([10.0, 40.0], 200))
    model = TweedieRegressor(**SMALL).fit(X, np.exp(base), base=base)
    assert model.predict(X, base) == pytest.approx(np.exp(base), rel=1e-3)


def test_trees_learn_what_the_beginning_does_not_say():
    X, y = draw(2000)
    begun = TweedieRegressor(**SMALL).fit(X, y, base=np.full(len(y), np.log(1000.0)))
    plain = TweedieRegressor(**SMALL).fit(X, y)
    expected = begun.predict(X, np.full(len(y), np.log(1000.0)))
    assert np.corrcoef(expected, plain.predict(X))[0, 1] > 0.95


def test_held_out_rows_are_predicted_in_their_own_order():
    X, y = draw()
    crossed = TweedieRegressor(**SMALL).fit(X, y).held_out_
    assert np.corrcoef(crossed, np.exp(X[:, 0]))[0, 1] > 0.6
    later = Rows(*draw(50, seed=2))
    model = TweedieRegressor(**SMALL).fit(X, y, select=later)
    assert model.held_out_ == pytest.approx(model.predict(later.X))


def test_nobody_who_paid_is_worth_nothing():
    X, y = draw(50)
    assert TweedieRegressor(**SMALL).fit(X, -y).predict(X).tolist() == [0.0] * 50
