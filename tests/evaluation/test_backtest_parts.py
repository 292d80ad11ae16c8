"""Deciles and slices of an evaluation."""

import warnings

import numpy as np
import pandas as pd
import pytest

from clvlens import metrics
from clvlens.evaluation import backtest as module
from clvlens.evaluation.backtest import MODEL


def row_of(table, **wanted):
    """The one row of a table in which columns have these values."""
    for column, value in wanted.items():
        table = table[table[column] == value]
    (row,) = table.to_dict("records")
    return row


def test_deciles_share_out_everybody():
    actual, value = np.arange(25.0), np.arange(25.0)[::-1] * 10
    table = deciles(actual, value)
    # Of 25 customers tenths hold 3, 2, 3, 2, …; the lowest predictions are those of the last.
    assert table["decile"].tolist() == list(range(1, 11))
    assert table["predicted"].iloc[0] == pytest.approx((0 + 10 + 20) / 3)
    assert table["actual"].iloc[0] == pytest.approx((24 + 23 + 22) / 3)
    sizes = np.array([3, 2] * 5)
    assert (table["predicted"] * sizes).sum() == pytest.approx(value.sum())
    assert (table["actual"] * sizes).sum() == pytest.approx(actual.sum())


def test_deciles_of_a_constant_prediction_are_all_filled():
    assert deciles(np.arange(20.0), np.ones(20))["actual"].tolist() == [
        0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.5, 16.5, 18.5,
    ]  # fmt: skip


def test_coverage_of_a_decile_is_the_share_of_values_within_bounds_that_count():
    actual = np.arange(20.0)
    bounds = {"value_low_90": actual, "value_high_90": actual + np.tile([0.0, -1.0], 10)}
    table = deciles(actual, actual, **bounds)
    assert table["coverage_90"].tolist() == [0.5] * 10
    assert table["width_90"].tolist() == [-0.5] * 10


def deciles(actual, value, **bounds):
    return module._by_decile(
        pd.DataFrame({"target_value": actual}), pd.DataFrame({"predicted_value": value, **bounds})
    )


def test_a_slices_figures_are_those_of_its_customers(evaluation, panel):
    rows, test = evaluation.predictions, panel.rows("test")
    repeat = rows[(test["orders__count_ever"] > 1).to_numpy()]
    found = row_of(evaluation.by_slice, slice="repeat")
    assert found["customers"] == repeat["customer_id"].nunique()
    assert found["mean_actual"] == pytest.approx(repeat["target_value"].mean())
    assert found["mean_predicted"] == pytest.approx(repeat["predicted_value"].mean())
    assert found["churned"] == pytest.approx(repeat["target_churned"].mean())
    assert found["churn_predicted"] == pytest.approx(repeat["churn_probability"].mean())
    assert found["ngini"] == metrics.normalised_gini(
        repeat["target_value"], repeat["predicted_value"]
    )
    inside = repeat["target_value"].between(repeat["value_low_90"], repeat["value_high_90"])
    assert found["coverage_90"] == pytest.approx(inside.mean())


def test_the_slice_of_all_has_the_figures_of_the_whole(evaluation):
    everybody = row_of(evaluation.by_slice, slice="all")
    assert everybody["customers"] == evaluation.predictions["customer_id"].nunique()
    for name in ("ngini", "total_bias"):
        assert everybody[name] == evaluation.score(MODEL, name)


def sliced(count_ever):
    """The slices of customers with so many orders; each brings 10 more than the one before."""
    size = len(count_ever)
    value = 10.0 * np.arange(1, size + 1)
    test = pd.DataFrame(
        {
            "customer_id": [f"customer-{number}" for number in range(size)],
            "orders__count_ever": np.array(count_ever, dtype=float),
            "orders__days_since_last": 1.0,
            "tenure_days": 100.0,
            "target_value": value,
            "target_churned": 0.0,
        }
    )
    predictions = pd.DataFrame(
        {"predicted_value": value, "churn_probability": 0.25,
         "value_low_90": value - 1, "value_high_90": value + 1}
    )  # fmt: skip
    with warnings.catch_warnings(action="error"):
        return module._by_slice(test, predictions)


def test_an_empty_slice_has_no_figures():
    found = row_of(sliced([2, 2, 2]), slice="never-buyer")
    assert found.pop("customers") == 0
    assert found.pop("slice") == "never-buyer"
    assert all(np.isnan(figure) for figure in found.values())


def test_a_slice_of_one_customer_has_a_mean_and_no_rank():
    found = row_of(sliced([0, 1, 2]), slice="one-time")
    assert (found["customers"], found["mean_actual"], found["mean_predicted"]) == (1, 20, 20)
    assert (found["total_bias"], found["coverage_90"], found["width_90"]) == (0, 1, 2)
    assert np.isnan(found["ngini"])


@pytest.mark.parametrize(("customers", "ngini"), [(19, np.nan), (20, 1.0)])
def test_fewer_than_twenty_customers_are_not_ranked(customers, ngini):
    found = row_of(sliced([2] * customers), slice="repeat")
    assert found["ngini"] == pytest.approx(ngini, nan_ok=True)
