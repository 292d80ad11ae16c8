"""What the whole business bought, week by week: customers who came, and orders of those it had."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clvlens.histories.exact import DAY
from clvlens.panel.world import World

DAYS = 7


def weekly_orders(world: World, cutoff: int) -> pd.DataFrame:
    """Return one row a week before a cutoff, oldest first; the newest ends at the cutoff.

    Columns: `ends` (the instant in µs UTC), `newcomers` (customers who ordered for the first
    time), `repeats` (days on which a customer ordered again). The oldest week has the first order.
    """
    orders = world.histories["orders"]
    known = orders.table.event_time + orders.lag < cutoff
    table = orders.table.filter(known, orders.table.amount > 0)
    days = table.select(
        "customer_id", ago=((cutoff - 1 - table.event_time) // DAY).cast("int64")
    ).distinct()
    first = days.group_by("customer_id").aggregate(first=days.ago.max())
    each = days.join(first, "customer_id")
    week = each.mutate(week=each.ago // DAYS, came=each.ago == each.first)
    counted = week.group_by("week").aggregate(
        newcomers=week.came.cast("int64").sum(), repeats=(~week.came).cast("int64").sum()
    )
    found = world.engine.frame(counted).set_index("week")
    weeks = np.arange(max(found.index, default=-1), -1, -1)
    found = found.reindex(weeks, fill_value=0).astype("int64")
    return found.assign(ends=cutoff - weeks * DAYS * DAY).reset_index(drop=True)
