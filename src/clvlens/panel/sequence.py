"""The place of every event among its customer's: the dearest part of a snapshot, so found once.

What a cutoff shows of a history is a beginning of it, in which every event has the place that it
has in the whole. So places found when the history is read serve every cutoff, unless they hang on
what the cutoff hides: then they are found anew for each.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from clvlens.histories.base import History
from clvlens.panel.engine import Engine

PLACES = ("sequence", "gap", "first_day", "next_time", "next_day")
TOLD_BY_TIME = {"is_event", "event_time", "elapsed", "day", "weekday", "hour"}


def numbered(engine: Engine, history: History, table: ir.Table) -> ir.Table:
    """Return events with their places, if those are the same at every cutoff that shows them."""
    ties = settled_by(engine, history, table)
    if ties is None:
        return table
    return engine.keep(in_sequence(table, history, ["customer_id"], ties))


def settled_by(engine: Engine, history: History, table: ir.Table) -> list[str] | None:
    """Return the columns that tell simultaneous events apart, whatever a cutoff hides.

    Nothing where there are none: where events have no time, so that all cutoffs show them, or
    where some have no key and what else tells them apart may become known later.
    """
    ties, has_key = _ties(history, table), history.key in table.columns
    unnamed = table[history.key].isnull() if has_key else ibis.literal(True)
    counts = {"timeless": table.event_time.isnull(), "unnamed": _is_event(history, table) & unnamed}
    timeless, unnamed = engine.row(
        table.aggregate(**{name: table.count(where=rows) for name, rows in counts.items()})
    )
    if timeless:
        return None
    if has_key and not unnamed:
        return [str(history.key)]
    late = {c.name for c in history.columns if history.clock(c) is not None}
    return None if late & set(ties) else ties


def in_sequence(
    table: ir.Table, history: History, alike: Iterable[str], ties: Iterable[str] | None = None
) -> ir.Table:
    """Number the events of each group by time, then by `ties`: the key and every column's value.

    Adds `is_event` and, null where that is false, `sequence` (1 = the first), `gap` since the
    event before, `first_day`, `next_time` and `next_day`. All come of one sort.
    """
    table = table.drop(*(name for name in PLACES if name in table.columns))
    table = table.mutate(is_event=_is_event(history, table))
    groups = [*alike, "is_event"]
    ties = _ties(history, table) if ties is None else ties
    order = [table[name] for name in ("event_time", *ties)]
    ahead, together = ibis.window(group_by=groups, order_by=order), ibis.window(group_by=groups)
    numbers = {
        "sequence": ibis.row_number().over(ahead) + 1,
        "gap": (table.event_time - table.event_time.lag()).over(ahead),
        "first_day": table.day.min().over(together),
        "next_time": table.event_time.lead().over(ahead),
        "next_day": table.day.lead().over(ahead),
    }
    null = ibis.null("int64")
    return table.mutate(
        **{name: ibis.ifelse(table.is_event, value, null) for name, value in numbers.items()}
    )


def _ties(history: History, table: ir.Table) -> list[str]:
    """Return the columns that may tell simultaneous events apart, the key first."""
    told = {"customer_id", "cutoff", history.time, *TOLD_BY_TIME, *PLACES}
    key = [history.key] if history.key in table.columns else []
    return [name for name in dict.fromkeys((*key, *sorted(table.columns))) if name not in told]


def _is_event(history: History, table: ir.Table) -> ir.BooleanValue:
    return history.is_event(table) if history.is_event else ibis.literal(True)
