"""Raw tables to typed, validated events: renamed once, converted strictly, never sniffed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from clvlens.config import Config, Rule, TableConfig
from clvlens.errors import ConfigError, DataError, Fault, nearest
from clvlens.histories.base import Column, History
from clvlens.histories.exact import DAY
from clvlens.panel import checks
from clvlens.panel.engine import Engine
from clvlens.panel.source import open_table

TRUE, FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class Events:
    """One history's typed rows: its columns, `event_time`, `day`, `weekday` and `hour`.

    `lag` is how many microseconds after they happened the rows arrive.
    """

    history: History
    table: ir.Table
    lag: int = 0
    notes: tuple[str, ...] = ()


def read_events(config: Config, engine: Engine, name: str) -> Events:
    """Read one history's table.

    Raises `DataError` with all faults of the table, `ConfigError` where the table is not
    described rightly.
    """
    table, history = config.data[name], config.history(name)
    known = _known_columns(history, table)
    mapping = checks.mapping_of(name, history, known, table)
    raw = open_table(config, engine, name)
    faults = checks.missing_columns(name, known, mapping, table, raw.columns)
    if faults:
        raise DataError(faults)
    present, notes = _with_clocks(history, [c for c in known if mapping[c.name] in raw.columns])
    typed = _typed(engine, name, table, present, mapping, raw)
    if table.grain == "line" and history.lines:
        typed = history.lines.fold(typed)
    events = engine.keep(_with_event_time(engine, history, _kept(name, table, typed)))
    if engine.count(events) == 0:
        mend = f"check the file and data.{name}.keep, or leave the table out"
        raise DataError([Fault(name, "the table has no rows", mend)])
    return Events(history, events, int(table.lag_days * DAY), notes)


def _known_columns(history: History, table: TableConfig) -> tuple[Column, ...]:
    if table.grain != "line":
        return history.columns
    if history.lines is None:
        raise ConfigError(f"data.{history.name}.grain: {history.name} has no lines; leave it out")
    return history.lines.columns_of(history)


def _with_clocks(history: History, present: list[Column]) -> tuple[list[Column], tuple[str, ...]]:
    """Leave out what became known later where the table does not say when."""
    names = {column.name for column in present}
    late = [c for c in present if history.clock(c) is not None and history.clock(c) not in names]
    notes = (
        f"{history.name}.{c.name} is left out: the table does not say when it became known "
        f"({history.clock(c)})"
        for c in late
    )
    return [column for column in present if column not in late], tuple(notes)


def _typed(
    engine: Engine,
    name: str,
    table: TableConfig,
    columns: list[Column],
    mapping: Mapping[str, str],
    raw: ir.Table,
) -> ir.Table:
    """Return the table with our names and types, refusing what does not convert."""
    raw = raw.select(**{column.name: raw[mapping[column.name]] for column in columns})
    typed = {column.name: _convert(engine, raw[column.name], column, table) for column in columns}
    faults = checks.bad_values(engine, name, columns, raw, typed)
    if faults:
        raise DataError(faults)
    return raw.select(**typed)


def _convert(engine: Engine, value: ir.Value, column: Column, table: TableConfig) -> ir.Value:
    """Return a column in its declared type; null where a value does not convert."""
    match column.type:
        case "time":
            return engine.instant(value, table.time_format)
        case "money" | "number":
            if value.type().is_string() and table.decimal == ",":
                value = value.replace(",", ".")
            return value.try_cast(column.storage)
        case "count":
            number = value.try_cast("float64")
            whole = ibis.ifelse(number == number.floor(), number, ibis.null("float64"))
            return whole.try_cast("int64")
        case "flag":
            text = value.cast("string").lower()
            return ibis.cases((text.isin(TRUE), True), (text.isin(FALSE), False))
        case _:
            return value.cast(column.storage)


def _kept(name: str, table: TableConfig, typed: ir.Table) -> ir.Table:
    for rule in table.keep:
        if rule.column not in typed.columns:
            near = nearest(rule.column, typed.columns)
            raise ConfigError(f"data.{name}.keep: there is no column {rule.column!r}; {near}")
        typed = typed.filter(obeys(typed, rule))
    return typed


def obeys(table: ir.Table, rule: Rule) -> ir.BooleanValue:
    """Return which rows a rule speaks of."""
    column = table[rule.column]
    if rule.above is not None:
        return column > rule.above
    if rule.below is not None:
        return column < rule.below
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in rule.among]
    return column.cast("string").isin(wanted)


def _with_event_time(engine: Engine, history: History, table: ir.Table) -> ir.Table:
    """Add the event's instant and its local day, weekday and hour; null for timeless traits."""
    timed = history.time in table.columns
    instant = table[history.time] if timed else ibis.null("int64")
    return table.mutate(event_time=instant, **engine.local_parts(instant))
