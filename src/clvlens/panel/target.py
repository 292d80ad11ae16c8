"""What happened after a cutoff; the only reader of the future."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from clvlens.histories.exact import DAY, total
from clvlens.panel.snapshot import KEYS
from clvlens.panel.world import World


def outcomes(world: World, rows: ir.Table, days: int) -> ir.Table:
    """Return what each row's customer brought in the `days` from the cutoff on.

    Grain: one row a customer and cutoff, with those who bought nothing. Columns: `value` (money,
    revenue or margin, net of refunds given in the window, whichever order they belong to),
    `orders` (rows with a positive amount), `churned` (1 without any order). The window is
    half-open: it holds the cutoff and ends before cutoff + days.
    """
    rows = rows.select(*KEYS)
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
    number = table.orders.fill_null(0)
    return table.select(
        *KEYS,
        value=table.value.fill_null(0.0),
        orders=number.cast("float64"),
        churned=ibis.ifelse(number > 0, 0.0, 1.0),
    )


def _within(instant: ir.Value, cutoff: ir.Value, days: int) -> ir.BooleanValue:
    return (instant >= cutoff) & (instant < cutoff + days * DAY)
