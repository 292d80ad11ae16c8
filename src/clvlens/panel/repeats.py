"""Rows that another one repeats, and rows of one key that differ."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from clvlens.config.tables import TableConfig
from clvlens.errors import DataError, Fault
from clvlens.histories.base import History
from clvlens.panel.checks import Read
from clvlens.panel.engine import Engine
from clvlens.panel.remarks import Remark, rows_of
from clvlens.panel.rules import kept
from clvlens.panel.source import ROW

FEW_REPEATS = 0.01  # of the rows; more are no accident


def without_repeats(
    engine: Engine, history: History, table: TableConfig, events: ir.Table, read: Read
) -> tuple[ir.Table, tuple[Remark, ...]]:
    """Return the events without rows that repeat another one whole, and a remark of how many.

    Rows without a key, and rows that only correct events, are left as they are. Raises
    `DataError` where rows of one key differ.
    """
    named = _named(history, events)
    rows, keys = engine.count(named), engine.count(_keys(history, named))
    if rows == keys:
        return events, ()
    once = engine.keep(named.distinct())
    left = engine.count(once)
    repeats = f"{rows - left:,} of {rows_of(rows)}"
    if left > keys:
        raw, typed = read(True)
        numbered = _named(history, kept(raw.select(**typed), history, table.keep))
        raise DataError([_conflict(engine, history, left - keys, numbered)])
    rest = events.filter(~_is_named(history, events))
    if table.repeats == "refuse" and rows - left > FEW_REPEATS * rows:
        problem = f"{repeats} repeat another in every column that is read"
        raise DataError([Fault(history.name, problem, _mend_of_repeats(history))])
    problem = f"{repeats} left out that repeat another in every column that is read"
    return engine.keep(once.union(rest)), (Remark(history.name, problem, rows=rows - left),)


def _conflict(engine: Engine, history: History, count: int, named: ir.Table) -> Fault:
    values = [column for column in named.columns if column != ROW]
    once = named.group_by(values).aggregate(**{ROW: named[ROW].min()})
    alike = ibis.window(group_by=_key(history), order_by=ROW)
    again = once.mutate(nth=ibis.row_number().over(alike)).filter(ibis._.nth > 0)
    (row,) = engine.row(again.aggregate(row=again[ROW].min()))
    problem = f"{rows_of(count)} with the {history.key} of another, first in row {row + 1:,}"
    mend = "state grain: line if rows are lines" if history.lines else "keep one row of each"
    return Fault(history.name, problem, mend, history.key)


def _mend_of_repeats(history: History) -> str:
    copies = f"state data.{history.name}.repeats: drop if they are copies"
    if history.lines is None:
        return f"{copies}, or map the column that tells them apart"
    return f"state grain: line if rows are lines of {history.noun}; {copies}"


def _named(history: History, events: ir.Table) -> ir.Table:
    return events.filter(_is_named(history, events))


def _is_named(history: History, events: ir.Table) -> ir.BooleanValue:
    """Return which rows are events that say which one they are."""
    named = events[history.key].notnull()
    return named & history.is_event(events) if history.is_event else named


def _keys(history: History, events: ir.Table) -> ir.Table:
    return events.select(_key(history)).distinct()


def _key(history: History) -> list[str]:
    """Return what names an event: a key is told apart within its customer."""
    return list(dict.fromkeys(["customer_id", str(history.key)]))
