"""The rows of a history that a decision speaks of."""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from clvlens.histories.decisions import Rows
from clvlens.histories.strict import Scalar
from clvlens.panel.typed import Events


def matches(events: Events, rows: Rows) -> ir.BooleanValue:
    """Return which rows of a history are meant; those that only correct others never are."""
    table = events.table
    holds = _is_event(events)
    for column, among in rows.where.items():
        holds = holds & _among(table[column], among)
    for column, among in rows.unlike.items():
        if column in table.columns:
            holds = holds & ~_among(table[column], among).fill_null(False)
    for column in rows.having:
        holds = holds & table[column].notnull()
    for column in rows.without:
        if column in table.columns:
            holds = holds & table[column].isnull()
    return holds


def _is_event(events: Events) -> ir.BooleanValue:
    is_event = events.history.is_event
    return ibis.literal(True) if is_event is None else is_event(events.table)


def _among(value: ir.Value, among: Iterable[Scalar]) -> ir.BooleanValue:
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in among]
    return value.cast("string").isin(texts)
