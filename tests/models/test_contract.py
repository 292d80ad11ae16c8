"""What holds for every model: scikit-learn's contract, and the same trees from the same rows."""

from inspect import signature

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from clvlens.models.churn import ChurnClassifier
from clvlens.models.intervals import ValueInterval
from clvlens.models.linear import LinearRegressor
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.quantiles import QuantileRegressor
from clvlens.models.rows import Rows
from clvlens.models.tweedie import TweedieRegressor
from clvlens.models.value import HurdleRegressor
from clvlens.models.ziln import ZilnRegressor

# Few trees must learn fast to reach the R² of .5 that the contract asks of a regressor.
MODELS = [
    LinearRegressor(),
    HurdleRegressor(trees=20, learning_rate=0.3),
    TweedieRegressor(trees=20, learning_rate=0.3),
    ZilnRegressor(trees=20, learning_rate=0.3),
    QuantileRegressor(trees=20, learning_rate=0.3),
    ChurnClassifier(trees=20, learning_rate=0.3),
    OrderCountRegressor(trees=20, learning_rate=0.3),
    ValueInterval(trees=20, learning_rate=0.3),
]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
THREE_WAYS = ("cross-fitted", "by customer", "on later rows")


@parametrize_with_checks(MODELS)
def test_the_contract_of_scikit_learn_holds(estimator, check):
    check(estimator)


def draw(rows=600, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 4)).round(1)
    X[rng.random(X.shape) < 0.1] = np.nan
    orders = rng.poisson(np.exp(np.nan_to_num(X[:, 0]) - 0.5)).astype(float)
    refunds = 5.0 * (rng.random(rows) < 0.1)
    return X, {
        "HurdleRegressor": orders * rng.gamma(2, 10, rows) - refunds,
        "ChurnClassifier": (orders == 0).astype(float),
        "OrderCountRegressor": orders,
        "LinearRegressor": orders * rng.gamma(2, 10, rows) - refunds,
        "TweedieRegressor": orders * rng.gamma(2, 10, rows) - refunds,
        "ZilnRegressor": orders * rng.gamma(2, 10, rows) - refunds,
        "QuantileRegressor": orders * rng.gamma(2, 10, rows) - refunds,
        "ValueInterval": orders * rng.gamma(2, 10, rows) - refunds,
    }


def fitted(model, way, order=slice(None), *, threads=1):
    """Fit a copy; `way` says on which rows the number of trees and the calibration are found."""
    kind = type(model)
    (X, targets), (later_X, later_targets) = draw(), draw(300, seed=2)
    groups = (np.arange(600) // 2)[order] if way == "by customer" else None
    later = Rows(later_X, later_targets[kind.__name__])
    roles = {"select", "calibrate"} & signature(kind.fit).parameters.keys()
    roles = dict.fromkeys(roles, later) if way == "on later rows" else {}
    with threadpool_limits(threads, user_api="openmp"):
        copy = kind(**model.get_params())
        return copy.fit(X[order], targets[kind.__name__][order], groups, **roles)


def stored(model):
    """All that is stored of a model: its trees, and the rest."""
    trees = {part: bytes(booster.save_raw("ubj")) for part, booster in model.boosters_.items()}
    return trees, model.state_


@every_model
@pytest.mark.parametrize("way", THREE_WAYS)
def test_the_same_rows_in_another_order_give_the_same_bytes(model, way):
    shuffled = np.random.default_rng(3).permutation(600)
    assert stored(fitted(model, way, shuffled)) == stored(fitted(model, way))


@every_model
@pytest.mark.parametrize("way", THREE_WAYS)
def test_one_thread_and_two_give_the_same_bytes(model, way):
    assert stored(fitted(model, way, threads=2)) == stored(fitted(model, way, threads=1))


@pytest.mark.parametrize(
    "model", [m for m in MODELS if "seed" in m.get_params()], ids=lambda m: type(m).__name__
)
def test_another_seed_gives_other_trees(model):
    other = type(model)(**{**model.get_params(), "seed": 8})
    assert stored(fitted(other, "by customer"))[0] != stored(fitted(model, "by customer"))[0]


@every_model
def test_a_copy_from_what_was_stored_predicts_the_same_to_the_bit(model):
    X, _ = draw(50, seed=4)
    whole = fitted(model, "by customer")
    copy = type(model).restored(whole.get_params(), whole.boosters_, whole.state_)
    assert (copy.predict(X) == whole.predict(X)).all()
