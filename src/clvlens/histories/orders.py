"""What customers bought: one row an order, or one a line of an order.

An order is a row with a positive amount; refunds are rows with a negative one, or come as
`refund_amount`, known at `refunded_at`. Rows of amount 0 are neither. Counts, means, rhythm
and habits are of orders; money is summed over all rows, so that it is net of refunds.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from clvlens.histories import exact
from clvlens.histories.base import Column, Feature, History, Lever, Lines
from clvlens.histories.decisions import Arm, Decision, Rows
from clvlens.histories.past import DAY, EVER, Past
from clvlens.histories.waits import wait

WINDOWS = (30, 90, 180, 365, EVER)
YEAR = (365, EVER)
NET = "net of refunds"
KEPT = "share of promised deliveries that came in time, of those of which it is known"
LATE = "days by which deliveries came, or are, later than promised"
ROLES = ("cross_sell", "upsell", "recommended")  # lines that the business brought about


def features(past: Past) -> Iterator[Feature]:
    """Recency, frequency, money, rhythm, habits, what was sold and how it was delivered."""
    past = _with_promises(_with_flags(past))
    yield from _frequency_and_money(past)
    yield from _rhythm(past)
    yield from _habits(past)
    yield from _offers_and_promises(past)
    yield from _first_and_last(past)
    yield from _buy_till_you_die(past)


def _with_flags(past: Past) -> Past:
    for role in ROLES:
        lines = f"{role}_lines"
        past = past.derive(f"has_{role}", lambda t, lines=lines: t[lines] > 0, needs=[lines])
    known_refund = lambda t: t.refund_amount.fill_null(0)  # noqa: E731
    return (
        past.derive("returned", lambda t: t.amount < 0)
        .derive("returned", lambda t: t.returned | (known_refund(t) > 0), needs=["refund_amount"])
        .derive("revenue", lambda t: t.amount)
        .derive("revenue", lambda t: t.amount - known_refund(t), needs=["refund_amount"])
        .derive("margin", lambda t: t.revenue - t.cost, needs=["cost"])
        .derive("list_price", lambda t: t.amount + t.discount, needs=["discount"])
        .derive("discounted", lambda t: t.discount > 0, needs=["discount"])
        .derive("weekend", lambda t: t.weekday >= 5)
        .derive("evening", lambda t: t.hour >= 18)
        .derive("week", lambda t: exact.week(t.day))
        .derive("ends_week", lambda t: (exact.week(t.next_day) != t.week).fill_null(t.is_event))
        .derive("ends_day", lambda t: (t.next_day != t.day).fill_null(True))
    )


def _with_promises(past: Past) -> Past:
    """Tell promises kept from broken ones; before its time, an undelivered one is neither."""
    past = wait(past, "late", "promised_at", "delivered_at", may_be_early=True)
    return past.derive(
        "late",
        lambda t: ibis.cases(
            (t.late_open & (t.late <= 0), ibis.null("int64")), (t.late < 0, 0), else_=t.late
        ),
        needs=["late"],
    ).derive("promise_kept", lambda t: t.late == 0, needs=["late"])


def _frequency_and_money(past: Past) -> Iterator[Feature]:
    windows = (*WINDOWS, past.horizon_days)
    yield from past.count(windows=windows, where="is_event")
    yield from past.total("revenue", windows=windows, meaning=f"total amount of orders, {NET}")
    yield from past.total("margin", windows=windows, meaning=f"total margin of orders, {NET}")
    yield from past.mean("amount", windows=YEAR, where="is_event")
    yield from past.spread("amount", where="is_event")
    yield from past.largest("amount", where="is_event")
    yield from past.since_last(where="is_event")
    yield from past.since_first(where="is_event")


def _rhythm(past: Past) -> Iterator[Feature]:
    yield from past.gaps()
    yield from past.distinct("week", windows=(90, 365), unit="weeks", latest="ends_week")
    yield from past.trend(45, where="is_event")
    yield from past.trend(90, where="is_event")
    yield from past.trend(90, column="revenue")
    days = min(past.horizon_days, 365)
    elapsed = past.table.elapsed
    season = (elapsed <= 365 * DAY) & (elapsed > (365 - days) * DAY)
    yield from past.measure(
        "same_period_last_year",
        f"total amount of orders, {NET}, in the {days} days that began 365 days before it",
        "money",
        exact.total(past.table.revenue, season),
        empty=0,
    )


def _habits(past: Past) -> Iterator[Feature]:
    of = "is_event"
    yield from past.ratio("discount_rate", "discount", "list_price", windows=(90, *YEAR), where=of)
    yield from past.share("discounted", windows=YEAR, where=of)
    yield from past.count("returns", windows=YEAR, where="returned", noun="returns")
    for breadth in ("items", "products", "categories"):
        yield from past.mean(breadth, windows=(90, *YEAR), where=of, unit=breadth)
    yield from past.distinct("store", windows=(365,), where=of, unit="stores")
    yield from past.distinct("channel", windows=(365,), where=of, unit="channels")
    yield from past.share("weekend", where=of, meaning="share of orders on Saturday or Sunday")
    yield from past.share("evening", where=of, meaning="share of orders at 18:00 or later")


def _offers_and_promises(past: Past) -> Iterator[Feature]:
    of = {"windows": YEAR, "where": "is_event"}
    yield from past.share("bundle", **of, meaning="share of orders that hold a bundle")
    for role in ROLES:
        yield from past.share(f"has_{role}", **of, meaning=f"share of orders with {role} lines")
        yield from past.mean(f"{role}_lines", **of, unit="lines")
    yield from past.mean("shipping_fee", **of)
    yield from past.share("shipping_saved", **of, meaning="share of orders sent free of charge")
    yield from past.share("promise_kept", **of, meaning=KEPT)
    yield from past.mean("late", **of, unit="days", per=DAY, meaning=LATE)


def _first_and_last(past: Past) -> Iterator[Feature]:
    yield from past.first("amount")
    yield from past.first("products", unit="products")
    yield from past.first("discount")
    yield from past.first("channel", unit="category")
    yield from past.latest("amount")


def _buy_till_you_die(past: Past) -> Iterator[Feature]:
    """The sufficient statistics of BG/NBD, Pareto/NBD and Gamma-Gamma, merged per local day."""
    t = past.table
    repeat = t.is_event & (t.day > t.first_day)
    days = exact.real(t.count(where=repeat & t.ends_day))
    span = exact.real(t.day.max(where=t.is_event) - t.first_day.min())
    each = exact.over(exact.total(t.amount, repeat), days)
    yield from past.measure(
        "repeat_days", "days with an order after the first such day", "days", days, empty=0
    )
    yield from past.measure(
        "first_to_last", "days from the first day with an order to the last", "days", span
    )
    yield from past.measure(
        "repeat_day_amount", "mean amount of orders a repeat day", "money", each
    )


def fold_lines(lines: ir.Table) -> ir.Table:
    """Return one row an order from one a line: amounts added, products counted.

    A line without an amount costs its unit price times its quantity.

    Lines of an order at another time are an order of their own, and refunds are rows with a
    negative amount at their own time: nothing of a row is known later than the row. A cost that
    some line lacks is missing, and so is the delivery; of several channels or stores, the first
    by name stands, and of fees and promises the largest.
    """
    if "amount" not in lines.columns:
        amount = (lines.unit_price * lines.quantity).round(4).cast(lines.unit_price.type())
        lines = lines.mutate(amount=amount)
    have = set(lines.columns)
    counted = {"products": "product_id", "categories": "category"}
    orders = lines.group_by("customer_id", "order_id", "ordered_at").aggregate(
        **{name: lines[name].min() for name in ("channel", "store") if name in have},
        **{name: _sum(lines, name) for name in ("amount", "discount", "cost") if name in have},
        **{name: lines[of].nunique() for name, of in counted.items() if of in have},
        **{name: lines[name].any() for name in ("bundle", "shipping_saved") if name in have},
        **{name: lines[name].max() for name in ("promised_at", "shipping_fee") if name in have},
        **{at: _if_all(lines, at, lines[at].max()) for at in {"delivered_at"} & have},
        **{f"{role}_lines": _lines_of(lines, role) for role in ROLES if "role" in have},
        items=lines.count(),
    )
    return orders.union(_refunds(lines, orders)) if "refund_amount" in have else orders


def _sum(lines: ir.Table, name: str) -> ir.Value:
    total = lines[name].sum().cast(lines[name].type())
    return _if_all(lines, name, total) if name == "cost" else total


def _lines_of(lines: ir.Table, role: str) -> ir.Value:
    return lines.count(where=lines.role == role)


def _if_all(lines: ir.Table, name: str, value: ir.Value) -> ir.Value:
    """Return a value where every line has a column, else nothing."""
    return ibis.ifelse(lines[name].count() == lines.count(), value, ibis.null(value.type()))


def _refunds(lines: ir.Table, orders: ir.Table) -> ir.Table:
    """Return the money given back for lines, as rows like those of orders that cost nothing.

    A refund that is dated before its order counts as given with it.
    """
    back = lines.filter(lines.refunded_at.notnull(), lines.refund_amount > 0)
    when = ibis.greatest(back.refunded_at, back.ordered_at)
    given = back.group_by("customer_id", "order_id", ordered_at=when).aggregate(
        amount=(-back.refund_amount.sum()).cast(back.refund_amount.type())
    )
    known = {"customer_id", "order_id", "ordered_at", "amount"}
    return given.select(
        **{
            name: given[name] if name in known else _nothing(name, orders[name].type())
            for name in orders.columns
        }
    )


def _nothing(name: str, type_: dt.DataType) -> ir.Value:
    return ibis.literal(0, type_) if name == "cost" else ibis.null(type_)


HISTORY = History(
    name="orders",
    meaning="What customers bought",
    noun="orders",
    time="ordered_at",
    key="order_id",
    is_event=lambda t: t.amount > 0,
    required=True,
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("ordered_at", "time", "when the order was placed", required=True),
        Column("amount", "money", "what was paid, net of discount; negative: refund",
               required=True, instead=("unit_price", "quantity")),
        Column("order_id", "id", "tells orders apart; required for lines"),
        Column("cost", "money", "cost of the goods sold, for margin"),
        Column("discount", "money", "discount already taken off the amount"),
        Column("refunded_at", "time", "when money was given back"),
        Column("refund_amount", "money", "money given back, positive", known_at="refunded_at",
               least=0),
        Column("channel", "category", "sales channel"),
        Column("store", "category", "shop or site"),
        Column("items", "count", "lines in the order"),
        Column("products", "count", "different products in the order"),
        Column("categories", "count", "different product categories in the order"),
        Column("bundle", "flag", "whether the order holds a bundle"),
        Column("cross_sell_lines", "count", "lines bought to go with another"),
        Column("upsell_lines", "count", "lines bought in place of a cheaper product"),
        Column("recommended_lines", "count", "lines bought on a recommendation"),
        Column("shipping_fee", "money", "what the customer paid for shipping"),
        Column("shipping_saved", "flag", "whether the order reached free shipping"),
        Column("promised_at", "time", "until when delivery was promised", known_at="ordered_at"),
        Column("delivered_at", "time", "when it was delivered"),
    ),
    lines=Lines(
        columns=(
            Column("product_id", "id", "the product of the line"),
            Column("category", "category", "the category of the product"),
            Column("unit_price", "money", "price of one piece, where the line has no amount"),
            Column("quantity", "number", "pieces of the line, negative where they came back"),
            Column("role", "category", "why the line is there", among=("base", *ROLES)),
        ),
        fold=fold_lines,
    ),
    example=(
        {"customer_id": "A1", "ordered_at": "2024-01-05T10:00:00", "amount": 20, "order_id": "1",
         "discount": 5, "channel": "web", "products": 2, "cost": 11, "cross_sell_lines": 1,
         "promised_at": "2024-01-07T20:00:00", "delivered_at": "2024-01-09T20:00:00"},
        {"customer_id": "A1", "ordered_at": "2024-01-25T19:30:00", "amount": 30, "order_id": "2",
         "discount": 0, "channel": "shop", "products": 1, "cost": 18,
         "refund_amount": 30, "refunded_at": "2024-02-02T09:00:00"},
        {"customer_id": "B2", "ordered_at": "2024-02-10T08:15:00", "amount": 12.5, "order_id": "3",
         "discount": 0, "channel": "web", "products": 3, "cost": 9},
    ),
    features=features,
    levers=(
        Lever("discounts", "how often and how deep orders are discounted",
              ("orders__discount_rate", "orders__discounted_share", "orders__first_discount"),
              why_not="a discount comes with the order; what led to it is a promo code"),
        Lever("basket breadth", "products and categories bought together",
              ("orders__mean_items", "orders__mean_products", "orders__mean_categories",
               "orders__first_products"), why_not="customers choose what they buy together"),
        Lever("bundles and cross-sell", "what orders hold because it was offered",
              ("orders__bundle_share",
               *(f"orders__{of}" for role in ROLES
                 for of in (f"has_{role}_share", f"mean_{role}_lines"))),
              why_not="what an order holds is chosen; its offer is a message: see bundle offer"),
        Lever("shipping", "what shipping costs, and whether a threshold makes it free",
              ("orders__mean_shipping_fee", "orders__shipping_saved_share"),
              why_not="nothing says who was shown which threshold: define it where a table does"),
        Lever("delivery promises", "whether deliveries come when they were promised",
              ("orders__promise_kept_share", "orders__mean_late"),
              decision=Decision(
                  kind="one_time", decided_at="orders.ordered_at", within_days=180,
                  of=Rows(history="orders", having=("promised_at",)),
                  eligible_note="those promised a delivery in their first 180 days",
                  beside=("orders.channel",),
                  arm=Arm(history="orders", having=("promised_at",), within_days=1,
                          until="delivered_at", by="promised_at"),
                  target="first one kept", assignment_note="carriers are late at times")),
    ),
)  # fmt: skip
