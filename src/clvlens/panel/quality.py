"""What the histories of a run hold, in numbers: gaps, repeats, lags, spans and the population."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from clvlens.histories.exact import DAY
from clvlens.panel.snapshot import known_customers
from clvlens.panel.typed import Events
from clvlens.panel.world import World


@dataclass(frozen=True)
class HistoryQuality:
    """One history, as it was read.

    `columns` has a row a column (`column`, `meaning`, `missing`: share of rows without a value).
    `lags` has a row a clock beside the event's own (`column`, `known`: rows, `before`: share of
    them before the event, `median_days`, `p90_days`). `by_month` has `month` (first day), `rows`
    and `customers`. `repeats` are rows that equal another in every column that is read.
    """

    name: str
    meaning: str
    rows: int
    customers: int
    first: int | None
    last: int | None
    repeats: int
    columns: pd.DataFrame
    lags: pd.DataFrame
    by_month: pd.DataFrame


@dataclass(frozen=True)
class Quality:
    """All histories, and by month the customers known at its end, buying in it, and new to it.

    `population` has `month`, `known`, `buyers` and `new`; `orders_each` how many customers made
    how many orders, 0 included.
    """

    histories: Mapping[str, HistoryQuality]
    population: pd.DataFrame
    orders_each: pd.Series


def measure_quality(world: World) -> Quality:
    """Return what every history of a world holds."""
    found = {name: _history(world, events) for name, events in world.histories.items()}
    return Quality(found, _population(world), _orders_each(world))


def _history(world: World, events: Events) -> HistoryQuality:
    table, history = events.table, events.history
    own = [column for column in history.columns if column.name in table.columns]
    rows, customers, first, last, *filled = world.engine.row(
        table.aggregate(
            rows=table.count(),
            customers=table.customer_id.nunique(),
            first=table.event_time.min(),
            last=table.event_time.max(),
            **{f"c{i}": table[column.name].count() for i, column in enumerate(own)},
        )
    )
    names = [column.name for column in own]
    columns = pd.DataFrame(
        {
            "column": names,
            "meaning": [column.meaning for column in own],
            "missing": [1 - known / rows if rows else 0.0 for known in filled],
        }
    )
    return HistoryQuality(
        name=history.name,
        meaning=history.meaning,
        rows=rows,
        customers=customers,
        first=first,
        last=last,
        repeats=rows - world.engine.count(table.select(names).distinct()),
        columns=columns,
        lags=pd.DataFrame(_lags(world, events), columns=_LAGS),
        by_month=_by_month(world, table),
    )


_LAGS = ["column", "known", "before", "median_days", "p90_days"]


def _lags(world: World, events: Events) -> Iterator[tuple[object, ...]]:
    """Yield how long after the event each of its other times came."""
    table, history = events.table, events.history
    for column in history.columns:
        late = column.type == "time" and history.clock(column) == column.name
        if not late or column.name not in table.columns or history.time not in table.columns:
            continue
        lag = table[column.name] - table.event_time
        known, before, median, p90 = world.engine.row(
            table.aggregate(
                known=lag.count(),
                before=(lag < 0).cast("int64").sum(),
                median=lag.quantile(0.5),
                p90=lag.quantile(0.9),
            )
        )
        if known:
            yield column.name, known, before / known, median / DAY, p90 / DAY


def _by_month(world: World, table: ir.Table) -> pd.DataFrame:
    timed = table.filter(table.event_time < world.ends)
    timed = timed.mutate(month=_month(timed.day))
    counted = timed.group_by("month").aggregate(
        rows=timed.count(), customers=timed.customer_id.nunique()
    )
    return _monthly(world.engine.frame(counted))


def _population(world: World) -> pd.DataFrame:
    known = known_customers(world)
    known = known.filter(known.known_since < world.ends)
    known = known.mutate(month=_month(world.engine.local_parts(known.known_since)["day"]))
    new = world.engine.frame(known.group_by("month").aggregate(new=known.count()))
    bought = _bought(world)
    bought = bought.mutate(month=_month(bought.day))
    buyers = world.engine.frame(
        bought.group_by("month").aggregate(buyers=bought.customer_id.nunique())
    )
    table = _monthly(new.merge(buyers, on="month", how="outer"))
    return table.assign(known=table["new"].cumsum())


def _orders_each(world: World) -> pd.Series:
    """Return how many customers made 0, 1, 2, … orders."""
    bought = _bought(world)
    each = bought.group_by("customer_id").aggregate(orders=bought.count())
    counted = world.engine.frame(each.group_by("orders").aggregate(customers=each.count()))
    table = counted.set_index("orders")["customers"].sort_index()
    known = known_customers(world)
    never = world.engine.count(known.filter(known.known_since < world.ends)) - int(table.sum())
    return pd.concat([pd.Series({0: never}), table])


def _bought(world: World) -> ir.Table:
    """Return the orders before the end of the data, without rows that only correct them."""
    orders = world.histories["orders"]
    table = orders.table.filter(orders.table.event_time < world.ends)
    is_event = orders.history.is_event
    return table if is_event is None else table.filter(is_event(table))


def _month(day: ir.IntegerValue) -> ir.DateValue:
    """Return the first day of the month of a local day since 1970."""
    return (ibis.date("1970-01-01") + day.as_interval("D")).cast("date").truncate("M")


def _monthly(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for every month from the first to the last, with 0 where there was nothing."""
    if table.empty:
        return table
    table = table.assign(month=pd.to_datetime(table["month"])).set_index("month").sort_index()
    months = pd.date_range(table.index[0], table.index[-1], freq="MS", name="month")
    return table.reindex(months).fillna(0).astype("int64").reset_index()
