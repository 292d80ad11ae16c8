"""How lines and refunds become orders."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.business import Row, configure, features_at, instant, pairs
from tests.support.laboratory import empty, fill

from clvlens.histories import discover
from clvlens.panel.engine import Engine, connect
from clvlens.panel.target import outcomes
from clvlens.panel.world import World, read_world

ORDERS = discover()["orders"]

# An order of three lines, one of which was half given back, and one of a single line.
LINES = [
    {"order_id": "1", "product_id": "tea", "category": "drinks", "amount": 4, "discount": 1,
     "cost": 2, "channel": "web", "refund_amount": None, "refunded_at": None},
    {"order_id": "1", "product_id": "tea", "category": "drinks", "amount": 4, "discount": 1,
     "cost": 2, "channel": "web", "refund_amount": 3, "refunded_at": "2024-07-01"},
    {"order_id": "1", "product_id": "cup", "category": "china", "amount": 12, "discount": 0,
     "cost": 7, "channel": "web", "refund_amount": 6, "refunded_at": "2024-08-01"},
    {"order_id": "2", "product_id": "cup", "category": "china", "amount": 10, "discount": 2,
     "cost": 7, "channel": "app", "refund_amount": None, "refunded_at": None,
     "ordered_at": "2024-06-20"},
]  # fmt: skip
LINES = [{"customer_id": "A", "ordered_at": "2024-06-10", **line} for line in LINES]


def world_of(rows: list[Row], **settings: object) -> World:
    options = {"orders": {"grain": "line"}} if "product_id" in rows[0] else {}
    with TemporaryDirectory() as folder:
        return read_world(configure(Path(folder), {"orders": rows}, options=options, **settings))


@cache
def folded() -> World:
    return world_of(LINES)


def features_of(world: World, when: str) -> Row:
    return features_at(world, ("A", instant(when))).iloc[0].to_dict()


def test_lines_of_one_order_are_added_and_their_products_counted():
    table = folded().histories["orders"].table
    frame = folded().engine.frame(table.filter(table.amount > 0).order_by("order_id"))
    names = ["amount", "discount", "cost", "items", "products", "categories", "channel"]
    assert frame[names].astype(dict.fromkeys(names[:6], float)).to_numpy().tolist() == [
        [20, 2, 11, 3, 2, 2, "web"],
        [10, 2, 7, 1, 1, 1, "app"],
    ]


def test_money_given_back_for_lines_counts_from_the_day_of_each_refund():
    before, after_one, after_both = (
        features_of(folded(), when)["orders__total_revenue_ever"]
        for when in ("2024-07-01", "2024-07-02", "2024-08-02")
    )
    assert (before, after_one, after_both) == (30, 27, 21)


def test_refunds_of_lines_are_no_orders():
    features = features_of(folded(), "2025-01-01")
    assert features["orders__count_ever"] == 2
    assert features["orders__returns_ever"] == 2
    assert features["orders__mean_gap"] == 10
    assert features["orders__total_margin_ever"] == 20 + 10 - 11 - 7 - 9


def test_refunds_of_lines_are_taken_off_the_value_of_their_own_days():
    rows = pairs(("A", instant("2024-07-01")), ("A", instant("2024-07-02")))
    future = folded().engine.frame(outcomes(folded(), rows, 40).order_by("cutoff"))
    assert future["value"].tolist() == [-9, -6]
    assert future["churned"].tolist() == [1, 1]


def test_an_order_with_a_line_of_unknown_cost_has_no_margin():
    unknown = [{**line, "cost": None if line["product_id"] == "tea" else 7} for line in LINES]
    features = features_of(world_of(unknown), "2024-07-01")
    assert features["orders__total_margin_ever"] == 10 - 7


def test_lines_of_another_time_are_an_order_of_their_own():
    later = {**LINES[0], "ordered_at": "2024-06-11"}
    assert features_of(world_of([LINES[1], later]), "2024-06-11")["orders__count_ever"] == 1
    assert features_of(world_of([LINES[1], later]), "2024-06-12")["orders__count_ever"] == 2


def test_a_refund_row_between_two_orders_is_no_order():
    rows = [
        {"customer_id": "A", "ordered_at": "2024-06-01", "amount": 30, "order_id": 1},
        {"customer_id": "A", "ordered_at": "2024-06-03", "amount": -30, "order_id": 1},
        {"customer_id": "A", "ordered_at": "2024-06-11", "amount": 50, "order_id": 2},
        {"customer_id": "A", "ordered_at": "2024-06-13", "amount": -50, "order_id": 2},
    ]
    features = features_of(world_of(rows), "2024-06-21")
    assert features["orders__count_ever"] == 2
    assert features["orders__total_revenue_ever"] == 0
    assert features["orders__mean_gap"] == 10
    assert features["orders__days_since_last"] == 10
    assert features["orders__overdue"] == 1
    assert (features["orders__first_amount"], features["orders__last_amount"]) == (30, 50)


@pytest.mark.parametrize("amounts", [[123_456.78] * 3, [0.1] * 3, [999_999_999_999.99] * 2])
def test_equal_amounts_deviate_by_nothing_however_large(amounts):
    rows = [
        {"customer_id": "A", "ordered_at": f"2024-06-0{day}", "amount": amount}
        for day, amount in enumerate(amounts, start=1)
    ]
    assert features_of(world_of(rows), "2024-06-21")["orders__sd_amount_ever"] == 0


# --- lines cannot tell the future either

COLUMNS = ORDERS.lines.columns_of(ORDERS)
times = st.integers(-3, 3)
lines = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["A", "B"]),
        "order_id": st.sampled_from(["1", "2"]),
        "ordered_at": times,
        "amount": st.sampled_from([Decimal(10), Decimal(20), Decimal(-5)]),
        "cost": st.sampled_from([None, Decimal(7)]),
        "product_id": st.sampled_from(["tea", "cup"]),
        "channel": st.sampled_from(["web", "app"]),
        "refund_amount": st.sampled_from([None, Decimal(1), Decimal(2)]),
        "refunded_at": st.none() | times,
        "delivered_at": st.none() | times,
    }
)


@cache
def folding() -> tuple[Engine, str]:
    """Return an engine and the query for the orders before instant 0 that its lines make up."""
    engine = connect(threads=1)
    orders = ORDERS.lines.fold(empty(engine, "lines", COLUMNS))
    known = ibis.ifelse(orders.delivered_at < 0, orders.delivered_at, ibis.null("int64"))
    past = orders.filter(orders.ordered_at < 0).mutate(delivered_at=known)
    past = past.order_by(past.columns)
    return engine, ibis.to_sql(past, dialect="duckdb")


def orders_before_0(rows: list[Row]) -> list[tuple]:
    engine, query = folding()
    fill(engine, "lines", rows, COLUMNS)
    return engine.backend.con.execute(query).fetchall()


@given(rows=st.lists(lines, max_size=6))
def test_deleting_lines_and_refunds_from_the_cutoff_on_changes_no_order_before_it(rows):
    def is_past(when: int | None) -> bool:
        return when is not None and when < 0

    past = [
        {**row, **{of: None for of in ("refunded_at", "delivered_at") if not is_past(row[of])}}
        for row in rows
        if is_past(row["ordered_at"])
    ]
    assert orders_before_0(rows) == orders_before_0(past)
