"""When levers were decided, and what was recorded with the decision: customers and time zeros."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clvlens.errors import ConfigError, nearest
from clvlens.histories.decisions import SIGN_UP, Arm, Decision, Rows
from clvlens.histories.exact import DAY
from clvlens.panel.matching import matches
from clvlens.panel.snapshot import KEYS, known_customers
from clvlens.panel.world import World

NEAR = 7 * DAY  # treated within a week of the median age count as treated at one age
CONCENTRATED = 0.7
AGES = 6  # at most, where there is no usual one


def sign_ups(world: World) -> ir.Table:
    """Return when each customer signed up: `customer_id`, `born`; else when first known."""
    customers = world.histories.get("customers")
    if customers is not None and SIGN_UP.split(".")[1] in customers.table.columns:
        table = customers.table.filter(customers.table.signed_up_at.notnull())
        return table.group_by("customer_id").aggregate(born=table.signed_up_at.min())
    known = known_customers(world)
    return known.select("customer_id", born=known.known_since)


def missing_columns(world: World, decision: Decision) -> list[str]:
    """Return the columns, as history.column, that a decision reads and the tables lack."""

    def there(name: str) -> bool:
        history, column = name.split(".")
        return history in world.histories and column in world.histories[history].table.columns

    return sorted(name for name in decision.reads if not there(name))


@dataclass(frozen=True)
class Zeros:
    """The customers for whom a lever was decided: `KEYS`, `born`, `period`; cutoffs are time zeros.

    `days` are how long after the instant that the decision names they fall: where it falls at the
    usual age and there is none, at several, and `period` numbers them. Empty: nobody was given it.
    """

    table: ir.Table
    days: tuple[float, ...]


def time_zeros(world: World, decision: Decision) -> Zeros:
    """Return for whom a lever was decided, and when.

    Where the decision falls at the usual age, or at several, those who had been given the lever
    before are left out.
    """
    history, column, after = decision.zero
    born = sign_ups(world)
    if f"{history}.{column}" == SIGN_UP:
        firsts = born.mutate(first=born.born)
    else:
        firsts = _firsts(world, history, column, decision.of).join(born, "customer_id")
    ages = [int(after * DAY)] if after is not None else usual_ages(world, decision.arm, firsts)
    tables = [
        firsts.select(
            "customer_id", "born", cutoff=firsts.first + age, period=ibis.literal(float(k))
        )
        for k, age in enumerate(ages or [0])
    ]
    zeros = ibis.union(*tables) if len(tables) > 1 else tables[0]
    if not ages:
        zeros = zeros.limit(0)
    if decision.within_days is not None:
        zeros = zeros.filter(zeros.cutoff < zeros.born + int(decision.within_days * DAY))
    rows = world.engine.keep(zeros.select(*KEYS, "born", "period"))
    if decision.before is not None:
        rows = rows.semi_join(_earlier(world, rows, decision.before), KEYS)
    if after is None:
        rows = rows.anti_join(_earlier(world, rows, _treated(decision.arm)), KEYS)
    return Zeros(rows, tuple(age / DAY for age in ages))


def usual_ages(world: World, arm: Arm, firsts: ir.Table) -> list[int]:
    """Return the age (microseconds since `first`) at which most treated are first treated.

    It is the least of those within a week of the median, if these are most of them. Else several
    evenly spaced ages, those of the first and the last tenth among them, far enough apart for an
    arm to be told in between.
    """
    events = world.histories[arm.history]
    table = events.table.filter(matches(events, _treated(arm)))
    given = table.group_by("customer_id").aggregate(given=table.event_time.min())
    joined = given.join(firsts, "customer_id")
    ages = world.engine.frame(joined.select(age=joined.given - joined.first))["age"]
    ages = ages[ages >= 0]
    if ages.empty:
        return []
    near = ages[(ages - ages.median()).abs() <= NEAR]
    if len(near) >= CONCENTRATED * len(ages):
        return [int(near.min())]
    low, high = ages.quantile([0.1, 0.9])
    count = min(AGES, 1 + int((high - low) / (arm.within_days * DAY)))
    return [int(age) for age in np.linspace(low, high, count)] if count > 1 else [int(low)]


def recorded_beside(world: World, rows: ir.Table, decision: Decision) -> pd.DataFrame:
    """Return the columns that were settled with the row at time zero, but before the decision.

    One row a customer and cutoff; columns are named as history.column. Raises `ConfigError` for
    a column that becomes known later than its row, or that tells the arm itself.
    """
    frames = [world.engine.frame(rows.select(*KEYS))]
    for name in decision.beside:
        history, column = name.split(".")
        events = world.histories.get(history)
        if events is None or column not in events.table.columns:
            continue
        _check_settled(world, decision, history, column)
        joined = rows.select(*KEYS).join(events.table, "customer_id")
        joined = joined.filter(joined.event_time.notnull() & (joined.event_time <= joined.cutoff))
        latest = joined.group_by(*KEYS).aggregate(at=joined.event_time.max())
        joined = joined.join(latest, list(KEYS))
        joined = joined.filter(joined.event_time == joined["at"])
        value = joined[column]
        plain = value.cast("string") if value.type().is_string() else value.cast("float64")
        found = joined.group_by(*KEYS).aggregate(**{name: plain.min()})
        frames.append(world.engine.frame(found))
    merged = frames[0]
    for frame in frames[1:]:
        merged = merged.merge(frame, on=list(KEYS), how="left")
    return merged


def _check_settled(world: World, decision: Decision, history: str, column: str) -> None:
    described = world.histories[history].history
    if clock := described.clock(described.column(column)):
        raise ConfigError(
            f"beside: {history}.{column} becomes known later than its row, at {clock}; adjust for "
            "what was settled before the decision"
        )
    if history == decision.arm.history and column == decision.arm.column:
        raise ConfigError(
            f"beside: {history}.{column} is what was decided; "
            f"{nearest(column, [c.name for c in described.columns if c.name != column])}"
        )


def _treated(arm: Arm) -> Rows:
    where = {**arm.where, **({arm.column: arm.among} if arm.column else {})}
    rest = {"unlike": arm.unlike, "having": arm.having, "without": arm.without}
    return Rows(history=arm.history, where=where, **rest)


def _firsts(world: World, history: str, column: str, of: Rows | None) -> ir.Table:
    events = world.histories[history]
    table = events.table
    if of is not None:
        table = table.filter(matches(events, of))
    table = table.filter(table[column].notnull())
    return table.group_by("customer_id").aggregate(first=table[column].min())


def _earlier(world: World, rows: ir.Table, wanted: Rows) -> ir.Table:
    events = world.histories[wanted.history]
    table = events.table.filter(matches(events, wanted))
    joined = rows.select(*KEYS).join(table.select("customer_id", "event_time"), "customer_id")
    return joined.filter(joined.event_time + events.lag < joined.cutoff).select(*KEYS)
