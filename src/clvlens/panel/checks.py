"""What is wrong with the data, said so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import ibis
import ibis.expr.types as ir

from clvlens.config import TableConfig
from clvlens.errors import ConfigError, Fault, nearest
from clvlens.histories.base import Column, History
from clvlens.panel.engine import Engine

# Ids and texts may be personal: their values are never repeated in a message.
EXPECTED = {
    "time": "expected a time such as 2024-01-31 or 2024-01-31T09:30:00; else state time_format",
    "money": "expected a number such as 1234.50; state decimal: ',' if it is written so",
    "number": "expected a number such as 4.5; state decimal: ',' if it is written so",
    "count": "expected a whole number",
    "flag": "expected true or false",
}


def mapping_of(
    name: str, history: History, known: Iterable[Column], table: TableConfig
) -> Mapping[str, str]:
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
    mapping: Mapping[str, str],
    table: TableConfig,
    present: Iterable[str],
) -> list[Fault]:
    """Return a fault for every column that is required, or named, and not there."""
    present = list(present)
    named = {*table.columns, *table.attributes}
    return [
        Fault(
            name,
            f"the table has no column {mapping[column.name]!r} ({column.meaning})",
            f"name it under data.{name}.columns; {nearest(mapping[column.name], present)}",
            column.name,
        )
        for column in known
        if (column.required or column.name in named) and mapping[column.name] not in present
    ]


def bad_values(
    engine: Engine,
    name: str,
    columns: Iterable[Column],
    raw: ir.Table,
    typed: Mapping[str, ir.Value],
) -> list[Fault]:
    """Return a fault for every column with values that its type, or its duty, does not allow."""
    columns = list(columns)
    tests = {("type", c): raw[c.name].notnull() & typed[c.name].isnull() for c in columns}
    tests |= {("empty", c): raw[c.name].isnull() for c in columns if c.required}
    counts = engine.row(
        raw.aggregate(**{f"n{i}": bad.cast("int64").sum() for i, bad in enumerate(tests.values())})
    )
    return [
        _fault(engine, name, kind, column, int(count), raw, bad)
        for ((kind, column), bad), count in zip(tests.items(), counts, strict=True)
        if count and count > 0
    ]


def _fault(
    engine: Engine,
    name: str,
    kind: str,
    column: Column,
    count: int,
    raw: ir.Table,
    bad: ir.BooleanValue,
) -> Fault:
    rows = "1 row" if count == 1 else f"{count:,} rows"
    numbered = raw.mutate(bad=bad, row=ibis.row_number()).filter(ibis._.bad)
    value, row = engine.row(numbered.order_by("row").select(column.name, "row").limit(1))
    if kind == "empty":
        problem, mend = f"{rows} without a value, first in row {row + 1:,}", "every row needs one"
        return Fault(name, problem, mend, column.name)
    shown = f" with {value!r}" if column.type in EXPECTED else ""
    problem = f"{rows} not of type {column.type}, first in row {row + 1:,}{shown}"
    return Fault(name, problem, EXPECTED.get(column.type, "expected text"), column.name)
