"""What the whole business bought by week, counted by hand."""

import pytest
from tests.support.business import configure, instant

from clvlens.panel.tracked import weekly_orders
from clvlens.panel.world import World, read_world

ORDERS = [
    {"customer_id": "A", "ordered_at": "2024-01-01T10:00", "amount": 10},
    {"customer_id": "A", "ordered_at": "2024-01-01T11:00", "amount": 10},
    {"customer_id": "A", "ordered_at": "2024-01-10T10:00", "amount": 10},
    {"customer_id": "A", "ordered_at": "2024-01-12T10:00", "amount": -5},
    {"customer_id": "B", "ordered_at": "2024-01-11T10:00", "amount": 10},
    {"customer_id": "B", "ordered_at": "2024-01-28T10:00", "amount": 10},
    {"customer_id": "B", "ordered_at": "2024-01-29T00:00", "amount": 10},
    {"customer_id": "B", "ordered_at": "2024-01-30T10:00", "amount": 10},
]


@pytest.fixture
def world(tmp_path) -> World:
    return read_world(configure(tmp_path, {"orders": ORDERS}))


def test_weeks_count_newcomers_and_days_on_which_customers_came_again(world):
    """Four weeks before January 29th: A is new in the first, A again and B new in the second."""
    found = weekly_orders(world, instant("2024-01-29"))
    assert found["newcomers"].tolist() == [1, 1, 0, 0]
    assert found["repeats"].tolist() == [0, 1, 0, 1]


def test_the_newest_week_ends_at_the_cutoff_which_it_does_not_hold(world):
    found = weekly_orders(world, instant("2024-01-29"))
    assert found["ends"].tolist()[-2:] == [instant("2024-01-22"), instant("2024-01-29")]
    later = weekly_orders(world, instant("2024-01-30"))
    assert later["repeats"].sum() == found["repeats"].sum() + 1


def test_before_the_first_order_there_is_no_week(world):
    assert weekly_orders(world, instant("2024-01-01")).empty
