"""What customers bought: one row an order, or one a line of an order.

An order is a row with a positive amount; refunds are rows with a negative one, or come as
`refund_amount`, known at `refunded_at`. Rows of amount 0 are neither.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from clvlens.histories import exact
from clvlens.histories.base import Column, Feature, History, Lever, Lines
from clvlens.histories.past import DAY, EVER, Past

WINDOWS = (30, 90, 180, 365, EVER)
YEAR = (365, EVER)
ONE_PAST = ibis.window(group_by=["customer_id", "cutoff"])


def features(past: Past) -> Iterator[Feature]:
    """Recency, frequency, money, rhythm, discounts, returns, breadth, season, first order."""
    past = _with_flags(past)
    yield from _frequency_and_money(past)
    yield from _rhythm(past)
    yield from _habits(past)
    yield from _first_and_last(past)
    yield from _buy_till_you_die(past)


def _with_flags(past: Past) -> Past:
    known_refund = lambda t: t.refund_amount.fill_null(0)  # noqa: E731
    return (
        past.derive("order", lambda t: t.amount > 0)
        .derive("returned", lambda t: t.amount < 0)
        .derive("returned", lambda t: t.returned | (known_refund(t) > 0), needs=["refund_amount"])
        .derive("revenue", lambda t: t.amount)
        .derive("revenue", lambda t: t.amount - known_refund(t), needs=["refund_amount"])
        .derive("margin", lambda t: t.revenue - t.cost, needs=["cost"])
        .derive("list_price", lambda t: t.amount + t.discount, needs=["discount"])
        .derive("discounted", lambda t: t.discount > 0, needs=["discount"])
        .derive("weekend", lambda t: t.weekday >= 5)
        .derive("evening", lambda t: t.hour >= 18)
        .derive("week", lambda t: (t.day + 3) // 7)  # weeks begin on Monday
        .derive("first_day", lambda t: t.day.min(where=t.order).over(ONE_PAST))
    )


def _frequency_and_money(past: Past) -> Iterator[Feature]:
    windows = (*WINDOWS, past.horizon_days)
    yield from past.count(windows=windows, where="order")
    yield from past.total("revenue", windows=windows)
    yield from past.total("margin", windows=windows)
    yield from past.mean("amount", windows=YEAR, where="order")
    yield from past.spread("amount", where="order")
    yield from past.largest("amount")
    yield from past.since_last(where="order")
    yield from past.since_first(where="order")


def _rhythm(past: Past) -> Iterator[Feature]:
    yield from past.gaps()
    yield from past.distinct("week", windows=(90, 365), where="order", unit="weeks")
    yield from past.trend(45, where="order")
    yield from past.trend(90, where="order")
    yield from past.trend(90, column="revenue")
    season_ends = (365 - min(past.horizon_days, 365)) * DAY
    yield from past.total(
        "revenue", "same_period_last_year", windows=(365,), where=lambda t: t.elapsed > season_ends
    )


def _habits(past: Past) -> Iterator[Feature]:
    yield from past.ratio("discount_rate", "discount", "list_price", windows=(90, *YEAR))
    yield from past.share("discounted", windows=YEAR, where="order")
    yield from past.count("returns", windows=YEAR, where="returned", noun="returns")
    for breadth in ("items", "products", "categories"):
        yield from past.mean(breadth, windows=(90, *YEAR), where="order", unit=breadth)
    yield from past.distinct("store", windows=(365,), unit="stores")
    yield from past.distinct("channel", windows=(365,), unit="channels")
    yield from past.share("weekend", where="order", meaning="share of orders on Saturday or Sunday")
    yield from past.share("evening", where="order", meaning="share of orders at 18:00 or later")


def _first_and_last(past: Past) -> Iterator[Feature]:
    yield from past.first("amount")
    yield from past.first("products", unit="products")
    yield from past.first("discount")
    yield from past.first("channel", unit="category")
    yield from past.latest("amount")


def _buy_till_you_die(past: Past) -> Iterator[Feature]:
    """The sufficient statistics of BG/NBD, Pareto/NBD and Gamma-Gamma, merged per local day."""
    t = past.table
    repeat = t.order & (t.day > t.first_day)
    days = exact.real(t.day.nunique(where=repeat))
    span = exact.real(t.day.max(where=t.order) - t.day.min(where=t.order))
    each = exact.over(exact.total(t.amount, repeat), days)
    yield from past.measure("repeat_days", "days with an order after the first day", "days", days)
    yield from past.measure("first_to_last", "days from the first to the last order", "days", span)
    yield from past.measure("repeat_day_amount", "mean amount a repeat day", "money", each)


def fold_lines(lines: ir.Table) -> ir.Table:
    """Return one row an order from one a line: amounts added, products counted.

    An order belongs to the customer and carries the time, channel and store of its first line.
    """
    have = set(lines.columns)
    least = {"customer_id", "ordered_at", "channel", "store", "refunded_at"} & have
    added = {"amount", "cost", "discount", "refund_amount"} & have
    counted = {"products": "product_id", "categories": "category"}
    return lines.group_by("order_id").aggregate(
        **{name: lines[name].min() for name in sorted(least)},
        **{name: lines[name].sum().cast(lines[name].type()) for name in sorted(added)},
        **{name: lines[of].nunique() for name, of in counted.items() if of in have},
        items=lines.count(),
    )


HISTORY = History(
    name="orders",
    meaning="What customers bought",
    noun="orders",
    time="ordered_at",
    key="order_id",
    required=True,
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("ordered_at", "time", "when the order was placed", required=True),
        Column("amount", "money", "what was paid, net of discount; negative: refund",
               required=True),
        Column("order_id", "id", "tells orders apart; required for lines"),
        Column("cost", "money", "cost of the goods sold, for margin"),
        Column("discount", "money", "discount already taken off the amount"),
        Column("refunded_at", "time", "when money was given back"),
        Column("refund_amount", "money", "money given back, positive", known_at="refunded_at"),
        Column("channel", "category", "sales channel"),
        Column("store", "category", "shop or site"),
        Column("items", "count", "lines in the order"),
        Column("products", "count", "different products in the order"),
        Column("categories", "count", "different product categories in the order"),
    ),
    lines=Lines(
        columns=(
            Column("product_id", "id", "the product of the line"),
            Column("category", "category", "the category of the product"),
        ),
        fold=fold_lines,
    ),
    example=(
        {"customer_id": "A1", "ordered_at": "2024-01-05T10:00:00", "amount": 20, "order_id": "1",
         "discount": 5, "channel": "web", "products": 2, "cost": 11},
        {"customer_id": "A1", "ordered_at": "2024-01-25T19:30:00", "amount": 30, "order_id": "2",
         "discount": 0, "channel": "shop", "products": 1, "cost": 18,
         "refund_amount": 30, "refunded_at": "2024-02-02T09:00:00"},
        {"customer_id": "B2", "ordered_at": "2024-02-10T08:15:00", "amount": 12.5, "order_id": "3",
         "discount": 0, "channel": "web", "products": 3, "cost": 9},
    ),
    features=features,
    levers=(
        Lever("discounts", "how often and how deep orders are discounted",
              ("orders__discount_rate", "orders__discounted_share", "orders__first_discount")),
        Lever("basket breadth", "products and categories bought together: bundles, cross-sell",
              ("orders__mean_items", "orders__mean_products", "orders__mean_categories",
               "orders__first_products")),
    ),
)  # fmt: skip
