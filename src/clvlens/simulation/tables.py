"""The twelve tables of a block of customers, as the business would have them on the last day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clvlens.simulation import events_contact, events_contract, events_shop
from clvlens.simulation.columns import TABLES, Rows, key_of, stack, time_of, to_arrow
from clvlens.simulation.levers import World
from clvlens.simulation.life import Month, live
from clvlens.simulation.noise import Floats, Noise
from clvlens.simulation.people import meet
from clvlens.simulation.settings import LAST_DAY, MONTH, Settings

MONTHLY = {
    "orders": events_shop.orders,
    "tickets": events_contact.tickets,
    "payments": events_contract.payments,
    "messages": events_contact.messages,
    "carts": events_shop.carts,
    "surveys": events_contact.surveys,
    "bookings": events_shop.bookings,
    "visits": events_shop.visits,
    "loyalty": events_contract.loyalty,
}
ONCE = {
    "customers": events_contract.customers,
    "onboarding": events_contract.onboarding,
    "subscriptions": events_contract.subscriptions,
}
GOLDEN = 0.6180339887498949


def inhabit(noise: Noise, settings: Settings) -> World:
    """Return the world of a block of the business's customers, with nothing moved."""
    return World(meet(noise, settings), noise, settings)


def build(world: World) -> dict[str, pa.Table]:
    """Return every table of a block, as it is written."""
    months = list(live(world, -(-LAST_DAY // MONTH)))
    tables = {}
    for table in TABLES:
        rows = _known(world, table, _rows(world, table, months))
        rows = _blemished(world, table, rows)
        tables[table] = to_arrow(table, rows, _customers(world, table, rows))
    return tables


def _rows(world: World, table: str, months: Sequence[Month]) -> Rows:
    if table in ONCE:
        return ONCE[table](world, months)
    return stack(MONTHLY[table](world, month) for month in months)


def _known(world: World, table: str, rows: Rows) -> Rows:
    """Return the rows that have arrived by the last day, without what became known later."""
    arrived = rows[time_of(table)]
    if world.settings.late_days:
        arrived = arrived + world.settings.late_days * _luck(world, table, rows, "late")
    rows = _where(rows, arrived < LAST_DAY)
    columns, known = TABLES[table], dict(rows)
    for name, column in columns.items():
        clock = column.known_at or (name if column.type == "time" else "")
        if clock and clock != time_of(table):
            unknown = ~(rows[clock] < LAST_DAY)
            absent = -1 if column.type == "category" else np.nan
            known[name] = np.where(unknown, absent, rows[name])
    return known


def _blemished(world: World, table: str, rows: Rows) -> Rows:
    """Return the rows with values gone missing; what decides a lever stays."""
    share = world.settings.missing
    if not share:
        return rows
    rows = dict(rows)
    for name, column in TABLES[table].items():
        if column.may_miss:
            gone = _luck(world, table, rows, name) < share
            rows[name] = np.where(gone, -1 if column.type == "category" else np.nan, rows[name])
    return rows


def _customers(world: World, table: str, rows: Rows) -> pa.Array:
    """Return the customer of each row; some with blanks around them, as hands and exports leave."""
    names = [f"C{index:07d}" for index in world.people.index]
    spellings = pa.array(names + [f" {name} " for name in names])
    dirty = _luck(world, table, rows, "customer_id") < world.settings.dirty_ids
    return spellings.take(pa.array(rows["customer_id"].astype(np.int64) + len(names) * dirty))


def _luck(world: World, table: str, rows: Rows, name: str) -> Floats:
    """Return a number in [0, 1) a row, which depends on the customer and the row's key alone."""
    own = world.noise.uniform(f"blemish {table} {name}")[rows["customer_id"].astype(int)]
    return (own + GOLDEN * (rows[key_of(table)] % 100_003)) % 1.0


def _where(rows: Rows, which: np.ndarray) -> Rows:
    return {name: values[which] for name, values in rows.items()}
