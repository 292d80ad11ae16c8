import numpy as np
import pandas as pd
import pytest
from tests.support.business import configure

from clvlens.config.finance import Monitor
from clvlens.errors import DataError, TimeError
from clvlens.evaluation.matured import score_matured, what_happened
from clvlens.panel.world import read_world

ORDERS = [
    {"customer_id": "007", "ordered_at": "2024-01-10", "amount": 10},
    {"customer_id": "007", "ordered_at": "2024-03-05", "amount": 30},
    {"customer_id": "B", "ordered_at": "2024-01-20", "amount": 5},
    {"customer_id": "B", "ordered_at": "2024-06-30", "amount": 5},
]


def written(cutoff: str = "2024-03-01", days: int = 30, **columns) -> pd.DataFrame:
    return pd.DataFrame(
        {"customer_id": ["007", "B"], "cutoff": cutoff, "horizon_days": days,
         "predicted_value": [25.0, 5.0], "churn_probability": [0.1, 0.9], **columns}
    )  # fmt: skip


@pytest.fixture
def world(tmp_path):
    return read_world(configure(tmp_path, {"orders": ORDERS}))


def test_what_happened_stands_beside_what_was_said(world):
    found = what_happened(world, written())
    assert found["customer_id"].tolist() == ["007", "B"]
    assert found["actual_value"].tolist() == [30, 0]
    assert found["actual_churned"].tolist() == [0, 1]


def test_predictions_whose_horizon_is_not_over_are_left_out(world):
    both = pd.concat([written(), written("2024-06-20")])
    assert set(what_happened(world, both)["cutoff"]) == {"2024-03-01"}


def test_where_none_has_matured_the_day_is_named(world):
    with pytest.raises(TimeError, match="no prediction has matured: the first does on 2024-07-20"):
        what_happened(world, written("2024-06-20"))


def test_a_file_of_something_else_is_refused(world):
    with pytest.raises(DataError, match="predictions: without horizon_days; give a file that"):
        what_happened(world, written().drop(columns="horizon_days"))


def customers(factor: float = 1.0, churn: float = 0.5, width: float = 50.0) -> pd.DataFrame:
    """A hundred customers of value 1 to 100, every other one churned, predicted × `factor`."""
    value = np.arange(1.0, 101)
    return pd.DataFrame(
        {"customer_id": [f"c{i}" for i in range(100)], "cutoff": "2024-03-01", "horizon_days": 30,
         "predicted_value": factor * value, "churn_probability": churn, "actual_value": value,
         "actual_churned": [0.0, 1.0] * 50, "value_low_90": factor * value - width,
         "value_high_90": factor * value + width}
    )  # fmt: skip


def alarm(table: pd.DataFrame, graded: pd.DataFrame | None = None) -> str:
    found = score_matured(table, Monitor(), customers() if graded is None else graded)
    return found["alarm"].iloc[0]


def test_predictions_as_good_as_when_graded_raise_no_alarm():
    assert alarm(customers()) == ""


def test_scores_are_told_by_cutoff():
    row = score_matured(customers(1.1), Monitor(), customers()).iloc[0]
    assert row["total_bias"] == pytest.approx(0.1)
    assert (row["ngini"], row["spearman"], row["coverage_90"]) == (1, pytest.approx(1), 1)
    assert row["ece"] == 0


def test_a_total_far_off_is_an_alarm_unless_it_was_so_when_graded():
    assert alarm(customers(1.5)) == "the total is +50% off"
    assert alarm(customers(1.5), graded=customers(1.6)) == ""


def test_bounds_that_do_not_hold_are_an_alarm():
    assert alarm(customers(1.1, width=1)) == "intervals of 90% hold 10% of customers"


def test_churn_that_does_not_come_as_said_is_an_alarm():
    assert alarm(customers(churn=0.8)) == "churn probabilities miss by 0.30"
    assert alarm(customers(churn=0.8), graded=customers(churn=0.79)) == ""


def test_ranking_worse_than_past_spending_is_an_alarm():
    table = customers().assign(past_value=np.arange(1.0, 101))
    assert alarm(table) == ""
    worse = table.assign(predicted_value=50.5)
    assert alarm(worse) == "customers are ranked worse than by past spending"
