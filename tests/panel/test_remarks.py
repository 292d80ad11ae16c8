"""What is odd is counted, a remark for each table and column."""

import pandas as pd
import pytest
from tests.support.business import Row, configure

from clvlens.panel.remarks import Remark, report, shape
from clvlens.panel.world import read_world

ORDER = {"customer_id": "A", "ordered_at": "2024-01-05", "amount": 1}


def remarks_on(folder, rows: list[Row]) -> list[tuple]:
    world = read_world(configure(folder, {"orders": rows}))
    return [(r.table, r.column, r.rows) for r in world.remarks]


def test_nothing_odd_is_nothing_said(tmp_path):
    assert remarks_on(tmp_path, [ORDER, {**ORDER, "customer_id": "B"}]) == []


@pytest.mark.parametrize("amount", [1_000_000_000, -1_000_000_000])
def test_a_thousand_millions_are_counted_from_there_on(tmp_path, amount):
    rows = [ORDER, {**ORDER, "amount": amount}, {**ORDER, "amount": 999_999_999}]
    assert remarks_on(tmp_path, rows) == [("orders", "amount", 1)]


@pytest.mark.parametrize("amount", [0, -9.5])
def test_amounts_of_which_none_is_above_zero_are_told(tmp_path, amount):
    rows = [{**ORDER, "amount": amount}, {**ORDER, "amount": 0, "customer_id": "B"}]
    assert remarks_on(tmp_path, rows) == [("orders", "amount", None)]


def test_a_column_whose_name_may_be_a_persons_is_told_without_it(tmp_path):
    """As where a file without a header has its first line taken for one."""
    world = read_world(configure(tmp_path, {"orders": [{**ORDER, "ann@example.org": "x"}]}))
    assert "orders: columns not read: one whose name may be personal" in world.notes


def test_an_empty_column_and_one_that_nothing_reads_are_told(tmp_path):
    rows = [{**ORDER, "channel": "", "colour": "red"}]
    assert remarks_on(tmp_path, rows) == [("orders", None, None), ("orders", "channel", None)]


@pytest.mark.parametrize(
    ("ids", "count"),
    [
        (("=1+1", "@a", "+a", "-b", "\tx"), 5),
        (("-1", "+49.5", "1=1", "a@b"), 0),
        (("NA", " null ", "None"), 3),
        (("A", "a", " a", "b"), 3),
    ],
)
def test_ids_that_may_be_mistakes_are_counted_and_none_is_shown(tmp_path, ids, count):
    rows = [{**ORDER, "customer_id": who} for who in ids]
    told = [("all tables", "customer_id", count)] if count else []
    assert remarks_on(tmp_path, rows) == told


def test_a_report_has_a_row_a_remark(tmp_path):
    frame = report([Remark("orders", "odd", "amount", 2), Remark("carts", "empty")])
    assert frame.columns.tolist() == ["table", "column", "rows", "problem"]
    assert frame["rows"].tolist() == [2, pd.NA]
    assert report([]).empty


def test_what_an_id_looks_like_does_not_tell_which_it_is():
    assert shape("Ann-007@x") == "aaa-999@a"
    assert len(shape("x" * 500)) == 20
