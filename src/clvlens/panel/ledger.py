"""What each customer has paid so far, and how long subscriptions have lasted, as known then.

Ages count from when a customer was won: from sign-up, or where that is not recorded, from when the
business first knew them. Like a snapshot, nothing known at or after the cutoff is read.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from clvlens.histories.exact import DAY, real, total
from clvlens.panel.snapshot import known_customers, past_of, population
from clvlens.panel.world import World


def ledger(world: World, cutoff: int) -> pd.DataFrame:
    """Return what came in, one row a customer and day of age with any order or refund.

    Columns: `customer_id`, `day` (of age, from 0, with what came before it), `value`: money,
    revenue or margin as the run predicts it, net of refunds, each on the day when it was given.
    """
    paid = _visible(world, "orders", cutoff)
    earned = paid.amount - paid.cost if world.config.target.value == "margin" else paid.amount
    entries = paid.select("customer_id", at=paid.event_time, value=earned)
    if "refund_amount" in paid.columns:
        back = paid.filter(paid.refunded_at.notnull(), paid.refund_amount.notnull())
        given = back.select("customer_id", at=back.refunded_at, value=-back.refund_amount)
        entries = entries.union(given)
    dated = entries.join(_won(world, cutoff), "customer_id")
    day = ibis.greatest(dated["at"] - dated.won_at, 0) // DAY
    dated = dated.mutate(day=day.cast("int64"))
    table = dated.group_by("customer_id", "day").aggregate(value=total(dated.value))
    return world.engine.frame(table.order_by("customer_id", "day"))


def subscription_spells(world: World, cutoff: int) -> pd.DataFrame | None:
    """Return how long each subscription has lasted; nothing where no ends are recorded.

    One row a subscription: `customer_id`, `days` from its beginning to its end or the cutoff,
    `ended` (whether its end was known before the cutoff).
    """
    if "subscriptions" not in world.histories:
        return None
    states = _visible(world, "subscriptions", cutoff)
    if "ended_at" not in states.columns:
        return None
    name = states.event_time.cast("string")  # of a subscription that has none
    if "subscription_id" in states.columns:
        name = ibis.coalesce(states.subscription_id, name)
    spells = states.group_by("customer_id", name=name).aggregate(
        began=states.event_time.min(), ended_at=states.ended_at.max()
    )
    ended = spells.ended_at.notnull()
    lasted = ibis.ifelse(ended, spells.ended_at, ibis.literal(cutoff)) - spells.began
    table = spells.select("customer_id", days=real(lasted) / DAY, ended=ended)
    return world.engine.frame(table.order_by("customer_id", "days"))


def _won(world: World, cutoff: int) -> ir.Table:
    """Return when each customer was won (`customer_id`, `won_at`)."""
    known = known_customers(world)
    if "customers" not in world.histories:
        return known.select("customer_id", won_at=known.known_since)
    signed = _visible(world, "customers", cutoff)
    signed = signed.group_by("customer_id").aggregate(signed_up=signed.event_time.min())
    joined = known.left_join(signed, "customer_id")
    won_at = ibis.coalesce(joined.signed_up, joined.known_since)
    return joined.select("customer_id", won_at=won_at)


def _visible(world: World, name: str, cutoff: int) -> ir.Table:
    """Return a history's rows as they were known before a cutoff."""
    rows = world.engine.keep(population(world, cutoff))
    return past_of(world.histories[name], rows, world.config.target.horizon_days).table
