import numpy as np
import pytest

from clvlens.models.orders import OrderCountRegressor
from clvlens.models.rows import Rows


def draw(rows=1000, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 2))
    return X, rng.poisson(np.exp(X[:, 0])).astype(float)


def test_expected_orders_add_up_to_those_placed():
    X, y = draw()
    expected = OrderCountRegressor(trees=40, learning_rate=0.2).fit(X, y).predict(X)
    assert expected.sum() == pytest.approx(y.sum(), rel=0.02)


def test_twice_the_rate_is_told_from_the_rate():
    model = OrderCountRegressor(trees=40, learning_rate=0.2).fit(*draw(5000))
    once, twice = model.predict(np.array([[0.0, 0.0], [np.log(2), 0.0]]))
    assert once == pytest.approx(1, rel=0.2)
    assert twice == pytest.approx(2, rel=0.2)


def test_no_orders_are_expected_where_there_never_were_any():
    X, _ = draw()
    model = OrderCountRegressor(trees=5).fit(X, np.zeros(1000))
    assert model.predict(X) == pytest.approx(np.zeros(1000), abs=1e-3)


def test_growth_stops_where_later_rows_stop_gaining():
    X, y = draw()
    noise = Rows(X, np.random.default_rng(2).permutation(y))
    model = OrderCountRegressor(trees=200, learning_rate=0.3).fit(X, y, select=noise)
    assert model.boosters_["orders"].num_boosted_rounds() < 20


def test_a_negative_number_of_orders_is_refused():
    with pytest.raises(ValueError, match=r"Negative values .* OrderCountRegressor: y counts"):
        OrderCountRegressor().fit(np.zeros((3, 1)), [0, 1, -1])
