"""From files to a proposed configuration: what is recognised, what is asked, what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from clvlens.errors import DataError, Fault
from clvlens.histories import discover
from clvlens.histories.base import History
from clvlens.panel.engine import Engine
from clvlens.starting.cents import in_cents
from clvlens.starting.contracts import propose_churn, with_ends
from clvlens.starting.customs import describe, name_of, read_as_custom
from clvlens.starting.details import Details, details_of
from clvlens.starting.joins import Join, find_joins
from clvlens.starting.proposal import Ask, Proposed, Question, Start
from clvlens.starting.recognition import (
    CLEAR,
    Reading,
    histories_of,
    is_one_a_customer,
    read_as,
    speaking_of,
)
from clvlens.starting.settling import settle
from clvlens.starting.tables import FoundTable, LeftOut, find_tables
from clvlens.starting.times import orders_a_day, propose_end, propose_horizon
from clvlens.starting.vocabulary import CODES, CUSTOMER
from clvlens.starting.words import likeness, words

UNKNOWN_CURRENCY = "XXX"  # ISO 4217: no currency
INSTEAD = {"subscriptions": ("price", "started_at"), "bookings": ("value", "booked_at")}


def propose(
    engine: Engine,
    root: Path,
    given: list[Path],
    ask: Ask,
    *,
    name: str,
    currency: str | None = None,
) -> Start:
    """Look at tables and propose a configuration for them.

    Raises `DataError` where nothing can stand for orders, with what was seen.
    """
    tables, out = find_tables(engine, root, given)
    joins = find_joins(engine, tables)
    orders = _orders(tables, joins, ask)
    if orders is None:
        raise DataError([_nothing_sold(tables, out)])
    found = details_of(engine, orders, joins)
    others, unused = _others(engine, tables, joins, found, ask)
    others = {name: with_ends(reading) for name, reading in others.items()}
    code, said = _currency(currency, found, tables, ask)
    churn, why = propose_churn(others, ask)
    return _with_times(engine, found, Start(
        name=name,
        currency=code,
        horizon_days=90,
        churn=churn,
        tables=_settled(found, others, ask),
        left_out=(*out, *unused),
        remarks={"churn": why, "currency": said},
    ))  # fmt: skip


def _settled(found: Details, others: Mapping[str, Reading], ask: Ask) -> tuple[Proposed, ...]:
    """Return the tables of the configuration, orders first."""
    readings = {"orders": found.reading, **others}
    seen = _sure_formats(list(readings.values()))
    proposed = []
    for name, reading in readings.items():
        beside = [other for other in readings.values() if other is not reading]
        custom = describe(reading) if reading.history.name == "happened" else None
        details = found if name == "orders" else None
        cents = in_cents(reading, beside, ask)
        proposed.append(settle(name, reading, details, seen, ask, custom, cents))
    return tuple(proposed)


def _orders(
    tables: list[FoundTable], joins: dict[str, tuple[Join, ...]], ask: Ask
) -> Reading | None:
    """Return the table that says what customers bought; else what stands for it."""
    history = discover()["orders"]
    found = [reading for table in tables if (reading := read_as(history, table, joins))]
    found = [r for r in found if r.points >= 1.0]
    found.sort(key=lambda reading: (-reading.points, len(reading.view.joins)))
    if found:
        return _chosen("orders", found, ask)
    for stand_in, (amount, when) in INSTEAD.items():
        for table in tables:
            reading = read_as(discover()[stand_in], table, joins)
            if reading and reading.named and amount in reading.columns:
                return _stand_in(history, reading, amount, when)
    return None


def _stand_in(history: History, reading: Reading, amount: str, when: str) -> Reading:
    """Return a table without orders as orders: each thing begun, at its price."""
    why = f"no table of orders: {reading.history.name} stand for them"
    columns = {
        "customer_id": reading.columns["customer_id"],
        "ordered_at": replace(reading.columns[when], why=why),
        "amount": replace(reading.columns[amount], score=0.5, why=why),
    }
    return replace(reading, history=history, columns=columns, rivals={})


def _chosen(about: str, found: list[Reading], ask: Ask) -> Reading:
    """Return the likeliest reading, or the one that a person names where two are near."""
    near = [reading for reading in found if found[0].points - reading.points < CLEAR]
    if len(near) == 1:
        return found[0]
    options = tuple(f"{r.view.base.name}, read as {r.history.name}" for r in near)
    return near[ask(Question(about, f"Which is to be taken for {about}?", options))]


def _others(
    engine: Engine,
    tables: list[FoundTable],
    joins: dict[str, tuple[Join, ...]],
    orders: Details,
    ask: Ask,
) -> tuple[dict[str, Reading], list[LeftOut]]:
    """Return the other histories by name, and the tables that are none."""
    base = orders.reading.view.base
    found: dict[str, Reading] = {}
    out: list[LeftOut] = []
    readings = []
    for table in tables:
        reading = _read(engine, table, joins, orders, ask)
        if isinstance(reading, Reading):
            readings.append(reading)
        elif table is not base:
            out.append(LeftOut(table.name, reading))
    for reading in sorted(readings, key=lambda reading: -reading.points):
        own = reading.history.name == "happened"
        name = name_of(reading.view.base, set(found)) if own else reading.history.name
        if name in found:
            why = f"{name} are read from {found[name].view.base.name}"
            out.append(LeftOut(reading.view.base.name, why))
        else:
            found[name] = reading
    looked = {t.name for r in (orders.reading, *found.values()) for t in r.view.tables}
    return found, [left for left in out if left.name not in looked]


def _read(
    engine: Engine,
    table: FoundTable,
    joins: dict[str, tuple[Join, ...]],
    orders: Details,
    ask: Ask,
) -> Reading | str:
    """Return the history that a table holds beside the orders, or why it holds none."""
    raw = orders.reading.columns["customer_id"].raw
    customers = (orders.reading.view.owner(raw), raw)
    is_orders = table is orders.reading.view.base
    histories = [
        history
        for name, history in discover().items()
        if name != "orders" and (name in INSTEAD or not is_orders)
    ]
    likely = histories_of(histories, table, joins)
    sold = read_as(discover()["orders"], table, joins)
    if not likely and not is_orders and sold and sold.named:
        return _also_orders(table, orders.reading.view.base)
    if table not in orders.reading.view.tables and (custom := read_as_custom(table, joins)):
        likely.append(custom)
    strange = False
    told = [reading for reading in likely if reading.points > 0]
    first = [_chosen(table.name, told, ask)] if told else []
    for reading in (*first, *(r for r in likely if r not in first)):
        known = speaking_of(engine, reading, customers, joins)
        strange |= known is None
        if known and (known.history.name != "customers" or is_one_a_customer(engine, known)):
            return known
    return "its customers are not those of the orders" if strange else _why_not(table)


def _also_orders(table: FoundTable, taken: FoundTable) -> str:
    """Say why a second table of orders is not read."""
    if set(table.columns) == set(taken.columns):
        return f"it has the columns of {taken.name}; give parts of one table as a folder of them"
    return f"orders are read from {taken.name}"


def _why_not(table: FoundTable) -> str:
    lacks = {
        "customer": not any(likeness(raw, CUSTOMER) for raw in table.columns),
        "time": not any(held.suits("time") for held in table.columns.values()),
    }
    missing = " and no ".join(name for name, lacking in lacks.items() if lacking)
    what = f"it has no {missing}" if missing else "it is no history that is known"
    return f"{what}; its columns are {', '.join(list(table.columns)[:8])}"


def _sure_formats(readings: list[Reading]) -> set[str]:
    return {
        form
        for reading in readings
        for match in reading.columns.values()
        if len(readings_ := reading.view.columns[match.raw].readings) == 1
        for form in readings_[0]
    }


def _with_times(engine: Engine, found: Details, start: Start) -> Start:
    """Return the proposal with a horizon, and an end where the last weeks are remnants."""
    orders = start.tables[0]
    raw = orders.columns["ordered_at"]
    table = found.reading.view.owner(raw)
    a_day = orders_a_day(engine, table, raw, orders.time_format)
    if a_day.empty:
        return start
    end, why_end = propose_end(a_day)
    last = end or a_day.index.max()
    horizon, why = propose_horizon((last - a_day.index.min()).days)
    remarks: Mapping[str, str] = {**start.remarks, "horizon_days": why}
    if end is not None:
        remarks = {**remarks, "data_ends": why_end}
    return replace(
        start,
        horizon_days=horizon,
        data_ends=None if end is None else f"{end:%Y-%m-%d}",
        remarks=remarks,
    )


def _currency(
    given: str | None, found: Details, tables: list[FoundTable], ask: Ask
) -> tuple[str, str]:
    """Return the currency as given, stated, written with amounts, named in a column or asked for.

    The second is what there is to say about it.
    """
    if given or found.currency:
        return str(given or found.currency), found.remarks.get("currency", "")
    amount = found.reading.columns.get("amount") or found.reading.columns["unit_price"]
    dress = found.reading.view.columns[amount.raw].dress
    if dress and dress.currency:
        return dress.currency, f"as {dress.sign} in {amount.raw} says"
    named = {
        word.upper(): raw
        for table in tables
        for raw in table.columns
        for word in words(raw)
        if word.upper() in CODES
    }
    if len(named) == 1:
        ((code, raw),) = named.items()
        return code, f"as the name of {raw} says"
    options = (UNKNOWN_CURRENCY, "EUR", "USD", "GBP", "CHF")
    code = options[ask(Question("currency", "No table states it. Which is it?", options))]
    said = "no table states one; write yours, such as EUR"
    return code, said if code == UNKNOWN_CURRENCY else ""


def _nothing_sold(tables: list[FoundTable], out: list[LeftOut]) -> Fault:
    seen = "; ".join(
        [f"{table.name} has {', '.join(list(table.columns)[:12])}" for table in tables]
        + [f"{left.name}: {left.why}" for left in out]
    )
    return Fault(
        "orders",
        f"no table has a customer, a time and an amount ({seen or 'nothing was found'})",
        "give the file of orders, or write the configuration by hand",
    )
