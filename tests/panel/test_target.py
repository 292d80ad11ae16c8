"""What a customer brings after a cutoff, added up by hand."""

import pytest
from tests.support.business import Row, configure, instant, pairs
from tests.support.laboratory import DAY

from clvlens.errors import ConfigError, DataError
from clvlens.panel.target import outcomes
from clvlens.panel.world import World, read_world

MAY = instant("2024-05-01")

# Ann buys at the cutoff, on the last instant of the horizon and at its end; Bob long before.
ORDERS = [
    {"customer_id": "ann", "ordered_at": "2024-04-30T23:59:59.999999", "amount": 1},
    {"customer_id": "ann", "ordered_at": "2024-05-01", "amount": 10},
    {"customer_id": "ann", "ordered_at": "2024-05-30T23:59:59.999999", "amount": 100},
    {"customer_id": "ann", "ordered_at": "2024-05-31", "amount": 1000},
    {"customer_id": "bob", "ordered_at": "2024-01-01", "amount": 5},
]


def world_of(folder, orders: list[Row], **settings: object) -> World:
    return read_world(configure(folder, {"orders": orders}, **settings))


def future(world: World, *keys: tuple[str, int], days: int = 30) -> list[tuple]:
    """Return (value, orders, churned) of each customer and cutoff, ordered by both."""
    table = outcomes(world, pairs(*keys), days).order_by("customer_id", "cutoff")
    frame = world.engine.frame(table)
    return list(frame[["value", "orders", "churned"]].itertuples(index=False, name=None))


def test_the_window_holds_the_cutoff_and_not_its_end(tmp_path):
    world = world_of(tmp_path, ORDERS)
    assert future(world, ("ann", MAY)) == [(110, 2, 0)]


def test_who_does_not_buy_has_churned_whether_known_or_not(tmp_path):
    world = world_of(tmp_path, ORDERS)
    assert future(world, ("bob", MAY), ("nobody", MAY)) == [(0, 0, 1), (0, 0, 1)]


def test_every_row_has_its_own_cutoff(tmp_path):
    world = world_of(tmp_path, ORDERS)
    rows = [("ann", MAY), ("ann", MAY + 1), ("ann", MAY + 30 * DAY)]
    assert future(world, *rows) == [(110, 2, 0), (1100, 2, 0), (1000, 1, 0)]


def test_refunds_are_taken_off_the_window_that_they_fall_in(tmp_path):
    """A refund of an order from before the cutoff counts; it is no order, so Bob has churned."""
    rows = [
        {"customer_id": "ann", "ordered_at": "2024-05-02", "amount": 50},
        {"customer_id": "ann", "ordered_at": "2024-05-09", "amount": -20},
        {"customer_id": "bob", "ordered_at": "2024-04-20", "amount": 40},
        {"customer_id": "bob", "ordered_at": "2024-05-03", "amount": -40},
    ]
    world = world_of(tmp_path, rows)
    assert future(world, ("ann", MAY), ("bob", MAY)) == [(30, 1, 0), (-40, 0, 1)]


def test_refunds_in_a_column_of_the_order_count_when_they_were_given(tmp_path):
    order = {"customer_id": "ann", "ordered_at": "2024-04-20", "amount": 40, "refund_amount": 15}
    rows = [
        {**order, "refunded_at": "2024-04-30T23:59:59.999999"},
        {**order, "refunded_at": "2024-05-01"},
        {**order, "refunded_at": "2024-05-30T23:59:59.999999"},
        {**order, "refunded_at": "2024-05-31"},
        {**order, "refunded_at": None},
    ]
    world = world_of(tmp_path, rows)
    assert future(world, ("ann", MAY)) == [(-30, 0, 1)]


def test_an_order_of_nothing_is_no_order(tmp_path):
    rows = [*ORDERS, {"customer_id": "bob", "ordered_at": "2024-05-02", "amount": 0}]
    assert future(world_of(tmp_path, rows), ("bob", MAY)) == [(0, 0, 1)]


def test_margin_is_revenue_less_cost(tmp_path):
    rows = [
        {"customer_id": "ann", "ordered_at": "2024-05-02", "amount": 50, "cost": 30},
        {"customer_id": "ann", "ordered_at": "2024-05-03", "amount": 50, "cost": 60},
        {"customer_id": "ann", "ordered_at": "2024-05-04", "amount": -20, "cost": 0},
    ]
    world = world_of(tmp_path, rows, target={"value": "margin"})
    assert future(world, ("ann", MAY)) == [(20 - 10 - 20, 2, 0)]


def test_cents_add_up_exactly(tmp_path):
    tenths = [{"customer_id": "ann", "ordered_at": "2024-05-02", "amount": "0.1"}] * 3
    tenths = [{**row, "order_id": number} for number, row in enumerate(tenths)]
    assert future(world_of(tmp_path, tenths), ("ann", MAY)) == [(0.3, 3, 0)]


def test_margin_without_a_column_of_costs_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"target\.value: margin needs the cost of every order"):
        world_of(tmp_path, ORDERS, target={"value": "margin"})


def test_margin_with_unknown_costs_is_refused_with_their_number(tmp_path):
    rows = [{**row, "cost": 3 if row["customer_id"] == "bob" else None} for row in ORDERS]
    with pytest.raises(DataError, match=r"orders\.cost: 4 orders or refunds without a cost; marg"):
        world_of(tmp_path, rows, target={"value": "margin"})
