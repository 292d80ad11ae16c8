"""Rows that repeat another are left out and counted; rows of one key that differ are refused."""

import pytest
from tests.support.business import Row, configure

from clvlens.errors import DataError
from clvlens.panel.world import World, read_world

ORDER = {"customer_id": "A", "ordered_at": "2024-01-05", "amount": 1}


def world_of(folder, rows: list[Row], *, form: str = "csv", **options: object) -> World:
    return read_world(configure(folder, {"orders": rows}, form=form, options={"orders": options}))


def faults_of(folder, rows: list[Row], **options: object) -> list[str]:
    with pytest.raises(DataError, match="orders") as error:
        world_of(folder, rows, **options)
    return str(error.value).splitlines()


def test_rows_that_repeat_an_order_whole_are_left_out_and_counted(tmp_path):
    rows = [{**ORDER, "order_id": number} for number in (*range(198), 0, 1)]
    world = world_of(tmp_path, rows, form="csv", grain="order")
    assert world.engine.count(world.histories["orders"].table) == 198
    assert world.notes == (
        "orders: 2 of 200 rows left out that repeat another in every column that is read",
    )


def test_many_rows_that_repeat_others_are_refused_unless_they_are_said_to_be_copies(tmp_path):
    """Three of 200 are more than one in a hundred: they may be lines whose product is not read."""
    rows = [{**ORDER, "order_id": number} for number in (*range(197), 0, 1, 2)]
    assert faults_of(tmp_path, rows) == [
        "orders: 3 of 200 rows repeat another in every column that is read; state grain: line if "
        "rows are lines of orders; state data.orders.repeats: drop if they are copies"
    ]
    dropped = world_of(tmp_path, rows, repeats="drop")
    assert dropped.engine.count(dropped.histories["orders"].table) == 197


def test_copies_in_a_table_without_lines_are_refused_with_what_might_tell_them_apart(tmp_path):
    sent = {"customer_id": "A", "message_id": 1, "sent_at": "2024-01-06"}
    config = configure(tmp_path, {"orders": [ORDER], "messages": [sent, sent]})
    with pytest.raises(DataError, match=r"messages: 1 of 2 rows repeat .* or map the column that"):
        read_world(config)


def test_orders_of_one_id_that_differ_are_refused(tmp_path):
    rows = [
        {**ORDER, "order_id": of, "amount": amount}
        for of, amount in ((1, 5), (2, 5), (1, 6), (1, 7))
    ]
    assert faults_of(tmp_path, rows) == [
        "orders.order_id: 2 rows with the order_id of another, first in row 3; "
        "state grain: line if rows are lines"
    ]


def test_customers_that_come_twice_with_other_traits_are_refused(tmp_path):
    people = [
        {"customer_id": who, "country": of} for who, of in (("A", "DE"), ("B", "DE"), ("A", "FR"))
    ]
    config = configure(tmp_path, {"orders": [ORDER], "customers": people})
    with pytest.raises(
        DataError,
        match=r"^customers\.customer_id: 1 row with the customer_id of another, first in "
        r"row 3; keep one row of each$",
    ):
        read_world(config)


def test_orders_without_an_id_are_orders_of_their_own(tmp_path):
    world = world_of(tmp_path, [{**ORDER, "order_id": of} for of in (None, None, 1)])
    assert world.engine.count(world.histories["orders"].table) == 3
    assert world.notes == ()


def test_two_customers_may_use_one_id(tmp_path):
    rows = [{**ORDER, "customer_id": who, "order_id": 1} for who in ("A", "B")]
    assert world_of(tmp_path, rows).notes == ()


def test_a_refund_may_bear_the_id_of_its_order(tmp_path):
    rows = [{**ORDER, "order_id": 1, "amount": amount} for amount in (30, -10, -10)]
    world = world_of(tmp_path, rows)
    assert world.engine.count(world.histories["orders"].table) == 3


def test_rows_that_are_kept_out_repeat_nothing(tmp_path):
    rows = [
        {**ORDER, "order_id": 1, "amount": n, "channel": of} for n, of in ((5, "web"), (6, "test"))
    ]
    world = world_of(tmp_path, rows, keep=[{"column": "channel", "among": ["web"]}])
    assert world.engine.count(world.histories["orders"].table) == 1
