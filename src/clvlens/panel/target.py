"""What happened after a cutoff; the only reader of the future."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from clvlens.histories.exact import DAY, total
from clvlens.histories.subscriptions import PAYMENT_FAILED
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


def _within(instant: ir.Value, cutoff: ir.Value, days: int) -> ir.BooleanValue:
    return (instant >= cutoff) & (instant < cutoff + days * DAY)
