"""What the histories hold, counted by hand."""

import pytest
from tests.support.business import Row, configure

from clvlens.panel.quality import Quality, measure_quality
from clvlens.panel.world import read_world

ORDERS: list[Row] = [
    {"customer_id": "A", "ordered_at": "2024-01-05", "amount": 10, "delivered_at": "2024-01-07"},
    {"customer_id": "A", "ordered_at": "2024-01-20", "amount": 5, "delivered_at": "2024-01-19"},
    {"customer_id": "B", "ordered_at": "2024-03-01", "amount": 5, "delivered_at": ""},
    {"customer_id": "B", "ordered_at": "2024-03-01", "amount": 5, "delivered_at": ""},
    {"customer_id": "B", "ordered_at": "2024-03-09", "amount": -5, "delivered_at": ""},
]
PEOPLE: list[Row] = [{"customer_id": "C", "signed_up_at": "2024-02-02", "country": "DE"}]


@pytest.fixture
def quality(tmp_path) -> Quality:
    config = configure(tmp_path, {"orders": ORDERS, "customers": PEOPLE})
    return measure_quality(read_world(config))


def test_rows_without_a_value_are_a_share_of_all(quality):
    missing = quality.histories["orders"].columns.set_index("column")["missing"]
    assert missing["delivered_at"] == pytest.approx(3 / 5)
    assert missing["amount"] == 0


def test_rows_that_equal_another_in_every_column_are_counted(quality):
    assert quality.histories["orders"].repeats == 1


def test_how_long_after_an_event_something_was_known_is_in_days(quality):
    """Two days after, and a day before."""
    (lag,) = quality.histories["orders"].lags.itertuples()
    assert (lag.column, lag.known, lag.before, lag.median_days) == ("delivered_at", 2, 0.5, 0.5)


def test_a_month_without_rows_counts_none(quality):
    by_month = quality.histories["orders"].by_month
    assert by_month["month"].dt.strftime("%Y-%m").tolist() == ["2024-01", "2024-02", "2024-03"]
    assert by_month["rows"].tolist() == [2, 0, 3]
    assert by_month["customers"].tolist() == [1, 0, 1]


def test_the_population_grows_by_who_becomes_known_and_buys_or_does_not(quality):
    assert quality.population["known"].tolist() == [1, 2, 3]
    assert quality.population["buyers"].tolist() == [1, 0, 1]


def test_customers_are_counted_by_their_orders_with_those_of_none(quality):
    """C never bought; A and B have two orders each, and the refund is none."""
    assert quality.orders_each.to_dict() == {0: 1, 2: 2}
