"""All that a business recorded, and the span of time that it covers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from clvlens.config import Config
from clvlens.errors import ConfigError, DataError, Fault
from clvlens.panel import spark
from clvlens.panel.agreement import end_of_knowledge, remarks_on_agreement
from clvlens.panel.engine import Engine, connect
from clvlens.panel.instants import midnight_after, show, to_instant
from clvlens.panel.remarks import Remark
from clvlens.panel.rules import obeys
from clvlens.panel.typed import Events, read_events

RULE = "left out by the rule: "  # begins a remark's words that may name customers
QUARTER = 15 * 60 * 1_000_000  # microseconds; time zones differ by multiples of it


@dataclass(frozen=True)
class World:
    """All histories of a run, and the instants between which orders are known.

    `starts` is the first order's instant; `ends` the first instant about which nothing is known.
    """

    config: Config
    engine: Engine
    histories: Mapping[str, Events]
    starts: int
    ends: int
    remarks: tuple[Remark, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd in the data, a line each."""
        return tuple(map(str, self.remarks))

    def show(self, instant: int) -> str:
        """Return an instant as a date of the run's time zone."""
        return show(instant, self.config.time_zone)


def read_world(config: Config) -> World:
    """Read and check every table of a configuration.

    Raises `ConfigError` or `DataError` with everything that is wrong with a table at once.
    """
    with config.locating():
        return _read_world(config)


def _read_world(config: Config) -> World:
    engine = _connect(config)
    histories = {name: read_events(config, engine, name) for name in config.histories}
    remarks = tuple(remark for events in histories.values() for remark in events.remarks)
    remarks += remarks_on_agreement(config, engine, histories)
    _check_margin(config, engine, histories["orders"].table)
    _check_contract(config, histories)
    histories, left_out = _leave_out(config, engine, histories)
    histories = _limit(engine, histories, config.customers)
    starts, ends = _span(config, engine, histories["orders"].table)
    return World(config, engine, histories, starts, ends, remarks + left_out)


def _connect(config: Config) -> Engine:
    settings = config.engine
    if settings.kind == "spark":
        return spark.connect(config.time_zone, settings)
    return connect(config.time_zone, memory_limit=settings.memory_limit, threads=settings.threads)


def _check_margin(config: Config, engine: Engine, orders: ir.Table) -> None:
    """Refuse to predict margin where a cost is unknown: it would count as none."""
    if config.target.value != "margin":
        return
    if "cost" not in orders.columns:
        raise ConfigError(
            "target.value: margin needs the cost of every order, and data.orders has none; "
            "name its column under data.orders.columns, or predict revenue"
        )
    unknown = engine.count(orders.filter(orders.cost.isnull()))
    if unknown:
        problem = f"{unknown:,} orders or refunds without a cost"
        mend = "margin needs it for every row, 0 where nothing was spent; or predict revenue"
        raise DataError([Fault("orders", problem, mend, "cost")])


def _check_contract(config: Config, histories: Mapping[str, Events]) -> None:
    """Refuse to predict the end of subscriptions whose end is not recorded."""
    if config.target.is_contractual and "ended_at" not in histories["subscriptions"].table.columns:
        raise ConfigError(
            f"target.churn: {config.target.churn} needs to know when subscriptions ended, and "
            "data.subscriptions has no ended_at; name its column under data.subscriptions.columns"
        )


def _leave_out(
    config: Config, engine: Engine, histories: Mapping[str, Events]
) -> tuple[Mapping[str, Events], tuple[Remark, ...]]:
    """Leave out customers by rule, and say how many."""
    remarks, place = [], "population.leave_out"
    for rule in config.population.leave_out:
        if "customers" not in histories:
            raise ConfigError(f"{place} needs data.customers, the table that its rules read")
        customers = histories["customers"]
        spoken_of = obeys(customers.table, customers.history, rule, place)
        out = engine.keep(customers.table.filter(spoken_of).select("customer_id").distinct())
        count = engine.count(out)
        remarks.append(Remark("customers", f"{count:,} {RULE}{rule}", rows=count))
        histories = _filtered(engine, histories, lambda t, out=out: t.anti_join(out, "customer_id"))
    return histories, tuple(remarks)


def drawn(world: World, sample: int | None) -> World:
    """Return the world of so many customers, drawn by the hash of their id; none means all."""
    return replace(world, histories=_limit(world.engine, world.histories, sample))


def _limit(
    engine: Engine, histories: Mapping[str, Events], customers: int | None
) -> Mapping[str, Events]:
    """Keep a fixed choice of customers by the hash of their id; none means all."""
    if customers is None:
        return histories
    ids = ibis.union(*_twice([events.table.select("customer_id") for events in histories.values()]))
    ids = ids.distinct()
    chosen = engine.keep(ids.order_by(engine.digest(ids.customer_id)).limit(customers))
    return _filtered(engine, histories, lambda t: t.semi_join(chosen, "customer_id"))


def _twice(tables: list[ir.Table]) -> list[ir.Table]:
    """A union needs two tables; the duplicates go with `distinct`."""
    return tables if len(tables) > 1 else tables * 2


def _filtered(
    engine: Engine, histories: Mapping[str, Events], choose: Callable[[ir.Table], ir.Table]
) -> Mapping[str, Events]:
    return {
        name: replace(events, table=engine.keep(choose(events.table)))
        for name, events in histories.items()
    }


def _span(config: Config, engine: Engine, orders: ir.Table) -> tuple[int, int]:
    """Return the first order's instant, and the first instant after the data.

    Where times are dates only, the data reaches to the end of its last day.
    """
    orders = orders.filter(orders.event_time < end_of_knowledge(config))
    time = orders.event_time
    within_day = ((orders.hour > 0) | (time % QUARTER != 0)).any()
    row = orders.aggregate(first=time.min(), last=time.max(), has_clock=within_day)
    first, last, has_clock = engine.row(row)
    if first is None:
        mend = "check population.leave_out and the number of customers"
        raise DataError([Fault("orders", "none is left of the customers chosen", mend)])
    if config.data_ends is not None:
        return first, to_instant(config.data_ends, config.time_zone)
    return first, last + 1 if has_clock else midnight_after(last, config.time_zone)
