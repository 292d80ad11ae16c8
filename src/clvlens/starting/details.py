"""What is special about orders: lines, guests, states, currencies and totals that repeat."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from clvlens.panel.engine import Engine
from clvlens.starting.joins import Join, View, is_key, views
from clvlens.starting.matching import Match, candidates
from clvlens.starting.profiles import MANY
from clvlens.starting.recognition import SPECIFIC, Reading
from clvlens.starting.tables import FoundTable
from clvlens.starting.vocabulary import CURRENCY, NEVER_PAID, STATUS
from clvlens.starting.words import LIKELY, STRIPPED, likeness, phrases, words

ALONE = 0.99  # where so many orders have an id of their own, the others are repeats
SOME = 50  # orders from which it can be told whether anybody bought twice


@dataclass(frozen=True)
class Details:
    """How the rows of orders are to be read, with a remark on each."""

    reading: Reading
    grain: str = "event"
    keep: tuple[dict[str, object], ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    currency: str | None = None
    remarks: dict[str, str] = field(default_factory=dict)


def details_of(engine: Engine, reading: Reading, joins: dict[str, tuple[Join, ...]]) -> Details:
    """Return how a table read as orders is to be read in detail."""
    found = _filled(Details(_lasting_customer(engine, reading, joins)))
    found = _with_categories(_by_pieces(engine, _lines(engine, found)), joins)
    return _one_currency(engine, _paid(engine, found))


def _lasting_customer(
    engine: Engine, reading: Reading, joins: dict[str, tuple[Join, ...]]
) -> Reading:
    """Return the reading with the id of a person, where the one at hand changes with each order."""
    raw = reading.columns["customer_id"].raw
    owner = reading.view.owner(raw)
    if owner.rows < SOME or not is_key(engine, owner, raw):
        return reading
    for view in views(reading.view.base, joins):
        for match in candidates(reading.history, reading.history.column("customer_id"), view):
            table = view.owner(match.raw)
            if match.raw == raw or match.score < SPECIFIC or table is owner:
                continue
            is_longer = {*reading.view.tables} <= {*view.tables}
            if is_longer and not is_key(engine, table, match.raw):
                why = f"{raw} changes with every order"
                columns = {**reading.columns, "customer_id": Match(match.raw, match.score, why)}
                return replace(reading, view=view, columns=columns)
    return reading


def _filled(found: Details) -> Details:
    """Leave out rows without a required value, as lines below an order's first, or guests."""
    rules, remarks = list(found.keep), dict(found.remarks)
    view = found.reading.view
    for column in found.reading.history.columns:
        match = found.reading.columns.get(column.name)
        if not column.required or match is None:
            continue
        held = view.columns[match.raw]
        missing = held.rows - held.filled
        if missing:
            rules.append({"column": column.name, "filled": True})
            remarks["keep"] = f"{missing:,} rows have no {match.raw}"
    return replace(found, keep=tuple(rules), remarks=remarks)


def _lines(engine: Engine, found: Details) -> Details:
    """Tell lines from orders: by an id that repeats, or by products bought at one time."""
    reading, base = found.reading, found.reading.view.base
    columns = reading.columns
    rows = base.table
    for rule in found.keep:
        raw = columns[str(rule["column"])].raw
        rows = rows.filter(rows[raw].notnull()) if raw in rows.columns else rows
    count = engine.count(rows)
    if "order_id" in columns and columns["order_id"].raw in base.columns:
        raw = columns["order_id"].raw
        different = engine.count(rows.select(raw).distinct())
        if different >= ALONE * count:
            return found
        remark = f"{count:,} rows have {different:,} different {raw}: each is a line of an order"
        return _as_lines(engine, found, remark)
    who, when = columns["customer_id"].raw, columns["ordered_at"].raw
    if not {who, when} <= set(base.columns) or "product_id" not in columns:
        return found
    different = engine.count(rows.select(who, when).distinct())
    if different >= ALONE * count:
        return found
    lines = {**columns, "order_id": Match(when, LIKELY, "nothing tells orders apart")}
    remark = f"nothing tells orders apart: rows of one {who} with the same {when} are one order"
    return _as_lines(engine, replace(found, reading=replace(reading, columns=lines)), remark)


def _as_lines(engine: Engine, found: Details, remark: str) -> Details:
    """Return the reading as lines; where each repeats the order's total, another amount is read."""
    reading = found.reading
    if "amount" not in reading.columns:
        return replace(found, grain="line", remarks={**found.remarks, "grain": remark})
    order, amount = reading.columns["order_id"].raw, reading.columns["amount"].raw
    others = [m for m in candidates(reading.history, reading.history.column("amount"), reading.view)
              if m.raw != amount and m.raw in reading.view.base.columns]  # fmt: skip
    if others and _repeats(engine, reading.view.base, order, amount):
        match = replace(others[0], why=f"{amount} repeats the order's total on every line")
        reading = replace(reading, columns={**reading.columns, "amount": match})
    return replace(found, reading=reading, grain="line",
                   remarks={**found.remarks, "grain": remark})  # fmt: skip


def _by_pieces(engine: Engine, found: Details) -> Details:
    """Read a price as that of one piece, where the numbers of pieces say that it is."""
    reading, base = found.reading, found.reading.view.base
    columns = dict(reading.columns)
    quantity, amount = columns.get("quantity"), columns.get("amount")
    price, product = columns.get("unit_price"), columns.get("product_id")
    if quantity is None or quantity.raw not in base.columns:
        return found
    if amount is not None:
        doubtful = price is None and product is not None and amount.score < SPECIFIC
        if not doubtful or not _is_unit_price(engine, base, product.raw, amount.raw, quantity.raw):
            return found
        price = replace(amount, why="a product costs as much however many are bought")
    columns.pop("amount", None)
    columns["unit_price"] = price
    columns.setdefault("order_id", replace(columns["ordered_at"], why="nothing tells orders apart"))
    remark = f"an amount is {price.raw} × {quantity.raw}"
    return replace(
        found,
        reading=replace(reading, columns=columns),
        grain="line",
        remarks={
            **found.remarks,
            "grain": "; ".join(filter(None, (found.remarks.get("grain"), remark))),
        },
    )


def _is_unit_price(
    engine: Engine, table: FoundTable, product: str, price: str, quantity: str
) -> bool:
    """Whether a product's price is the same for several pieces as for one."""
    rows = table.table.select(
        product=table.table[product],
        price=table.table[price].try_cast("float64"),
        pieces=table.table[quantity].try_cast("float64"),
    )
    one = (
        rows.filter(rows.pieces == 1).group_by("product").aggregate(single=lambda t: t.price.mean())
    )
    several = rows.filter(rows.pieces > 1).inner_join(one, "product")
    paid, alone, together = engine.row(
        several.aggregate(
            paid=several.price.sum(),
            alone=several.single.sum(),
            together=(several.single * several.pieces).sum(),
        )
    )
    return bool(alone) and abs(paid - alone) < abs(paid - together)


def _with_categories(found: Details, joins: dict[str, tuple[Join, ...]]) -> Details:
    """Look the categories of products up, where lines name products and do not know them."""
    reading = found.reading
    product = reading.columns.get("product_id")
    if found.grain != "line" or product is None or "category" in reading.columns:
        return found
    category = next(c for c in reading.history.lines.columns if c.name == "category")
    for join in joins[reading.view.base.name]:
        if join.by != product.raw or join in reading.view.joins:
            continue
        wider = View(reading.view.base, (*reading.view.joins, join))
        matches = candidates(reading.history, category, wider)
        if matches:
            columns = {**reading.columns, "category": matches[0]}
            return replace(found, reading=replace(reading, view=wider, columns=columns))
    return found


def _repeats(engine: Engine, table: FoundTable, order: str, amount: str) -> bool:
    """Whether nearly every order of several lines has one amount on all of them."""
    rows = table.table.select(o=table.table[order], a=table.table[amount])
    orders = rows.group_by("o").aggregate(n=rows.count(), different=rows.a.nunique())
    several = orders.filter(orders.n > 1)
    count, same = engine.row(
        several.aggregate(n=several.count(), same=(several.different == 1).cast("int64").sum())
    )
    return bool(count) and same >= 0.95 * count


def _paid(engine: Engine, found: Details) -> Details:
    """Leave out orders whose state says that they were never paid for."""
    never = {tuple(phrase) for phrase, _ in phrases(NEVER_PAID)}
    for raw in _named(found.reading.view, STATUS):
        values = _values(engine, found.reading.view.owner(raw), raw)
        unpaid = [value for value in values if words(value) in never]
        if unpaid and len(unpaid) < len(values):
            paid = [value for value in values if value not in unpaid]
            return replace(
                found,
                attributes={**found.attributes, "status": raw},
                keep=(*found.keep, {"column": "status", "among": paid}),
                remarks={
                    **found.remarks,
                    "attributes": f"orders are left out whose {raw} is {', '.join(unpaid)}",
                },
            )
    return found


def _one_currency(engine: Engine, found: Details) -> Details:
    """Return the currency that a column states; of several, the commonest alone is kept."""
    for raw in _named(found.reading.view, CURRENCY):
        held = found.reading.view.columns[raw]
        codes = [value.upper() for value in held.values if len(value) == 3 and value.isalpha()]
        if not codes or len(codes) < len(held.values):
            continue
        if len(held.values) == 1:
            return replace(found, currency=codes[0])
        rule = {"column": "currency", "among": [held.commonest]}
        said = f"{raw} has {', '.join(held.values)}; a run has one currency, here the commonest"
        return replace(
            found,
            currency=held.commonest.upper(),
            attributes={**found.attributes, "currency": raw},
            keep=(*found.keep, rule),
            remarks={**found.remarks, "currency": said},
        )
    return found


def _named(view: View, text: str) -> list[str]:
    scores = {raw: likeness(raw, text, view.noise) for raw in view.columns}
    likely = [raw for raw, score in scores.items() if score >= LIKELY - STRIPPED]
    return sorted(likely, key=lambda raw: -scores[raw])


def _values(engine: Engine, table: FoundTable, raw: str) -> list[str]:
    if table.columns[raw].distinct > MANY or not table.columns[raw].values:
        return []
    frame = engine.frame(table.table.select(v=table.table[raw].cast("string")).distinct())
    return sorted(frame["v"].dropna())
