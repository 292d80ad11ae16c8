"""Text, numbers and times become what their column declares, or are refused."""

import datetime as dt

import pandas as pd
import pytest
from tests.support.business import Row, configure, instant

from clvlens.errors import ConfigError, DataError
from clvlens.panel.world import World, read_world

ORDER = {"customer_id": "A", "ordered_at": "2024-01-05", "amount": 1}


def world_of(folder, rows: list[Row], *, form: str = "csv", **settings: object) -> World:
    options = {"orders": settings.pop("options", {})}
    return read_world(configure(folder, {"orders": rows}, form=form, options=options, **settings))


def column(world: World, name: str) -> list:
    table = world.histories["orders"].table.order_by("event_time", "customer_id")
    values = world.engine.frame(table)[name]
    return [None if pd.isna(value) else value for value in values]


# --- ids stay what they are


def test_ids_in_csv_stay_text_to_the_letter(tmp_path):
    ids = ["007", "1e5", "12345678901234567890", "7", "NA", "true"]
    rows = [{**ORDER, "customer_id": who} for who in ids]
    assert column(world_of(tmp_path, rows), "customer_id") == sorted(ids)


def test_whole_numbers_in_parquet_become_plain_text(tmp_path):
    ids = [7, 100_000, 9_007_199_254_740_993]
    rows = [{**ORDER, "customer_id": who} for who in ids]
    world = world_of(tmp_path, rows, form="parquet")
    assert column(world, "customer_id") == ["100000", "7", "9007199254740993"]


def test_whole_numbers_that_came_as_floats_lose_their_point(tmp_path):
    rows = [{**ORDER, "order_id": number} for number in (7, 8, None)]
    rows = [{**row, "ordered_at": f"2024-01-0{day}"} for day, row in enumerate(rows, start=1)]
    world = world_of(tmp_path, rows, form="parquet")
    assert pd.read_parquet(tmp_path / "orders.parquet")["order_id"].dtype == "float64"
    assert column(world, "order_id") == ["7", "8", None]


@pytest.mark.parametrize("number", [7.5, 2.0**53, 1e20])
def test_floats_that_cannot_tell_ids_apart_are_refused(tmp_path, number):
    rows = [ORDER | {"customer_id": 7.0}, ORDER | {"customer_id": number}]
    with pytest.raises(DataError, match=r"orders\.customer_id: 1 row not of type id, .* row 2"):
        world_of(tmp_path, rows, form="parquet")


# --- times


def test_naive_times_are_read_in_the_time_zone_and_aware_ones_converted(tmp_path):
    times = ["2024-01-05", "2024-01-05T12:00", "2024-07-05 12:00:00.25", "2024-07-05T12:00:00Z",
             "2024-07-05T12:00:00-03:00"]  # fmt: skip
    rows = [{**ORDER, "ordered_at": when} for when in times]
    world = world_of(tmp_path, rows, time_zone="Europe/Berlin")
    assert column(world, "ordered_at") == [
        instant("2024-01-04T23:00"),
        instant("2024-01-05T11:00"),
        instant("2024-07-05T10:00:00.25"),
        instant("2024-07-05T12:00"),
        instant("2024-07-05T15:00"),
    ]


@pytest.mark.parametrize(
    "when",
    [
        dt.date(2024, 7, 5),
        dt.datetime(2024, 7, 5),
        pd.Timestamp("2024-07-05"),
        pd.Timestamp("2024-07-04T22:00:00+00:00"),
        pd.Timestamp("2024-07-05T00:00:00+02:00"),
        "2024-07-05",
    ],
    ids=["date", "datetime", "timestamp", "utc", "offset", "text"],
)
def test_times_of_every_kind_in_parquet_are_the_same_instant(tmp_path, when):
    world = world_of(
        tmp_path, [{**ORDER, "ordered_at": when}], form="parquet", time_zone="Europe/Berlin"
    )
    assert column(world, "ordered_at") == [instant("2024-07-04T22:00")]


def test_nanoseconds_in_parquet_are_cut_to_microseconds(tmp_path):
    frame = pd.DataFrame([ORDER]).assign(ordered_at=pd.Timestamp("2024-07-05T00:00:00.123456789"))
    config = configure(tmp_path, {"orders": [ORDER]}, form="parquet")
    frame["ordered_at"] = frame["ordered_at"].astype("datetime64[ns]")
    frame.to_parquet(tmp_path / "orders.parquet")
    assert column(read_world(config), "ordered_at") == [instant("2024-07-05T00:00:00.123456")]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_stated_time_format_reads_text_and_whole_numbers(tmp_path, form):
    rows = [{**ORDER, "ordered_at": 20240705}]
    world = world_of(tmp_path, rows, form=form, options={"time_format": "%Y%m%d"})
    assert column(world, "ordered_at") == [instant("2024-07-05")]


def test_a_time_format_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"data\.orders\.time_format: .*format specifier %Q"):
        world_of(tmp_path, [ORDER], options={"time_format": "%Q"})


def test_the_hour_the_weekday_and_the_day_of_an_event_are_local(tmp_path):
    """Sunday evening in UTC is Monday 00:30 in Berlin, 19,912 days after 1970."""
    rows = [{**ORDER, "ordered_at": "2024-07-07T22:30:00Z"}]
    world = world_of(tmp_path, rows, time_zone="Europe/Berlin")
    assert [column(world, part) for part in ("weekday", "hour", "day")] == [[0], [0], [19_912]]


# --- where the data end


@pytest.mark.parametrize(
    ("last", "ends"),
    [
        ("2024-03-30", "2024-03-30T23:00"),
        ("2024-03-31", "2024-03-31T22:00"),  # a day of 23 hours
        ("2024-03-31T00:00:01", "2024-03-30T23:00:01.000001"),
        ("2024-03-31T15:00", "2024-03-31T13:00:00.000001"),
    ],
)
def test_data_of_days_end_with_the_day_and_data_of_times_with_the_last(tmp_path, last, ends):
    rows = [ORDER, {**ORDER, "ordered_at": last}]
    world = world_of(tmp_path, rows, time_zone="Europe/Berlin")
    assert (world.starts, world.ends) == (instant("2024-01-04T23:00"), instant(ends))


def test_the_end_of_the_data_may_be_stated(tmp_path):
    world = world_of(tmp_path, [ORDER], time_zone="Europe/Berlin", data_ends=dt.date(2024, 5, 1))
    assert world.ends == instant("2024-04-30T22:00")


# --- numbers and flags


def test_flags_are_read_from_words_and_digits(tmp_path):
    words = ["true", "F", "Yes", "n", "1", "0", "1.0", ""]
    rows = [
        {"customer_id": "A", "sent_at": f"2024-01-{day:02d}", "personalised": word}
        for day, word in enumerate(words, start=1)
    ]
    world = read_world(configure(tmp_path, {"orders": [ORDER], "messages": rows}))
    frame = world.engine.frame(world.histories["messages"].table.order_by("event_time"))
    assert frame["personalised"].tolist() == [True, False, True, False, True, False, True, None]


def test_an_optional_column_of_nulls_alone_is_read(tmp_path):
    rows = [{**ORDER, "refund_amount": None, "refunded_at": None, "channel": None, "items": None}]
    for form in ("csv", "parquet"):
        assert column(world_of(tmp_path, rows, form=form), "refund_amount") == [None]


def test_a_late_column_without_its_clock_is_left_out_and_said_so(tmp_path):
    world = world_of(tmp_path, [{**ORDER, "refund_amount": 3}])
    assert "refund_amount" not in world.histories["orders"].table.columns
    assert world.notes == (
        "orders.refund_amount: left out, as the table does not say when it became known "
        "(refunded_at)",
    )


def test_values_whose_clock_is_empty_are_counted(tmp_path):
    late = [(3, "2024-02-01"), (3, None), (None, None), (5, None)]
    rows = [{**ORDER, "refund_amount": back, "refunded_at": when} for back, when in late]
    assert world_of(tmp_path, rows).notes == (
        "orders.refund_amount: 2 rows not used, as refunded_at is empty there",
    )


# --- grain


def test_a_history_without_lines_refuses_their_grain(tmp_path):
    messages = [{"customer_id": "A", "sent_at": "2024-01-01"}]
    tables = {"orders": [ORDER], "messages": messages}
    config = configure(tmp_path, tables, options={"messages": {"grain": "line"}})
    with pytest.raises(ConfigError, match=r"data\.messages\.grain: messages has no lines; leave"):
        read_world(config)


def test_lines_need_the_id_of_their_order(tmp_path):
    with pytest.raises(DataError, match=r"orders\.order_id: the table has no column 'order_id'"):
        world_of(tmp_path, [ORDER], options={"grain": "line"})


def test_rows_without_a_value_that_a_rule_asks_for_are_not_read(tmp_path):
    """The second line of an order does not repeat what the first says of it."""
    lines = [
        {"customer_id": "A", "ordered_at": "2024-01-05", "amount": "12.50"},
        {"customer_id": "A", "ordered_at": "", "amount": ""},
        {"customer_id": "", "ordered_at": "2024-01-07", "amount": "3"},
    ]
    keep = [{"column": "amount", "filled": True}, {"column": "customer_id", "filled": True}]
    config = configure(tmp_path, {"orders": lines}, options={"orders": {"keep": keep}})
    world = read_world(config)
    assert world.engine.frame(world.histories["orders"].table)["amount"].tolist() == [12.5]
    assert "orders: 2 rows not read, without amount or customer_id" in world.notes


def test_a_column_that_bears_our_name_by_chance_is_left_out_by_null(tmp_path):
    row = {"customer_id": "A", "ordered_at": "2024-01-05", "amount": "1", "discount": "ask Anna"}
    options = {"orders": {"columns": {"discount": None}}}
    world = read_world(configure(tmp_path, {"orders": [row]}, options=options))
    assert "discount" not in world.histories["orders"].table.columns


def test_lines_are_kept_by_what_only_lines_say(tmp_path):
    line = {"customer_id": "A", "ordered_at": "2024-01-05", "amount": "1", "order_id": "1"}
    lines = [{**line, "state": "paid"}, {**line, "state": "void", "order_id": "2"}]
    keep = [{"column": "state", "among": ["paid"]}]
    options = {"orders": {"grain": "line", "attributes": ["state"], "keep": keep}}
    world = read_world(configure(tmp_path, {"orders": lines}, options=options))
    assert world.engine.frame(world.histories["orders"].table)["order_id"].tolist() == ["1"]


def test_a_line_without_an_amount_costs_its_price_times_its_pieces(tmp_path):
    """Two pieces at 2.50 and one that came back: 2.50 in all, in an order of two lines."""
    line = {"customer_id": "A", "ordered_at": "2024-01-05", "order_id": "1", "unit_price": "2.50"}
    lines = [{**line, "quantity": "2"}, {**line, "quantity": "-1"}]
    config = configure(tmp_path, {"orders": lines}, options={"orders": {"grain": "line"}})
    world = read_world(config)
    (order,) = world.engine.frame(world.histories["orders"].table).itertuples()
    assert (float(order.amount), order.items) == (2.5, 2)


def test_a_line_that_does_not_say_how_many_is_refused(tmp_path):
    line = {"customer_id": "A", "ordered_at": "2024-01-05", "order_id": "1", "unit_price": "2.50"}
    lines = [{**line, "quantity": "2"}, {**line, "quantity": ""}]
    config = configure(tmp_path, {"orders": lines}, options={"orders": {"grain": "line"}})
    with pytest.raises(DataError, match=r"orders\.quantity: 1 row without a value, first in row 2"):
        read_world(config)
