"""Whether tables agree with each other and with the calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import ibis.expr.types as ir

from clvlens.config import Config
from clvlens.errors import DataError, Fault
from clvlens.panel.engine import Engine
from clvlens.panel.instants import show, to_instant
from clvlens.panel.remarks import Remark, remarks_on_ids, remarks_on_span, rows_of, shape
from clvlens.panel.typed import Events

FEW_LATE = 0.001  # of the rows; more that lie after the data's end are no slip of a clock
FEWEST = 10  # customers of a table; fewer may well share none with another
MONTHS = 60  # days; a table that ends earlier than that before the orders may not have been filled


def remarks_on_agreement(
    config: Config, engine: Engine, histories: Mapping[str, Events]
) -> tuple[Remark, ...]:
    """Count what tables say against each other.

    Raises `DataError` where they share no customer, where too many rows lie after the data's end,
    or where a table ends longer before the orders than `max_lag_days` allows.
    """
    tables = {name: events.table for name, events in histories.items()}
    faults = [*_strangers(engine, tables), *_overdue(config, engine, tables)]
    late = list(_after_the_end(config, engine, tables))
    faults += [fault for fault in late if isinstance(fault, Fault)]
    if faults:
        raise DataError(faults)
    return (
        *(remark for remark in late if isinstance(remark, Remark)),
        *_before_sign_up(engine, tables),
        *(remark for name in tables if name != "orders"
          for remark in remarks_on_span(name, *_newest(engine, tables, name), MONTHS)),
        *remarks_on_ids(engine, tables),
    )  # fmt: skip


def end_of_knowledge(config: Config) -> int:
    """Return the instant after which nothing can be known: as stated, else a day from now."""
    if config.data_ends is not None:
        return to_instant(config.data_ends, config.time_zone)
    return to_instant(dt.datetime.now(dt.UTC) + dt.timedelta(days=1), "UTC")


def _after_the_end(
    config: Config, engine: Engine, tables: Mapping[str, ir.Table]
) -> Iterator[Fault | Remark]:
    ends = end_of_knowledge(config)
    stated = config.data_ends is not None
    when = f"data_ends ({show(ends, config.time_zone)})" if stated else "today"
    for name, table in tables.items():
        after = table.event_time >= ends
        count, rows = engine.row(
            table.aggregate(n=after.cast("int64").sum().fill_null(0), rows=table.count())
        )
        problem = f"{count:,} of {rows_of(rows)} are later than {when}"
        if count > FEW_LATE * rows:
            mend = "correct data_ends or the times" if stated else "correct the times"
            yield Fault(name, problem, mend)
        elif count:
            yield Remark(name, f"{problem}; not used", rows=int(count))


def _strangers(engine: Engine, tables: Mapping[str, ir.Table]) -> Iterator[Fault]:
    """Yield a fault for each table none of whose customers ever ordered, by the looks of their ids.

    Ids are personal: only what they look like is told.
    """
    buyers = engine.keep(tables["orders"].select("customer_id").distinct())
    for name, table in tables.items():
        theirs = engine.keep(table.select("customer_id").distinct())
        known, buying = engine.count(theirs), engine.count(buyers)
        if min(known, buying) < FEWEST or engine.count(theirs.semi_join(buyers, "customer_id")):
            continue
        ours, other = (engine.row(ids.order_by("customer_id").limit(1))[0] for ids in
                       (buyers, theirs))  # fmt: skip
        problem = (
            f"none of its {known:,} customers has an order; ids look like {shape(other)!r} here "
            f"and like {shape(ours)!r} in orders"
        )
        yield Fault(name, problem, "give both tables the same ids", "customer_id")


def _newest(engine: Engine, tables: Mapping[str, ir.Table], name: str) -> tuple[int | None, int]:
    last, orders = (engine.row(tables[n].aggregate(a=tables[n].event_time.max()))[0]
                    for n in (name, "orders"))  # fmt: skip
    return last, orders


def _overdue(config: Config, engine: Engine, tables: Mapping[str, ir.Table]) -> Iterator[Fault]:
    for name in tables:
        most = config.data[name].max_lag_days
        if most is None:
            continue
        for remark in remarks_on_span(name, *_newest(engine, tables, name), most):
            mend = f"bring it up to date, or raise data.{name}.max_lag_days ({most})"
            yield Fault(name, remark.problem, mend)


def _before_sign_up(engine: Engine, tables: Mapping[str, ir.Table]) -> Iterator[Remark]:
    people = tables.get("customers")
    if people is None or "signed_up_at" not in people.columns:
        return
    signed = people.select("customer_id", "signed_up_at")
    for name, table in tables.items():
        if name == "customers":
            continue
        both = table.select("customer_id", "event_time").join(signed, "customer_id")
        early = (both.event_time < both.signed_up_at).cast("int64").sum().fill_null(0)
        (count,) = engine.row(both.aggregate(n=early))
        if count:
            problem = f"{rows_of(count)} from before the customer's sign-up"
            yield Remark(name, f"{problem}; they count all the same", rows=int(count))
