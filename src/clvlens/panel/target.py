"""What happened after a cutoff: outcomes, and what a lever gave; the only reader of the future."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from clvlens.histories.decisions import Arm, Rows
from clvlens.histories.exact import DAY, HOUR, real, total
from clvlens.histories.subscriptions import PAYMENT_FAILED
from clvlens.panel.matching import matches
from clvlens.panel.snapshot import KEYS
from clvlens.panel.world import World

AT_RISK = "subscriptions__active_ever"  # the feature that is above 0 for who can churn by contract


def outcomes(world: World, rows: ir.Table, days: int) -> ir.Table:
    """Return what each row's customer brought in the `days` from the cutoff on.

    Grain: one row a customer and cutoff, with those who bought nothing. Columns: `value` (money,
    revenue or margin, net of refunds given in the window, whichever order they belong to),
    `orders` (rows with a positive amount), `churned` (1 without any order). Contractual churn is
    missing for who had no subscription to lose; see `endings`, which may add `involuntary`. The
    window is half-open: it holds the cutoff and ends before cutoff + days.
    """
    rows = rows.select(*KEYS)
    bought = _bought(world, rows, days)
    if not world.config.target.is_contractual:
        return bought.mutate(churned=ibis.ifelse(bought.orders > 0, 0.0, 1.0))
    lost = endings(world, rows, days)
    kinds = [name for name in lost.columns if name not in KEYS]
    return bought.left_join(lost, list(KEYS)).select(*bought.columns, *kinds)


def endings(world: World, rows: ir.Table, days: int) -> ir.Table:
    """Return which of the customers with an active subscription at the cutoff lost it.

    Grain: one row a customer and cutoff at risk. Columns: `churned` (1 where no subscription is
    active `days` later, or for `contractual_any` where one of those active at the cutoff ended)
    and, where reasons are recorded, `involuntary` (of who churned, 1 where the last to end was
    lost to failed payment; else missing). Who is at risk is what the features say: an end that
    they do not know yet is still to come.
    """
    states = _states(world, rows, days)
    ended = states.was_active & states.ended
    churned = ended.any()
    if world.config.target.churn == "contractual":
        churned = ~states.goes_on.any()
    columns = {"at_risk": states.active.any(), "churned": churned}
    if "cancel_reason" in states.columns:
        failed = ended & (states.cancel_reason == PAYMENT_FAILED)
        last = states.ended_at.max(where=failed) == states.ended_at.max(where=ended)
        columns["involuntary"] = ibis.ifelse(churned, last.fill_null(False), ibis.null("boolean"))
    found = states.group_by(*KEYS).aggregate(**columns)
    kinds = {name: found[name].cast("float64") for name in columns if name != "at_risk"}
    return found.filter(found.at_risk).select(*KEYS, **kinds)


def _bought(world: World, rows: ir.Table, days: int) -> ir.Table:
    """Return value and orders of every row."""
    orders = world.histories["orders"].table
    joined = rows.join(orders, "customer_id")
    inside = _within(joined.event_time, joined.cutoff, days)
    earned = joined.amount
    if world.config.target.value == "margin":
        earned = earned - joined.cost
    value = total(earned, inside)
    if "refund_amount" in orders.columns:
        value = value - total(
            joined.refund_amount, _within(joined.refunded_at, joined.cutoff, days)
        )
    count = (inside & (joined.amount > 0)).cast("int64").sum()
    future = joined.group_by(*KEYS).aggregate(value=value, orders=count)
    table = rows.left_join(future, list(KEYS))
    return table.select(
        *KEYS,
        value=table.value.fill_null(0.0),
        orders=table.orders.fill_null(0).cast("float64"),
    )


def _states(world: World, rows: ir.Table, days: int) -> ir.Table:
    """Return the states of subscriptions begun in time, and what became of each.

    `active` is known at the cutoff, `was_active` says so of any state of the subscription;
    `ended` and `goes_on` are true at the end of the window.
    """
    subscriptions = world.histories["subscriptions"]
    t = rows.join(subscriptions.table, "customer_id")
    t = t.filter(t.event_time < t.cutoff + days * DAY)
    known, end = t.cutoff - subscriptions.lag, t.cutoff + days * DAY
    gone = [t[name] for name in ("ended_at", "changed_at") if name in t.columns]
    active, goes_on = t.event_time < known, ibis.literal(True)
    for instant in gone:
        active &= instant.isnull() | (instant >= known)
        goes_on &= instant.isnull() | (instant >= end)
    t = t.mutate(active=active, goes_on=goes_on, ended=(t.ended_at < end).fill_null(False))
    if "subscription_id" not in t.columns:
        return t.mutate(was_active=t.active)
    alike = ibis.window(group_by=[*KEYS, "subscription_id"])
    return t.mutate(
        was_active=ibis.ifelse(t.subscription_id.isnull(), t.active, t.active.any().over(alike))
    )


def _within(instant: ir.Value, cutoff: ir.Value, days: float) -> ir.BooleanValue:
    return (instant >= cutoff) & (instant < cutoff + int(days * DAY))


def exposures(world: World, rows: ir.Table, arm: Arm, kind: str) -> ir.Table:
    """Return what each row's customer was given from the cutoff on: `arm`, missing if not known.

    It is 1 or 0, or for a dose the hours. An event is known where there was occasion for it, and
    is 1 if every occasion in the window had the target.
    """
    rows = rows.select(*KEYS)
    events = world.histories[arm.history]
    joined = rows.join(events.table.filter(matches(events, arm)), "customer_id")
    joined = joined.filter(_within(joined.event_time, joined.cutoff, arm.within_days))
    if kind != "event":
        first = joined.group_by(*KEYS).aggregate(first=joined.event_time.min())
        joined = joined.join(first, list(KEYS))
        joined = joined.filter(joined.event_time == joined["first"])
    given = joined.group_by(*KEYS).aggregate(arm=_given(joined, arm))
    table = rows.left_join(given, list(KEYS))
    known = table["arm"]
    having = arm.column is None and arm.until is None
    return table.select(*KEYS, arm=known.fill_null(0.0) if having else known)


def _given(joined: ir.Table, arm: Arm) -> ir.Value:
    if arm.until is not None and arm.by is not None:
        kept = (joined[arm.until] <= joined[arm.by]).fill_null(False)
        return ibis.ifelse(joined[arm.by].isnull(), ibis.null("float64"), real(kept)).min()
    if arm.until is not None:
        return real((joined[arm.until] - joined.event_time).min()) / float(HOUR)
    if arm.column is None:
        return (joined.count() > 0).cast("float64")
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in arm.among]
    return joined[arm.column].cast("string").isin(texts).cast("float64").min()


def tallies(world: World, rows: ir.Table, wanted: Rows, days: int) -> ir.Table:
    """Return how many rows of a kind each customer had in the days from the cutoff: `tally`."""
    rows = rows.select(*KEYS)
    events = world.histories[wanted.history]
    joined = rows.join(events.table.filter(matches(events, wanted)), "customer_id")
    joined = joined.filter(_within(joined.event_time, joined.cutoff, days))
    table = rows.left_join(
        joined.group_by(*KEYS).aggregate(tally=joined.count().cast("float64")), list(KEYS)
    )
    return table.select(*KEYS, tally=table.tally.fill_null(0.0))
