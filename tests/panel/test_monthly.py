import numpy as np
import pytest
from tests.support.business import configure, instant

from clvlens.panel.monthly import measures, whole_months
from clvlens.panel.world import World, read_world

ORDERS = [
    {"customer_id": "A", "ordered_at": "2024-01-05T10:00", "amount": 10},
    {"customer_id": "A", "ordered_at": "2024-02-01T00:30", "amount": -3},
    {"customer_id": "B", "ordered_at": "2024-04-30T10:00", "amount": 5},
]
TICKETS = [
    {"customer_id": "A", "opened_at": "2024-01-31T23:30", "channel": "chat",
     "first_response_at": "2024-02-01T01:30", "rated_at": "2024-02-03T00:00", "satisfaction": 4},
    {"customer_id": "B", "opened_at": "2024-02-10T00:00", "channel": "email",
     "first_response_at": "2024-02-25T00:00", "rated_at": "2024-03-20T00:00", "satisfaction": 1},
    {"customer_id": "B", "opened_at": "2024-04-29T00:00", "channel": "email",
     "first_response_at": "2024-04-29T01:00"},
]  # fmt: skip


@pytest.fixture
def world(tmp_path) -> World:
    tables = {"orders": ORDERS, "tickets": TICKETS}
    return read_world(configure(tmp_path, tables, time_zone="Europe/Paris"))


def test_events_have_their_local_month_and_delays_in_hours(world):
    found = measures(world, "tickets", instant("2024-01-01"))
    assert found["month"].tolist() == ["2024-01", "2024-02"]
    assert found["channel"].tolist() == ["chat", "email"]
    assert found["hours_to_first_response"][0] == 2


def test_what_took_longer_than_two_weeks_is_not_known_in_any_month(world):
    found = measures(world, "tickets", instant("2024-01-01"))
    assert np.isnan(found["hours_to_first_response"][1])
    assert found["satisfaction"][0] == 4
    assert np.isnan(found["satisfaction"][1])


def test_events_too_young_to_be_known_as_well_are_left_out(world):
    assert len(measures(world, "tickets", instant("2024-01-01"))) == 2


def test_refunds_are_no_orders(world):
    assert measures(world, "orders", instant("2024-01-01"))["amount"].tolist() == [10]


def test_months_are_whole_where_the_data_hold_them_from_first_to_last_day(world):
    assert whole_months(world) == ["2024-02", "2024-03"]
