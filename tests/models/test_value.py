import numpy as np
import pytest
import xgboost as xgb
from scipy.optimize import approx_fprime

from clvlens.models.rows import Rows
from clvlens.models.value import HurdleRegressor

SMALL = {"trees": 20, "learning_rate": 0.2}


def draw(rows=500, seed=1):
    """Half of the customers pay, by their first feature; how much depends on the second."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 3))
    pays = rng.random(rows) < 1 / (1 + np.exp(-2 * X[:, 0]))
    return X, np.where(pays, rng.gamma(4, 10 * np.exp(X[:, 1] / 2)), 0)


def test_value_is_net_times_probability_times_amount():
    X, y = draw()
    y[:50] = -20.0
    model = HurdleRegressor(**SMALL).fit(X, y)
    probability, amount = (trees.predict(xgb.DMatrix(X)) for trees in model.boosters_.values())
    assert model.predict(X) == pytest.approx(model.state_["net"] * probability * amount, rel=1e-5)


def test_values_of_the_fit_rows_add_up_to_their_money():
    X, y = draw()
    y[:50] = -20.0
    assert HurdleRegressor(**SMALL).fit(X, y).predict(X).sum() == pytest.approx(y.sum())


def test_values_of_new_rows_add_up_to_their_money_within_its_error():
    X, y = draw(4000, seed=2)
    predicted = HurdleRegressor(**SMALL).fit(*draw(4000)).predict(X)
    # Both sums of money are uncertain, by a standard error of the mean over 4000 rows each.
    assert (predicted - y).mean() == pytest.approx(0, abs=3 * y.std() * np.sqrt(2 / 4000))


def test_refunds_lower_value_by_their_share_of_the_money():
    X = np.arange(8.0)[:, None]
    paid, refunded = np.array([40, 60, 100, 0, 0, 0, 0, 0]), np.array([0, 0, 0, 0, 0, 0, 30, 20])
    gross, net = (HurdleRegressor(**SMALL).fit(X, y) for y in (paid, paid - refunded))
    # 200 came in and 50 went out, so 150 / 200 remain.
    assert net.predict(X) == pytest.approx(0.75 * gross.predict(X))


def test_nothing_is_expected_where_more_was_refunded_than_paid():
    X = np.arange(8.0)[:, None]
    model = HurdleRegressor(**SMALL).fit(X, np.array([40, 60, 0, 0, 0, 0, -60, -60]))
    assert model.predict(X).tolist() == [0.0] * 8


@pytest.mark.parametrize("paid", [0.0, -5.0])
def test_nothing_is_expected_where_nobody_ever_paid(paid):
    X, _ = draw()
    model = HurdleRegressor(**SMALL).fit(X, np.full(500, paid))
    assert model.predict(X).tolist() == [0.0] * 500
    assert model.gradient(model.margins(X)).tolist() == [[0.0]] * 500


def test_where_everybody_paid_the_probability_is_all_but_one():
    X, _ = draw()
    y = np.full(500, 10.0)
    assert HurdleRegressor(**SMALL).fit(X, y).predict(X) == pytest.approx(y, rel=1e-3)


def test_the_gradient_is_the_derivative_of_composing():
    X, y = draw()
    model = HurdleRegressor(**SMALL).fit(X, y)
    scores = model.margins(X[:5])
    numeric = [approx_fprime(row, lambda m: model.compose(m[None, :])[0], 1e-7) for row in scores]
    assert model.gradient(scores) == pytest.approx(np.array(numeric), rel=1e-4)


def test_money_in_cents_gives_a_hundred_times_the_value():
    X, y = draw()
    euros, cents = HurdleRegressor(**SMALL).fit(X, y), HurdleRegressor(**SMALL).fit(X, 100 * y)
    assert cents.predict(X) == pytest.approx(100 * euros.predict(X), rel=1e-4)


def test_the_better_customer_is_expected_to_bring_more():
    model = HurdleRegressor(**SMALL).fit(*draw(2000))
    poor, good = model.predict(np.array([[-2.0, -1.0, 0.0], [2.0, 1.0, 0.0]]))
    # The true values are 0.018 × 24 and 0.982 × 66.
    assert poor < 10 < 30 < good


@pytest.mark.parametrize("part", ["probability", "amount"])
def test_growth_stops_where_later_rows_stop_gaining(part):
    X, y = draw()
    noise = np.random.default_rng(2).permutation(y)
    model = HurdleRegressor(trees=200, learning_rate=0.3).fit(X, y, select=Rows(X, noise))
    assert model.boosters_[part].num_boosted_rounds() < 20


@pytest.mark.parametrize("part", ["probability", "amount"])
def test_later_rows_choose_how_many_trees_and_nothing_else(part):
    X, y = draw()
    settings = {"trees": 60, "learning_rate": 0.2}
    grown = HurdleRegressor(**settings).fit(X, y, select=Rows(*draw(seed=2))).boosters_[part]
    # One customer alone cannot be held out, so that every tree is kept.
    every = HurdleRegressor(**settings).fit(X, y, groups=np.zeros(500)).boosters_[part]
    assert grown.num_boosted_rounds() < every.num_boosted_rounds() == 60
    assert grown.get_dump() == every.get_dump()[: grown.num_boosted_rounds()]


def test_later_rows_without_payers_leave_the_amount_to_cross_fitting():
    X, y = draw()
    nobody = Rows(X[:50], np.zeros(50))
    model = HurdleRegressor(trees=60, learning_rate=0.2).fit(X, y, select=nobody)
    alone = HurdleRegressor(trees=60, learning_rate=0.2).fit(X, y)
    amounts = [bytes(m.boosters_["amount"].save_raw("ubj")) for m in (model, alone)]
    assert amounts[0] == amounts[1]


def test_customers_are_held_out_whole_when_growth_is_cross_fitted():
    rng = np.random.default_rng(1)
    X = np.repeat(rng.normal(size=(100, 3)), 5, axis=0)  # five rows of each customer, all alike
    y = np.repeat(rng.gamma(2, 10, 100), 5)
    whole, torn = (
        HurdleRegressor(trees=60, learning_rate=0.2).fit(X, y, groups).boosters_["amount"]
        for groups in (np.arange(500) // 5, None)
    )
    # Where other rows of the same customer are learned from, remembering them looks like a gain.
    assert whole.num_boosted_rounds() < 5
    assert torn.num_boosted_rounds() > 50


@pytest.mark.parametrize("unknown", [np.nan, np.inf])
def test_value_must_be_known(unknown):
    X, y = draw()
    with pytest.raises(ValueError, match=r"Input y contains (NaN|infinity)"):
        HurdleRegressor().fit(X, np.append(y[1:], unknown))
