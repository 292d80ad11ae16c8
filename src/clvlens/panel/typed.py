"""Raw tables to typed, validated events: renamed once, converted strictly, never sniffed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import ibis
import ibis.expr.types as ir

from clvlens.config import Config
from clvlens.config.tables import TableConfig
from clvlens.errors import ConfigError, DataError, Fault, nearest
from clvlens.histories.base import Column, History
from clvlens.histories.exact import DAY
from clvlens.panel import checks
from clvlens.panel.checks import Read
from clvlens.panel.engine import Engine
from clvlens.panel.remarks import Remark, is_strange_time, remarks_on, rows_of
from clvlens.panel.repeats import without_repeats
from clvlens.panel.rules import kept
from clvlens.panel.sequence import numbered
from clvlens.panel.source import ROW, id_text, open_table, whole
from clvlens.panel.written import money, number
from clvlens.personal import names_somebody

PERSON = "one whose name may be personal"
TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")


@dataclass(frozen=True)
class Events:
    """One history's typed rows: its columns, `event_time`, `day`, `weekday` and `hour`.

    Beside them stands the place of each event where all cutoffs agree on it; see `numbered`.

    `lag` is how many microseconds after they happened the rows arrive. `columns` are the table's
    names of the columns that are read, by ours.
    """

    history: History
    table: ir.Table
    lag: int = 0
    remarks: tuple[Remark, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


def read_events(config: Config, engine: Engine, name: str) -> Events:
    """Read one history's table.

    Raises `DataError` with all faults of the table, `ConfigError` where the table is not
    described rightly.
    """
    with engine.reading(name):
        return _read_events(config, engine, name)


def _read_events(config: Config, engine: Engine, name: str) -> Events:
    table, history = config.data[name], config.history(name)
    known = _known_columns(history, table)
    mapping = checks.mapping_of(name, history, known, table)
    engine.check_time_format(name, table.time_format)
    have = open_table(config, engine, name).columns
    faults = checks.missing_columns(name, known, mapping, table, have)
    present, remarks = _with_clocks(history, [c for c in known if mapping[c.name] in have])
    present = _with_duties(known, present)
    if odd := checks.odd_types(name, present, mapping, open_table(config, engine, name)):
        raise DataError([*faults, *odd])
    read = partial(_converted, config, engine, name, present, mapping)
    faults += checks.bad_values(engine, name, present, table, read)
    faults += _faults_of_the_run(config, engine, name, present, have, read)
    if faults:
        raise DataError(faults)
    raw, typed = read(False)
    remarks += checks.unfilled(engine, history, table.keep, open_table(config, engine, name), raw)
    events, strange = _sensible(engine, name, present, raw, typed)
    rules = table.keep
    if table.grain == "line" and history.lines:
        of_lines = tuple(rule for rule in rules if rule.column in table.attributes)
        events = history.lines.fold(kept(events, history, of_lines))
        rules = tuple(rule for rule in rules if rule not in of_lines)
    events = engine.keep(with_event_time(engine, history, kept(events, history, rules)))
    remarks += (*_unread(table, mapping, have, name), *strange)
    columns = {column.name: mapping[column.name] for column in present}
    if engine.count(events) == 0:
        if history.required or table.keep:
            mend = f"check the file and data.{name}.keep, or leave the table out"
            raise DataError([Fault(name, "the table has no rows", mend)])
        remarks += (Remark(name, "the table has no rows"),)
        return Events(history, events, 0, remarks, columns)
    if history.key in events.columns and table.grain != "line":
        events, repeats = without_repeats(engine, history, table, events, read)
        remarks += repeats
    remarks += remarks_on(engine, history, present, events)
    remarks += checks.never_known(engine, history, events)
    if config.look_back_days is None or history.lasting:
        events = numbered(engine, history, events)
    return Events(history, events, int(table.lag_days * DAY), remarks, columns)


def _faults_of_the_run(
    config: Config,
    engine: Engine,
    name: str,
    present: list[Column],
    have: Sequence[str],
    read: Read,
) -> list[Fault]:
    """Return what contradicts the run's currency and time zone."""
    faults, table = [], config.data[name]
    column = table.currency or "currency"
    of_money = any(c.type == "money" for c in present)
    chosen = any(
        table.attributes.get(rule.column) == column and rule.among == (config.currency,)
        for rule in table.keep
    )
    if column in have and of_money and not chosen:
        rows = open_table(config, engine, name)
        faults += checks.other_currencies(engine, name, column, config.currency, rows)
    elif table.currency and column not in have:
        place = f"name it under data.{name}.currency; {nearest(column, have)}"
        faults.append(Fault(name, f"the table has no column {column!r}", place, "currency"))
    if "time_zone" not in config.model_fields_set and not table.time_format:
        faults += checks.mixed_zones(engine, name, present, read)
    return faults


def _sensible(
    engine: Engine,
    name: str,
    present: list[Column],
    raw: ir.Table,
    typed: Mapping[str, ir.Value],
) -> tuple[ir.Table, tuple[Remark, ...]]:
    """Return the events without times that stand for never, such as 9999-12-31, and their count."""
    times = [c for c in present if c.type == "time" and not c.required]
    if not times:
        return raw.select(**typed), ()
    strange = {c: is_strange_time(typed[c.name]) for c in times}
    counts = engine.row(raw.aggregate(
        **{f"n{i}": s.cast("int64").sum().fill_null(0) for i, s in enumerate(strange.values())}
    ))  # fmt: skip
    never = {c.name: ibis.ifelse(s, ibis.null("int64"), typed[c.name]) for c, s in strange.items()}
    remarks = tuple(
        Remark(name, f"{rows_of(n)} before 1900 or after 2199; taken for unknown", c.name, int(n))
        for c, n in zip(times, counts, strict=True) if n
    )  # fmt: skip
    return raw.select(**{**typed, **never}), remarks


def _unread(
    table: TableConfig, mapping: Mapping[str, str | None], have: Sequence[str], name: str
) -> tuple[Remark, ...]:
    """Return a remark of the columns that nothing reads."""
    read = {*mapping.values(), table.currency or "currency", *(other.by for other in table.lookup)}
    unread = [PERSON if names_somebody(column) else column for column in have if column not in read]
    return (Remark(name, f"columns not read: {', '.join(unread)}"),) if unread else ()


def _known_columns(history: History, table: TableConfig) -> tuple[Column, ...]:
    if table.grain != "line":
        return history.columns
    if history.lines is None:
        raise ConfigError(f"data.{history.name}.grain: {history.name} has no lines; leave it out")
    return history.lines.columns_of(history)


def _with_duties(known: Iterable[Column], present: list[Column]) -> list[Column]:
    """Require what stands for a required column that is not there."""
    names = {column.name for column in present}
    duties = {name for c in known if c.required and c.name not in names for name in c.instead}
    return [replace(column, required=column.required or column.name in duties)
            for column in present]  # fmt: skip


def _with_clocks(
    history: History, present: list[Column]
) -> tuple[list[Column], tuple[Remark, ...]]:
    """Leave out what became known later where the table does not say when."""
    names = {column.name for column in present}
    late = [c for c in present if history.clock(c) is not None and history.clock(c) not in names]
    remarks = (
        Remark(
            history.name,
            f"left out, as the table does not say when it became known ({history.clock(c)})",
            c.name,
        )
        for c in late
    )
    return [column for column in present if column not in late], tuple(remarks)


def _converted(
    config: Config,
    engine: Engine,
    name: str,
    columns: list[Column],
    mapping: Mapping[str, str | None],
    numbered: bool,
) -> tuple[ir.Table, Mapping[str, ir.Value]]:
    """Return the raw table with our names, and its columns in our types.

    With row numbers, both have the column `ROW`; the table is then computed at once.
    """
    raw = open_table(config, engine, name, numbered=numbered)
    rows = {ROW: raw[ROW]} if numbered else {}
    raw = raw.select(**{column.name: raw[mapping[column.name]] for column in columns}, **rows)
    table = config.data[name]
    for rule in table.keep:  # these say which rows are read at all, so that others may lack values
        if rule.filled and rule.column in raw.columns:
            raw = raw.filter(raw[rule.column].notnull())
    raw = engine.keep(raw) if numbered else raw
    typed = {column.name: _convert(engine, raw[column.name], column, table) for column in columns}
    return raw, typed | ({ROW: raw[ROW]} if numbered else {})


def _convert(engine: Engine, value: ir.Value, column: Column, table: TableConfig) -> ir.Value:
    """Return a column in its declared type; null where a value does not convert."""
    match column.type:
        case "time":
            return engine.instant(value, table.time_format)
        case "money":
            return money(value, table, column.storage)
        case "number":
            return number(value, table, column.storage)
        case "count":
            return whole(value.try_cast("float64"))
        case "flag":
            text = value.cast("string").lower()
            return ibis.cases((text.isin(TRUE), True), (text.isin(FALSE), False))
        case "id":
            return id_text(value)
        case _:
            return value.cast(column.storage)


def with_event_time(engine: Engine, history: History, table: ir.Table) -> ir.Table:
    """Add the event's instant and its local day, weekday and hour; null for timeless traits."""
    timed = history.time in table.columns
    instant = table[history.time] if timed else ibis.null("int64")
    return table.mutate(event_time=instant, **engine.local_parts(instant))
