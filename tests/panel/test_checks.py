"""Every fault of a table in one line: table, column, how many, where, and how to mend it."""

import json

import pytest
from tests.support.business import Row, configure

from clvlens.errors import ConfigError, DataError
from clvlens.panel.world import World, read_world

ORDER = {"customer_id": "A", "ordered_at": "2024-01-05", "amount": 1}


def world_of(folder, rows: list[Row], *, form: str = "csv", **options: object) -> World:
    return read_world(configure(folder, {"orders": rows}, form=form, options={"orders": options}))


def faults_of(folder, rows: list[Row], **options: object) -> list[str]:
    with pytest.raises(DataError, match="orders") as error:
        world_of(folder, rows, **options)
    return str(error.value).splitlines()


# --- columns


def test_a_missing_column_is_named_with_its_meaning_and_the_nearest(tmp_path):
    rows = [{"custmer_id": "A", "ordered_at": "2024-01-05", "amount": 1}]
    assert faults_of(tmp_path, rows) == [
        "orders.customer_id: the table has no column 'customer_id' (the customer); "
        "name it under data.orders.columns; did you mean 'custmer_id'?"
    ]


def test_a_column_that_the_configuration_names_must_be_there(tmp_path):
    assert faults_of(tmp_path, [ORDER], columns={"discount": "rebate"}) == [
        "orders.discount: the table has no column 'rebate' (discount already taken off the "
        "amount); name it under data.orders.columns; known are amount, customer_id, ordered_at"
    ]


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"time": "wen"}, "custom.time"),
        ({"key": "nr"}, "custom.key"),
        ({"columns": {"long": "count"}}, "custom.columns"),
    ],
)
def test_a_column_of_a_history_of_ones_own_is_corrected_where_it_is_described(tmp_path, wrong, key):
    calls = [{"customer_id": "A", "when": "2024-01-05"}]
    custom = {"noun": "calls", "time": "when", "aggregates": [{"verb": "count"}], **wrong}
    config = configure(
        tmp_path, {"orders": [ORDER], "calls": calls}, options={"calls": {"custom": custom}}
    )
    with pytest.raises(DataError, match=rf"no column .*; name it under data\.calls\.{key}; "):
        read_world(config)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("amount", True, "is of type boolean, not money"),
        ("ordered_at", False, "is of type boolean, not time"),
        ("customer_id", {"id": "A"}, "is of type struct<id: string>, not id"),
        ("customer_id", b"A", "is of type binary, not id"),
    ],
)
def test_a_column_of_a_type_that_holds_no_such_values_is_refused(tmp_path, column, value, told):
    (fault,) = faults_of(tmp_path, [{**ORDER, column: value}], form="parquet")
    assert fault == (
        f"orders.{column}: the column '{column}' {told}; name the column that holds it under "
        "data.orders.columns"
    )


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_header_of_one_column_names_the_delimiter_that_would_part_it(tmp_path, mark):
    config = configure(tmp_path, {"orders": [ORDER]})
    (tmp_path / "orders.csv").write_text(mark.join(ORDER) + "\nA" + mark * 2)
    with pytest.raises(DataError, match=r"is one column .*; state delimiter: ") as error:
        read_world(config)
    assert str(error.value).endswith(f"state delimiter: {json.dumps(mark)}")


def test_a_name_that_no_column_bears_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(
        ConfigError, match=r"data\.orders\.columns\.amuont: orders has no such column; did you mean"
    ):
        world_of(tmp_path, [ORDER], columns={"amuont": "amount"})


# --- values


def test_wrong_types_are_counted_with_the_first_row_and_its_value(tmp_path):
    rows = [ORDER, {**ORDER, "amount": "1,5"}, {**ORDER, "amount": "-"}]
    assert faults_of(tmp_path, rows) == [
        "orders.amount: 2 rows not of type money, first in row 2 with '1,5'; expected a number "
        "such as 1234.50; state decimal: ',' and thousands: '.' and sign: € if it is "
        "written so"
    ]


def test_an_id_where_an_amount_should_be_is_not_repeated(tmp_path):
    (fault,) = faults_of(
        tmp_path, [{**ORDER, "customer_id": "C-17"}], columns={"amount": "customer_id"}
    )
    assert "first in row 1 with a text that may be personal;" in fault
    assert "C-17" not in fault


@pytest.mark.parametrize("amount", ["NaN", "inf", "-Infinity", "1e15", "12 EUR"])
def test_money_is_a_number_of_a_sensible_size(tmp_path, amount):
    (fault,) = faults_of(tmp_path, [ORDER, {**ORDER, "amount": amount}])
    assert fault.startswith(
        f"orders.amount: 1 row not of type money, first in row 2 with {amount!r}"
    )


@pytest.mark.parametrize("amount", [float("nan"), float("inf")])
def test_no_number_among_parquet_floats_is_refused_too(tmp_path, amount):
    """A missing amount and an infinite one are no amounts."""
    (fault,) = faults_of(tmp_path, [ORDER, {**ORDER, "amount": amount}], form="parquet")
    assert fault.startswith("orders.amount: 1 row ")
    assert "first in row 2" in fault


@pytest.mark.parametrize("when", ["31.01.2024", "2024-02-30", "20240131", "soon", "infinity"])
def test_a_time_is_written_year_first_or_its_format_is_stated(tmp_path, when):
    (fault,) = faults_of(tmp_path, [ORDER, {**ORDER, "ordered_at": when}])
    assert fault == (
        f"orders.ordered_at: 1 row not of type time, first in row 2 with {when!r}; expected a time "
        "such as 2024-01-31 or 2024-01-31T09:30:00; else state time_format"
    )


def test_a_stated_time_format_that_does_not_fit_is_named(tmp_path):
    rows = [ORDER, {**ORDER, "ordered_at": "13/01/2024"}]
    assert faults_of(tmp_path, rows, time_format=["%m/%d/%Y", "%Y-%m-%d"]) == [
        "orders.ordered_at: 1 row not of type time, first in row 2 with '13/01/2024'; "
        "data.orders.time_format states '%m/%d/%Y' or '%Y-%m-%d'; correct it, or leave it out for "
        "ISO times"
    ]


def test_a_point_where_the_comma_is_stated_is_told(tmp_path):
    (fault,) = faults_of(tmp_path, [{**ORDER, "amount": "1.5"}], decimal=",")
    assert fault.endswith("data.orders.decimal states ','; expected a number such as 1234,50")


def test_numbers_in_a_column_of_times_are_refused_in_parquet(tmp_path):
    (fault,) = faults_of(tmp_path, [{**ORDER, "ordered_at": 1704412800}], form="parquet")
    assert fault.startswith("orders.ordered_at: 1 row not of type time, first in row 1 with '1704")


@pytest.mark.parametrize("items", ["1.5", "1e300", "nan", "few"])
def test_counts_are_whole(tmp_path, items):
    assert faults_of(tmp_path, [{**ORDER, "items": items}]) == [
        f"orders.items: 1 row not of type count, first in row 1 with '{items}'; "
        "expected a whole number"
    ]


def test_money_given_back_is_positive(tmp_path):
    rows = [{**ORDER, "refund_amount": -3, "refunded_at": "2024-02-01"}]
    assert faults_of(tmp_path, rows) == [
        "orders.refund_amount: 1 row below 0, first in row 1 with '-3'; expected a positive number"
    ]


def test_every_row_needs_its_customer(tmp_path):
    rows = [ORDER, {**ORDER, "customer_id": ""}, {**ORDER, "customer_id": None}]
    assert faults_of(tmp_path, rows) == [
        "orders.customer_id: 2 rows without a value, first in row 2; every row needs one"
    ]


def test_a_value_of_a_column_of_text_is_never_shown(tmp_path):
    rows = [{**ORDER, "customer_id": 1.0}, {**ORDER, "customer_id": 31415.9265}]
    (fault,) = faults_of(tmp_path, rows, form="parquet")
    assert fault.startswith("orders.customer_id: 1 row not of type id, first in row 2")
    assert "31415" not in fault


def test_a_long_value_is_cut(tmp_path):
    (fault,) = faults_of(tmp_path, [{**ORDER, "amount": "x" * 500}])
    assert f"with '{'x' * 40}';" in fault


def test_all_faults_of_a_table_come_at_once(tmp_path):
    rows = [{"customer_id": None, "ordered_at": "soon", "items": "many", "chanel": "web"}]
    faults = faults_of(tmp_path, rows, columns={"channel": "channel"})
    assert [fault.split(":")[0] for fault in faults] == [
        "orders.amount",
        "orders.channel",
        "orders.ordered_at",
        "orders.items",
        "orders.customer_id",
    ]


# --- rows


def test_a_keep_rule_chooses_rows(tmp_path):
    rows = [
        {**ORDER, "amount": amount, "channel": of} for amount, of in ((0, "a"), (5, "b"), (9, "c"))
    ]
    keep = [{"column": "amount", "above": 0}, {"column": "channel", "among": ["a", "b"]}]
    world = world_of(tmp_path, rows, keep=keep)
    assert world.engine.frame(world.histories["orders"].table)["amount"].tolist() == [5]


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"column": "amount", "among": [5, 9]}, [5, 9]),
        ({"column": "amount", "below": 5}, [0]),
        ({"column": "items", "among": [2]}, [5]),
        ({"column": "customer_id", "among": ["A"]}, [0, 5, 9]),
    ],
)
def test_rules_compare_numbers_as_numbers_and_text_as_text(tmp_path, rule, left):
    rows = [{**ORDER, "amount": amount, "items": n} for amount, n in ((0, 1), (5, 2), (9, None))]
    world = world_of(tmp_path, rows, keep=[rule])
    table = world.histories["orders"].table.order_by("amount")
    assert world.engine.frame(table)["amount"].tolist() == left


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            {"column": "amuont", "above": 0},
            r"orders has no column 'amuont'; .*did you mean 'amount'",
        ),
        (
            {"column": "channel", "above": 0},
            r"channel > 0\.0 does not suit channel, .* type category",
        ),
        (
            {"column": "amount", "among": ["5"]},
            r"amount among 5 does not suit amount, .* type money",
        ),
        (
            {"column": "ordered_at", "above": 5},
            r"ordered_at > 5\.0 does not suit ordered_at, .*time",
        ),
        (
            {"column": "refund_amount", "below": 9},
            r"refund_amount becomes known later than its row",
        ),
    ],
    ids=lambda value: value["column"] if isinstance(value, dict) else "",
)
def test_a_rule_that_does_not_suit_is_refused(tmp_path, rule, problem):
    rows = [{**ORDER, "channel": "web", "refund_amount": 3, "refunded_at": "2024-02-01"}]
    with pytest.raises(ConfigError, match=rf"data\.orders\.keep: {problem}"):
        world_of(tmp_path, rows, keep=[rule])


def test_rules_that_keep_nothing_are_refused(tmp_path):
    assert faults_of(tmp_path, [ORDER], keep=[{"column": "amount", "above": 100}]) == [
        "orders: the table has no rows; check the file and data.orders.keep, or leave the table out"
    ]
