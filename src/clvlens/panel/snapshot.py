"""Features for any table of customers and cutoffs, from what was known then.

One cutoff for all customers is a case of it, and so is a time of its own for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import ibis
import ibis.expr.types as ir

from clvlens.histories.base import Feature, History
from clvlens.histories.exact import DAY, days
from clvlens.histories.past import Past
from clvlens.panel.sequence import PLACES, in_sequence
from clvlens.panel.typed import Events
from clvlens.panel.world import World

KEYS = ("customer_id", "cutoff")
WIDTH = 12  # features of one grouping: the state of all of them together would not fit the caches
TENURE = Feature("tenure_days", "days since the business first knew the customer", "days",
                 ibis.null("float64"))  # fmt: skip


def population(world: World, cutoff: int) -> ir.Table:
    """Return every customer known before a cutoff, with those who never bought.

    Grain: one row a customer (`customer_id`, `cutoff`).
    """
    known = known_customers(world)
    return known.filter(known.known_since < cutoff).select(
        "customer_id", cutoff=ibis.literal(cutoff, "int64")
    )


def known_customers(world: World) -> ir.Table:
    """Return when the business first knew each customer, from whatever history says so first."""
    firsts = [
        events.table.filter(events.table.event_time.notnull()).select(
            "customer_id", known_since=events.table.event_time + events.lag
        )
        for events in world.histories.values()
    ]
    seen = reduce(lambda one, other: one.union(other), firsts)
    return seen.group_by("customer_id").aggregate(known_since=seen.known_since.min())


def snapshot(world: World, rows: ir.Table) -> ir.Table:
    """Return the features of each row of (`customer_id`, `cutoff`), in the order of `features_of`.

    Grain in and out: one row a customer and cutoff; instants are microseconds since 1970 UTC.
    Numbers are doubles, categories text. Nothing known at or after a row's cutoff is read.
    """
    rows = rows.select(*KEYS)
    table = _with_tenure(world, rows)
    for events in world.histories.values():
        features = _features(world, events, rows)
        if features:
            table = _joined(table, _aggregated(features), features)
    return table


def features_of(world: World) -> dict[str, Feature]:
    """Return every feature of a snapshot by name, without computing any."""
    rows = ibis.table({"customer_id": "string", "cutoff": "int64"}, name="rows")
    features = [TENURE]
    for events in world.histories.values():
        features += _features(world, events, rows)
    return {feature.name: feature for feature in features}


def past_of(
    events: Events, rows: ir.Table, horizon_days: int, look_back_days: int | None = None
) -> Past:
    """Return the rows of a history as they were known before each row's cutoff.

    With `look_back_days`, older events are not read, unless their state lasts: then every cutoff
    sees as much history.
    """
    history = events.history
    joined = rows.join(events.table, "customer_id")
    joined = joined.filter(_visible(joined.event_time, events.lag, joined.cutoff))
    shortened = None if history.lasting else look_back_days
    if shortened is not None:
        oldest = joined.cutoff - shortened * DAY
        joined = joined.filter(joined.event_time.isnull() | (joined.event_time >= oldest))
    masked = {
        column.name: _masked(joined, history, column.name, events.lag)
        for column in history.columns
        if column.name in joined.columns and history.clock(column) is not None
    }
    table = joined.mutate(**masked, elapsed=joined.cutoff - joined.event_time)
    if shortened is not None or not set(PLACES) <= set(table.columns):
        table = in_sequence(table, history, KEYS)
    return Past(
        history.name,
        history.noun,
        _as_shown(table, events.lag),
        history.attributes,
        horizon_days,
        events.lag,
    )


def _visible(instant: ir.Value, lag: int, cutoff: ir.Value) -> ir.BooleanValue:
    """Half-open: what is known at the cutoff itself is future. Timeless traits are always known."""
    return instant.isnull() | (instant + lag < cutoff)


def _masked(table: ir.Table, history: History, name: str, lag: int) -> ir.Value:
    value, clock = table[name], table[history.clock(history.column(name))]
    return ibis.ifelse(clock + lag < table.cutoff, value, ibis.null(value.type()))


def _as_shown(table: ir.Table, lag: int) -> ir.Table:
    """Tell which event is the latest before the cutoff, and hide what comes next from it."""
    hidden = table.next_time.isnull() | ~_visible(table.next_time, lag, table.cutoff)
    return table.mutate(
        is_latest=table.is_event & hidden,
        next_day=ibis.ifelse(hidden, ibis.null("int64"), table.next_day),
    ).drop("next_time")


def _features(world: World, events: Events, rows: ir.Table) -> list[Feature]:
    config = world.config
    past = past_of(events, rows, config.target.horizon_days, config.look_back_days)
    return list(events.history.features(past))


def _aggregated(features: list[Feature]) -> ir.Table:
    relations = {table for feature in features for table in feature.expression.op().relations}
    if len(relations) != 1:
        raise TypeError(f"{features[0].name}: derive every column before the first feature")
    past = relations.pop().to_expr()
    parts = [
        past.group_by(*KEYS).aggregate(**{f.name: f.expression for f in features[i : i + WIDTH]})
        for i in range(0, len(features), WIDTH)
    ]
    return reduce(lambda one, other: one.join(other, list(KEYS)), parts)


def _with_tenure(world: World, rows: ir.Table) -> ir.Table:
    joined = rows.left_join(known_customers(world), "customer_id")
    age = days(joined.cutoff - joined.known_since)
    known = ibis.ifelse(joined.known_since < joined.cutoff, age, ibis.null("float64"))
    return joined.select(*KEYS, **{TENURE.name: known})


def _joined(table: ir.Table, aggregated: ir.Table, features: Iterable[Feature]) -> ir.Table:
    """Add one history's features; customers without events get the declared empty value."""
    joined = table.left_join(aggregated, list(KEYS))
    return joined.select(
        *table.columns,
        **{feature.name: _filled(joined[feature.name], feature) for feature in features},
    )


def _filled(value: ir.Value, feature: Feature) -> ir.Value:
    if feature.is_category:
        return value
    value = value.cast("float64")
    return value if feature.empty is None else value.fill_null(float(feature.empty))
