"""What each history recorded month by month, all months known as early as each other.

A value that becomes known later counts as known if that was within `GRACE_DAYS` of its event.
Otherwise the newest months would look as if nothing were answered any more.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from clvlens.histories.base import Column, History
from clvlens.histories.exact import DAY, HOUR, real
from clvlens.panel.instants import to_time
from clvlens.panel.world import World

GRACE_DAYS = 14
MEASURED = ("money", "number", "count", "flag", "category")


def measures(world: World, name: str, since: int) -> pd.DataFrame:
    """Return a history's events from an instant on, a row an event, without ids.

    Columns: `customer_id`, `month` (local, as `2024-03`), one a measured column, and
    `hours_to_…` for each time that comes after the event. Events so young that what is known of
    them may still change are left out.
    """
    events = world.histories[name]
    table, history = events.table, events.history
    until = world.ends - GRACE_DAYS * DAY - events.lag
    chosen = table.filter(
        table.event_time.notnull(), table.event_time >= since, table.event_time < until
    )
    if history.is_event is not None:
        chosen = chosen.filter(history.is_event(chosen))
    columns = {
        column.name: _value(chosen, history, column)
        for column in history.columns
        if column.name in chosen.columns and column.type in MEASURED
    }
    delays = {
        f"hours_to_{column.name.removesuffix('_at')}": _delay(chosen, column)
        for column in history.columns
        if column.name in chosen.columns and column.type == "time" and column.name != history.time
        and column.known_at is None
    }  # fmt: skip
    frame = world.engine.frame(
        chosen.select("customer_id", "event_time", **columns, **delays).order_by(
            "event_time", "customer_id"
        )
    )
    return frame.assign(month=months(world, frame.pop("event_time")))


def months(world: World, instants: pd.Series) -> pd.Series:
    """Return the local months of instants, as `2024-03`."""
    times = pd.to_datetime(instants, unit="us", utc=True).dt.tz_convert(world.config.time_zone)
    return times.dt.strftime("%Y-%m")


def whole_months(world: World) -> list[str]:
    """Return the months of which everything is known, from the first order's on."""
    first = to_time(world.starts, world.config.time_zone).strftime("%Y-%m")
    last = to_time(world.ends - GRACE_DAYS * DAY, world.config.time_zone).strftime("%Y-%m")
    return [str(month) for month in pd.period_range(first, last, freq="M")][1:-1]


def _value(table: ir.Table, history: History, column: Column) -> ir.Value:
    """Return a column's value as known within the grace; flags and numbers as doubles."""
    value = table[column.name]
    if column.type != "category":
        value = real(value.cast("int64")) if column.type == "flag" else real(value)
    clock = history.clock(column)
    if clock is None or clock not in table.columns:
        return value
    in_time = table[clock] - table.event_time < GRACE_DAYS * DAY
    return ibis.ifelse(in_time, value, ibis.null(value.type()))


def _delay(table: ir.Table, column: Column) -> ir.Value:
    """Return the hours from the event to a later time, missing where that is beyond the grace."""
    elapsed = table[column.name] - table.event_time
    in_time = elapsed.between(0, GRACE_DAYS * DAY)
    return ibis.ifelse(in_time, real(elapsed) / HOUR, ibis.null("float64"))
