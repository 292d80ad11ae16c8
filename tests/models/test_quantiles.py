import numpy as np
import pytest

from clvlens.models.quantiles import LEVELS, QuantileRegressor
from clvlens.models.rows import Rows

SMALL = {"trees": 60, "learning_rate": 0.2}


def unfitted(net=1.0):
    model = QuantileRegressor()
    model.state_ = {"net": net}
    return model


def draw(rows=4000, seed=1):
    """Half bring nothing; the others 10 to 30, all alike, and twice that where x is 1."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 2, (rows, 1)).astype(float)
    return X, (rng.random(rows) < 0.5) * rng.uniform(10, 30, rows) * (1 + X[:, 0])


def test_the_levels_are_the_middles_of_tenths():
    assert pytest.approx([0.05, 0.15, 0.95]) == [LEVELS[0], LEVELS[1], LEVELS[9]]


def test_the_mean_is_that_of_the_quantiles_and_none_is_below_nothing():
    # 8 tenths bring nothing, one 9 and one 19: 28 / 10, less a tenth for refunds
    margins = np.log1p([[0.0] * 8 + [9.0, 19.0]])
    margins[0, 0] = -1.0
    assert unfitted(net=0.9).compose(margins) == pytest.approx([2.52])


def test_the_gradient_is_that_of_the_money():
    model, margins = unfitted(2.0), np.random.default_rng(1).normal(1, 1, (40, 10))
    for score in range(10):
        step = 1e-6 * np.eye(10)[score]
        change = (model.compose(margins + step) - model.compose(margins - step)) / 2e-6
        assert model.gradient(margins)[:, score] == pytest.approx(change, rel=1e-5)


def test_means_are_found_again():
    """Half of 20 on average is 10, and twice that 20."""
    found = QuantileRegressor(**SMALL).fit(*draw()).predict(np.array([[0.0], [1.0]]))
    assert found == pytest.approx([10, 20], rel=0.08)


def test_values_of_the_fit_rows_add_up_to_their_money():
    X, y = draw(800)
    y[:40] = -3.0  # refunds
    assert QuantileRegressor(**SMALL).fit(X, y).predict(X).sum() == pytest.approx(y.sum())


def test_what_later_rows_are_expected_to_bring_is_kept():
    X, y = draw(800)
    later = Rows(*draw(200, seed=2))
    model = QuantileRegressor(**SMALL).fit(X, y, select=later)
    assert model.held_out_ == pytest.approx(model.predict(later.X) / model.state_["net"], rel=0.5)
    assert len(model.held_out_) == 200


def test_who_never_paid_is_expected_to_bring_nothing():
    X, _ = draw(100)
    assert (QuantileRegressor(**SMALL).fit(X, np.zeros(100)).predict(X) == 0).all()
