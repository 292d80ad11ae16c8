from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clvlens.errors import ModelError
from clvlens.metrics import auc, mean_absolute_error, normalised_gini, spearman, total_bias
from clvlens.models.btyd import fit_bg_nbd, fit_btyd, fit_gamma_gamma, fit_pareto_nbd

KINDS = ["bg_nbd", "pareto_nbd"]
CALIBRATION_END = pd.Timestamp(date(1997, 9, 30))


@pytest.fixture(scope="module")
def cdnow():
    """One row per customer of the CDNOW sample: history in weeks to 1997-09-30, then 39 weeks."""
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        pytest.skip("the CDNOW sample ships inside the package lifetimes, which is not installed")
    orders = pd.read_csv(
        Path(package.origin).parent / "datasets" / "CDNOW_sample.txt",
        sep=r"\s+",
        names=["master_id", "customer_id", "day", "cds", "amount"],
        dtype={"day": str},
    )
    orders["day"] = pd.to_datetime(orders["day"], format="%Y%m%d")
    orders = orders.groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    known, later = orders[orders.day <= CALIBRATION_END], orders[orders.day > CALIBRATION_END]
    first = known.groupby("customer_id").day.transform("min")
    repeats = known[known.day > first].groupby("customer_id").amount
    days = known.groupby("customer_id").day.agg(["size", "min", "max"])
    return pd.DataFrame(
        {
            "x": days["size"] - 1.0,
            "t_x": (days["max"] - days["min"]).dt.days / 7,
            "T": (CALIBRATION_END - days["min"]).dt.days / 7,
            "mean_spend": repeats.mean(),
            "orders": later.groupby("customer_id").size(),
            "value": later.groupby("customer_id").amount.sum(),
        }
    ).fillna({"orders": 0, "value": 0})


def test_bg_nbd_of_cdnow_is_the_published_one(cdnow):
    columns = cdnow.x.to_numpy(), cdnow.t_x.to_numpy(), cdnow["T"].to_numpy()
    model = fit_bg_nbd(*columns)
    assert [model.r, model.alpha, model.a, model.b] == pytest.approx(
        [0.243, 4.414, 0.793, 2.426], abs=6e-4
    )
    assert model.log_likelihood(*columns).sum() == pytest.approx(-9582.4, abs=0.05)


def test_pareto_nbd_of_cdnow_is_the_published_one(cdnow):
    columns = cdnow.x.to_numpy(), cdnow.t_x.to_numpy(), cdnow["T"].to_numpy()
    model = fit_pareto_nbd(*columns)
    assert [model.r, model.alpha, model.s, model.beta] == pytest.approx(
        [0.553, 10.578, 0.606, 11.669], abs=6e-4
    )
    assert model.log_likelihood(*columns).sum() == pytest.approx(-9595.0, abs=0.05)


def test_gamma_gamma_of_cdnow_is_the_published_one(cdnow):
    model = fit_gamma_gamma(cdnow.x, cdnow.mean_spend)
    assert [model.p, model.q, model.v] == pytest.approx([6.25, 3.74, 15.44], abs=6e-3)


@pytest.mark.parametrize(
    ("kind", "mae", "rank", "gini", "bias", "order_mae", "return_auc"),
    [
        ("bg_nbd", 30.41, 0.426, 0.638, -0.156, 0.786, 0.773),
        ("pareto_nbd", 29.45, 0.445, 0.659, -0.148, 0.755, 0.779),
    ],
)
def test_holdout_of_cdnow(cdnow, kind, mae, rank, gini, bias, order_mae, return_auc):
    forecast = fit_btyd(kind, cdnow.x, cdnow.t_x, cdnow["T"], cdnow.mean_spend).predict(39)
    value = cdnow.value, forecast.expected_value
    assert mean_absolute_error(*value) == pytest.approx(mae, abs=0.01)
    assert spearman(*value) == pytest.approx(rank, abs=0.001)
    assert normalised_gini(*value) == pytest.approx(gini, abs=0.001)
    assert total_bias(*value) == pytest.approx(bias, abs=0.001)
    assert mean_absolute_error(cdnow.orders, forecast.expected_orders) == pytest.approx(
        order_mae, abs=0.001
    )
    assert auc(cdnow.orders > 0, forecast.expected_orders) == pytest.approx(return_auc, abs=0.001)


def test_probability_alive_of_bg_nbd_ranks_returning_customers_worse_than_chance(cdnow):
    forecast = fit_btyd("bg_nbd", cdnow.x, cdnow.t_x, cdnow["T"], cdnow.mean_spend)
    x, t_x, T, _ = forecast.customers
    alive = forecast.purchases.probability_alive(x, t_x, T)
    assert auc(cdnow.orders > 0, alive) == pytest.approx(0.316, abs=0.001)
    assert auc(cdnow.orders > 0, forecast.predict(39).probability_active) > 0.75


# Customers over 20 weeks: six of one order, six who repeated, and two who never bought.
X = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 5, 9, np.nan, np.nan])
T_X = np.array([0, 0, 0, 0, 0, 0, 4, 9, 6, 15, 18, 19, np.nan, np.nan])
AGE = np.array([20, 18, 15, 12, 9, 5, 20, 19, 18, 20, 19, 20, np.nan, np.nan])
SPEND = np.array([np.nan] * 6 + [20, 35, 12, 28, 50, 31] + [np.nan] * 2)


@pytest.mark.parametrize("kind", KINDS)
def test_never_buyers_expect_nothing_and_all_others_something(kind):
    for column in fit_btyd(kind, X, T_X, AGE, SPEND).predict(10):
        assert (column[:12] > 0).all()
        assert column[12:].tolist() == [0, 0]


@pytest.mark.parametrize("kind", KINDS)
def test_value_is_orders_times_spend(kind):
    forecast = fit_btyd(kind, X, T_X, AGE, SPEND)
    orders, _, value = forecast.predict(10)
    spend = forecast.spend.expected_spend(X[:12], SPEND[:12])
    assert value[:12] == pytest.approx(orders[:12] * spend)


@pytest.mark.parametrize("kind", KINDS)
def test_days_and_weeks_give_the_same_forecast(kind):
    weeks = fit_btyd(kind, X, T_X, AGE, SPEND).predict(10)
    days = fit_btyd(kind, X, 7 * T_X, 7 * AGE, SPEND).predict(70)
    assert np.array(days) == pytest.approx(np.array(weeks), rel=1e-3)


def test_never_buyers_and_the_order_of_rows_leave_the_fit_alone():
    forecast = fit_btyd("pareto_nbd", X, T_X, AGE, SPEND)
    turned = fit_btyd("pareto_nbd", X[11::-1], T_X[11::-1], AGE[11::-1], SPEND[11::-1])
    assert forecast.purchases == turned.purchases


@pytest.mark.parametrize("kind", KINDS)
def test_customers_counted_twice_leave_the_fit_alone(kind):
    once = fit_btyd(kind, X, T_X, AGE, SPEND).purchases.to_dict()
    twice = fit_btyd(kind, *(np.tile(column, 2) for column in (X, T_X, AGE, SPEND)))
    assert twice.purchases.to_dict() == pytest.approx(once, rel=1e-3)


def test_a_fit_can_be_applied_to_other_customers():
    forecast = fit_btyd("pareto_nbd", X, T_X, AGE, SPEND)
    others = forecast.applied_to([np.nan, 9], [np.nan, 19], [np.nan, 20], [np.nan, 31])
    assert np.array(others.predict(10)) == pytest.approx(
        np.array(forecast.predict(10))[:, [12, 11]]
    )


@pytest.mark.parametrize(
    ("x", "t_x", "T"),
    [([1, 1], [5, 5], [9, 4]), ([1, -1], [5, 5], [9, 9]), ([1, 1], [5, np.nan], [9, 9])],
    ids=["span beyond age", "negative frequency", "missing span"],
)
def test_impossible_histories_are_counted_and_refused(x, t_x, T):
    with pytest.raises(ModelError, match=r"1 of 2 customers break .* from the first purchase"):
        fit_btyd("bg_nbd", x, t_x, T, [10, 10])


@pytest.mark.parametrize(("x", "T"), [([0, 0], [5, 6]), ([1, 0], [0, 0])], ids=["none", "no time"])
def test_histories_without_a_repeat_purchase_in_time_are_refused(x, T):
    with pytest.raises(ModelError, match="none of 2 customers has a repeat purchase; take a"):
        fit_pareto_nbd(x, [0, 0], T)


def test_spend_needs_two_repeat_customers():
    with pytest.raises(ModelError, match=r"1 of 3 customers repeated .* at least 2 are needed"):
        fit_gamma_gamma([1, 2, 0], [20, -5, 30])


def test_spend_without_a_finite_mean_is_refused():
    with pytest.raises(ModelError, match=r"no finite mean \(q = 0\.\d\d, needs more than 1\)"):
        fit_gamma_gamma([50] * 6, [1, 10, 100, 1e3, 1e4, 1e6])


def test_frequencies_beyond_arithmetic_are_refused():
    with pytest.raises(ModelError, match=r"no maximum of the likelihood .* impossibly large"):
        fit_bg_nbd([1e306, 1], [5, 5], [9, 9])
