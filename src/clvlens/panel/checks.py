"""What is wrong with the data, said so that it can be mended."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from clvlens.config.tables import Rule, TableConfig
from clvlens.errors import ConfigError, Fault, nearest
from clvlens.histories.base import Column, History
from clvlens.panel.engine import Engine
from clvlens.panel.remarks import Remark, is_strange_time, rows_of
from clvlens.panel.source import ROW
from clvlens.personal import looks_personal

# Ids and texts may be personal: their values are never repeated in a message.
EXPECTED = {
    "time": "expected a time such as 2024-01-31 or 2024-01-31T09:30:00; else state time_format",
    "money": "expected a number such as 1234.50; state decimal: ',' and thousands: '.' and sign: € "
    "if it is written so",
    "number": "expected a number such as 4.5; state decimal: ',' if it is written so",
    "count": "expected a whole number",
    "flag": "expected true or false",
}
SHOWN = 40  # characters of a value in a message
VALUE = re.compile(r"[-+]?\d[\d.,:/TZ+ -]*")  # a number or a time, which no column is called
OFFSET = r"([zZ]|[+-]\d{2}(:?\d{2})?)$"

# Reads a table anew, with or without row numbers: its raw columns and what they convert to.
Read = Callable[[bool], tuple[ir.Table, Mapping[str, ir.Value]]]
Tests = dict[tuple[str, Column], ir.BooleanValue]


def mapping_of(
    name: str, history: History, known: Iterable[Column], table: TableConfig
) -> Mapping[str, str | None]:
    """Return our column names with the table's, refusing names that no column bears."""
    ours = [column.name for column in known]
    for column in table.columns:
        if column not in ours:
            raise ConfigError(
                f"data.{name}.columns.{column}: {history.name} has no such column; "
                f"{nearest(column, ours)}"
            )
    renamed = {**table.attributes, **table.columns}
    return {column: renamed.get(column, column) for column in ours}


def missing_columns(
    name: str,
    known: Iterable[Column],
    mapping: Mapping[str, str | None],
    table: TableConfig,
    present: Iterable[str],
) -> list[Fault]:
    """Return a fault for every column that is required, or named, and not there."""
    present = list(present)
    near = _nearest_of(present)
    named = {*(ours for ours, raw in table.columns.items() if raw), *table.attributes}
    named |= {*table.custom.columns, table.custom.key} if table.custom else set()
    return [
        Fault(
            name,
            f"the table has no column {mapping[column.name]!r} ({column.meaning})",
            f"name it under {_place_of(name, column, table)}; {near(mapping[column.name] or '')}",
            column.name,
        )
        for column in known
        if (column.required or column.name in named)
        and mapping[column.name] not in present
        and not (column.instead and {mapping.get(name) for name in column.instead} <= {*present})
    ]


def _nearest_of(present: list[str]) -> Callable[[str], str]:
    """Return what names the nearest column; a first line of values may be personal, and is not."""
    if any(VALUE.fullmatch(column.strip()) for column in present):
        return lambda _: "the first line holds values, not names: give the file a header"
    return lambda missing: nearest(missing, present)


def odd_types(
    name: str, columns: Iterable[Column], mapping: Mapping[str, str | None], raw: ir.Table
) -> list[Fault]:
    """Return a fault for every column of a Parquet type that holds no such values at all."""
    return [
        Fault(name, f"the column {mapping[column.name]!r} is of type {kind}, not {column.type}",
              f"name the column that holds it under data.{name}.columns", column.name)
        for column in columns if _is_odd(kind := raw[mapping[column.name]].type(), column)
    ]  # fmt: skip


def _is_odd(kind: dt.DataType, column: Column) -> bool:
    truth = kind.is_boolean() and column.type in ("time", "money", "number", "id")
    return truth or kind.is_nested() or kind.is_binary()


def mixed_zones(engine: Engine, name: str, columns: Iterable[Column], read: Read) -> list[Fault]:
    """Return a fault for every column of which some times have an offset and some have none."""
    columns = list(columns)
    if not columns:
        return []
    raw, _ = read(False)
    texts = [c for c in columns if c.type == "time" and raw[c.name].type().is_string()]
    if not texts:
        return []
    clocked = {c: raw[c.name].contains(":") for c in texts}
    aware = {c: clocked[c] & raw[c.name].re_search(OFFSET) for c in texts}
    counted = engine.row(raw.aggregate(
        **{f"a{i}": aware[c].cast("int64").sum().fill_null(0) for i, c in enumerate(texts)},
        **{f"n{i}": raw[c.name].count() for i, c in enumerate(texts)},
    ))  # fmt: skip
    pairs = zip(texts, counted[: len(texts)], counted[len(texts) :], strict=True)
    return [
        Fault(name, f"{rows_of(count)} with an offset from UTC and {total - count:,} without",
              "state time_zone, in which those without are read", column.name)
        for column, count, total in pairs if 0 < count < total
    ]  # fmt: skip


def other_currencies(
    engine: Engine, name: str, column: str, currency: str, rows: ir.Table
) -> list[Fault]:
    """Return a fault where amounts are in other currencies than the run's; it lists them."""
    rows = rows.select(which=rows[column].cast("string").strip().upper())
    others = rows.filter(rows.which != currency).group_by("which").aggregate(n=ibis._.count())
    found = engine.frame(others.order_by(others.n.desc(), others.which))
    if found.empty:
        return []
    problem = f"{rows_of(int(found['n'].sum()))} not in {currency}: {', '.join(found['which'][:5])}"
    mend = f"one currency a run; convert them, or keep those in {currency} by attributes and keep"
    return [Fault(name, problem, mend, column)]


def _place_of(name: str, column: Column, table: TableConfig) -> str:
    """Return the key under which a column is, or would be, named."""
    if table.custom and column.name in (table.custom.time, table.custom.key):
        return f"data.{name}.custom.{'time' if column.name == table.custom.time else 'key'}"
    if table.custom and column.name in table.custom.columns:
        return f"data.{name}.custom.columns"
    return f"data.{name}.{'attributes' if column.name in table.attributes else 'columns'}"


def bad_values(
    engine: Engine, name: str, columns: Iterable[Column], table: TableConfig, read: Read
) -> list[Fault]:
    """Return a fault for every column with values that its type, or its duty, does not allow."""
    columns = list(columns)
    if not columns:
        return []
    raw, typed = read(False)
    tests = _tests(columns, raw, typed)
    counts = engine.row(
        raw.aggregate(**{f"n{i}": bad.cast("int64").sum() for i, bad in enumerate(tests.values())})
    )
    bad = {test: count for test, count in zip(tests, counts, strict=True) if count}
    if not bad:
        return []
    raw, typed = read(True)
    tests = _tests(columns, raw, typed)
    return [
        _fault(engine, name, table, test, count, raw.filter(tests[test]))
        for test, count in bad.items()
    ]


def _tests(columns: list[Column], raw: ir.Table, typed: Mapping[str, ir.Value]) -> Tests:
    """Return what must hold for no row, by kind of fault and column."""
    tests = {("type", c): raw[c.name].notnull() & typed[c.name].isnull() for c in columns}
    tests |= {("empty", c): raw[c.name].isnull() for c in columns if c.required}
    tests |= {("strange", c): is_strange_time(typed[c.name]) for c in columns
              if c.required and c.type == "time"}  # fmt: skip
    return tests | {("least", c): typed[c.name] < c.least for c in columns if c.least is not None}


def _fault(
    engine: Engine,
    name: str,
    table: TableConfig,
    test: tuple[str, Column],
    count: int,
    bad: ir.Table,
) -> Fault:
    kind, column = test
    owner = bad.customer_id if "customer_id" in bad.columns else ibis.null("string")
    row, value, owner = engine.row(bad.order_by(ROW).limit(1).select(ROW, column.name, owner=owner))
    is_personal = str(value) == str(owner) or looks_personal(str(value))
    told = "a text that may be personal" if is_personal else None
    shown = f" with {told or repr(str(value)[:SHOWN])}" if column.type in EXPECTED else ""
    problem, mend = {
        "empty": ("without a value", "every row needs one"),
        "strange": ("before 1900 or after 2199", "correct them; every row needs its time"),
        "least": (f"below {column.least}", "expected a positive number"),
        "type": (f"not of type {column.type}", _expected(name, table, column)),
    }[kind]
    if kind == "type" and column.type == "time" and str(value).isdigit() and len(str(value)) > 8:
        mend = f"{mend}; seconds or milliseconds since 1970 are to be written as times"
    where = f"first in row {row + 1:,}{'' if kind == 'empty' else shown}"
    return Fault(name, f"{rows_of(count)} {problem}, {where}", mend, column.name)


def _expected(name: str, table: TableConfig, column: Column) -> str:
    """Return what a column should hold, as the configuration says that it is written."""
    if column.type == "time" and table.time_format:
        stated = " or ".join(map(repr, table.time_format))
        return f"data.{name}.time_format states {stated}; correct it, or leave it out for ISO times"
    if column.type in ("money", "number") and table.decimal == ",":
        return f"data.{name}.decimal states ','; expected a number such as 1234,50"
    return EXPECTED.get(column.type, "expected text")


def unfilled(
    engine: Engine, history: History, rules: tuple[Rule, ...], raw: ir.Table, kept: ir.Table
) -> tuple[Remark, ...]:
    """Return a remark of how many rows are not read because they lack what a rule asks for."""
    asked = [rule.column for rule in rules if rule.filled]
    rows = engine.count(raw) if asked else 0
    left = rows - engine.count(kept) if asked else 0
    problem = f"{rows_of(left)} not read, without {' or '.join(asked)}"
    return (Remark(history.name, problem, rows=left, lost=left / rows),) if left else ()


def never_known(engine: Engine, history: History, events: ir.Table) -> tuple[Remark, ...]:
    """Return a remark of every column with values whose clock is empty: no snapshot sees those."""
    present = [c for c in history.columns if c.name in events.columns]
    late = [c for c in present if history.clock(c) not in (None, c.name)]
    if not late:
        return ()
    lost = [events[c.name].notnull() & events[history.clock(c)].isnull() for c in late]
    counts = engine.row(
        events.aggregate(**{f"n{i}": row.cast("int64").sum() for i, row in enumerate(lost)})
    )
    return tuple(
        Remark(
            history.name,
            f"{rows_of(count)} not used, as {history.clock(c)} is empty there",
            c.name,
            int(count),
        )
        for c, count in zip(late, counts, strict=True)
        if count
    )
