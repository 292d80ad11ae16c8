"""Tables agree with each other and with the calendar, or say how often they do not."""

import datetime as dt

import pytest
from tests.support.business import Row, configure

from clvlens.errors import DataError
from clvlens.panel.world import World, read_world

ORDERS = [
    {"customer_id": f"c{who}", "ordered_at": f"2024-0{month}-05", "amount": 1}
    for who in range(12)
    for month in range(1, 7)
]


def world_of(folder, more: dict[str, list[Row]], options: dict | None = None, **run) -> World:
    return read_world(configure(folder, {"orders": ORDERS, **more}, options=options, **run))


def people(count: int, first: str = "c", **values: object) -> list[Row]:
    return [{"customer_id": f"{first}{who}", "country": "DE", **values} for who in range(count)]


def test_tables_that_share_no_customer_are_refused_by_the_looks_of_their_ids(tmp_path):
    told = r"^customers\.customer_id: none of its 10 customers .* ids look like 'aa-9' here and"
    with pytest.raises(DataError, match=told):
        world_of(tmp_path, {"customers": people(10, "XY-")})


def test_one_customer_in_common_is_enough_and_fewer_than_ten_are_no_sign(tmp_path):
    assert world_of(tmp_path, {"customers": [*people(10, "x"), *people(1)]}).notes == ()
    assert world_of(tmp_path, {"customers": people(9, "x")}).notes == ()


def test_a_table_that_ends_early_is_told_and_refused_where_the_lag_is_limited(tmp_path):
    """The newest order is of 5 June: 65 days after 1 April, 60 after 6 April."""
    sent = [{"customer_id": "c1", "sent_at": "2024-04-01"}]
    (note,) = world_of(tmp_path, {"messages": sent}).notes
    assert note == "messages: its newest row is 65 days older than the newest order"
    late = [{**sent[0], "sent_at": "2024-04-06"}]
    assert world_of(tmp_path, {"messages": late}).notes == ()
    with pytest.raises(DataError, match=r"60 days older .* raise data\.messages\.max_lag_day"):
        world_of(tmp_path, {"messages": late}, {"messages": {"max_lag_days": 59}})


def test_more_than_one_row_in_a_thousand_after_the_stated_end_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"orders: 12 of 72 rows are later than data_ends \(2024"):
        world_of(tmp_path, {}, data_ends=dt.date(2024, 6, 1))


def test_events_before_the_sign_up_are_counted(tmp_path):
    signed = people(3, signed_up_at="2024-01-01")
    signed[1]["signed_up_at"] = "2024-03-01"
    told = "orders: 2 rows from before the customer's sign-up; they count all the same"
    assert told in world_of(tmp_path, {"customers": signed}).notes
