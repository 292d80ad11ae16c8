"""Every feature once more, in plain Python and from what it is said to mean.

Rows are dictionaries by column; instants are microseconds since 1970, money is `Decimal`. Sums
are exact fractions. What the engine does with windows and groups is done here with lists.
"""

import datetime as dt
import statistics
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

KINDS = ("abandoned_cart", "recommendation", "newsletter", "promo_code", "special_day")
KINDS += ("dunning", "bundle_offer")

Row = dict[str, object]


def tenure(histories: dict[str, tuple[list[Row], str, int]], cutoff: int) -> dict[str, object]:
    """Days since the first row of any history, (rows, time, lag), reached the business."""
    known = [
        row[time] + lag
        for rows, time, lag in histories.values()
        for row in rows
        if row[time] is not None
    ]
    first = min(known, default=cutoff)
    return {"tenure_days": days(cutoff - first) if first < cutoff else None}


def orders(rows: list[Row], cutoff: int, lag: int, horizon: int, zone: str) -> dict[str, object]:
    late = {"refunded_at": "refunded_at", "refund_amount": "refunded_at"}
    late |= {"delivered_at": "delivered_at"}
    rows = seen(rows, "ordered_at", late, cutoff, lag)
    for row in rows:
        back = row["refund_amount"] or 0
        row["revenue"] = row["amount"] - back
        row["margin"] = None if row["cost"] is None else row["revenue"] - row["cost"]
        row["returned"] = row["amount"] < 0 or back > 0
        row["local"] = local(row["ordered_at"], zone)
        row["late"] = lateness(row, cutoff - lag)
    bought = in_order([row for row in rows if row["amount"] > 0], "ordered_at", "order_id")
    found = {}

    def within(window: int | None, some: list[Row]) -> list[Row]:
        return [row for row in some if window is None or row["ordered_at"] >= cutoff - window * DAY]

    def each(stem: str, windows: tuple, some: list[Row], measure: Callable) -> None:
        for window in windows:
            span = "ever" if window is None else f"{window}d"
            found[f"orders__{stem}_{span}"] = measure(within(window, some))

    money_windows = (30, 90, 180, 365, None, horizon)
    each("count", money_windows, bought, len)
    each("total_revenue", money_windows, rows, lambda some: total(some, "revenue"))
    each("total_margin", money_windows, rows, lambda some: total(some, "margin"))
    each("mean_amount", (365, None), bought, lambda some: mean(some, "amount"))
    each("sd_amount", (None,), bought, lambda some: spread(values(some, "amount")))
    each("max_amount", (None,), bought, lambda some: max(values(some, "amount"), default=None))
    each("distinct_week", (90, 365), bought, lambda some: len({monday(r["local"]) for r in some}))
    each("discount_rate", (90, 365, None), bought, discount_rate)
    each("discounted_share", (365, None), bought, discounted_share)
    each("returns", (365, None), rows, lambda some: sum(row["returned"] for row in some))
    for breadth in ("items", "products", "categories"):
        each(f"mean_{breadth}", (90, 365, None), bought, lambda s, b=breadth: mean(s, b))
    for place in ("store", "channel"):
        each(f"distinct_{place}", (365,), bought, lambda s, p=place: len(set(values(s, p))))
    weekend, evening = (
        lambda some: share([row["local"].isoweekday() >= 6 for row in some]),
        lambda some: share([row["local"].hour >= 18 for row in some]),
    )
    each("weekend_share", (None,), bought, weekend)
    each("evening_share", (None,), bought, evening)

    each("bundle_share", (365, None), bought, lambda some: share(values(some, "bundle")))
    for lines in ("cross_sell_lines", "upsell_lines", "recommended_lines"):
        each(f"mean_{lines}", (365, None), bought, lambda s, of=lines: mean(s, of))
        each(
            f"has_{lines.removesuffix('_lines')}_share",
            (365, None),
            bought,
            lambda some, of=lines: share([number > 0 for number in values(some, of)]),
        )
    each("mean_shipping_fee", (365, None), bought, lambda some: mean(some, "shipping_fee"))
    each("shipping_saved_share", (365, None), bought, lambda s: share(values(s, "shipping_saved")))
    each("mean_late", (365, None), bought, lambda some: mean(some, "late"))
    kept = lambda some: share([late == 0 for late in values(some, "late")])  # noqa: E731
    each("promise_kept_share", (365, None), bought, kept)

    times = [row["ordered_at"] for row in bought]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    mean_gap = days(statistics.mean(map(Fraction, gaps))) if gaps else None
    season = min(horizon, 365)
    year_ago = cutoff - 365 * DAY
    that_season = [r for r in rows if year_ago <= r["ordered_at"] < year_ago + season * DAY]
    first, last = (bought[0], bought[-1]) if bought else ({}, {})
    rest = {
        "days_since_last": days(cutoff - times[-1]) if times else None,
        "days_since_first": days(cutoff - times[0]) if times else None,
        "mean_gap": mean_gap,
        "sd_gap": spread([Fraction(gap, DAY) for gap in gaps]),
        "overdue": days(cutoff - times[-1]) / mean_gap if mean_gap else None,
        "trend_count_45d": trend(len(within(45, bought)), len(within(90, bought))),
        "trend_count_90d": trend(len(within(90, bought)), len(within(180, bought))),
        "trend_revenue_90d": trend(*(total(within(w, rows), "revenue") for w in (90, 180))),
        "same_period_last_year": total(that_season, "revenue"),
        **{f"first_{of}": first.get(of) for of in ("amount", "products", "discount", "channel")},
        "last_amount": last.get("amount"),
        **repeat_days(bought),
    }
    return found | {f"orders__{name}": value for name, value in rest.items()}


def lateness(row: Row, now: int) -> Fraction | None:
    """Days from the promised time to delivery, or to now; None before anybody can tell."""
    promised, delivered = row["promised_at"], row["delivered_at"]
    if promised is None or (delivered is None and now <= promised):
        return None
    return days(max(0, (now if delivered is None else delivered) - promised))


def customers(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    late = {of: of for of in ("traits_known_at", "born_on", "email_captured_at")}
    late |= dict.fromkeys(("segment", "persona"), "traits_known_at")
    (row,) = seen(rows, "signed_up_at", late, cutoff, lag) or [{}]
    born, signed_up = row.get("born_on"), row.get("signed_up_at")
    captured = row.get("email_captured_at")
    lead = signed_up - captured if signed_up is not None and captured is not None else None
    found = {
        "email_captured": int(captured is not None) if row else None,
        "email_lead": None if lead is None else days(lead),
        "days_since_sign_up": None if signed_up is None else days(cutoff - signed_up),
        "age_years": None if born is None else days(cutoff - born) / Fraction(36525, 100),
    }
    plain = ("acquisition_cost", "channel", "campaign", "segment", "persona", "country", "tier")
    return {
        f"customers__{name}": value
        for name, value in {**found, **{name: row.get(name) for name in plain}}.items()
    }


def messages(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    outcomes = {"opened": "opened_at", "clicked": "clicked_at", "converted": "converted_at"}
    rows = seen(rows, "sent_at", {at: at for at in outcomes.values()}, cutoff, lag)
    rows = in_order(rows, "sent_at", "message_id")
    found = {}
    for window in (30, 90, 365, None):
        span = "ever" if window is None else f"{window}d"
        some = [row for row in rows if window is None or row["sent_at"] >= cutoff - window * DAY]
        found[f"count_{span}"] = len(some)
        if window in (90, None):
            for outcome, at in outcomes.items():
                found[f"{outcome}_share_{span}"] = share([row[at] is not None for row in some])
            for made in ("personalised", "segmented"):
                found[f"{made}_share_{span}"] = share(values(some, made))
            found[f"tailored_share_{span}"] = share(
                [of for of in map(tailored, some) if of is not None]
            )
            delays = [r["sent_at"] - r["cart_abandoned_at"] for r in some if r["cart_abandoned_at"]]
            found[f"mean_cart_delay_{span}"] = (
                24 * days(Fraction(sum(delays), len(delays))) if delays else None
            )
            for kind in KINDS:
                found[f"count_{kind}_{span}"] = sum(row["kind"] == kind for row in some)
    running = [row for row in rows if row["ends_at"] is not None and row["ends_at"] >= cutoff]
    found["running_ever"] = len(running)
    found["days_since_last"] = days(cutoff - rows[-1]["sent_at"]) if rows else None
    found["distinct_kind_ever"] = len(set(values(rows, "kind")))
    found["distinct_medium_ever"] = len(set(values(rows, "medium")))
    found["last_kind"] = rows[-1]["kind"] if rows else None
    return {f"messages__{name}": value for name, value in found.items()}


def tailored(message: Row) -> bool | None:
    """Whether it was made for the customer or the segment: one yes will do, a no needs two."""
    made = [message["personalised"], message["segmented"]]
    return True if True in made else None if None in made else False


def seen(rows: list[Row], time: str, late: dict[str, str], cutoff: int, lag: int) -> list[Row]:
    """Return copies of the rows as they were known before the cutoff."""

    def known(when: int | None) -> bool:
        return when is not None and when + lag < cutoff

    return [
        {of: None if of in late and not known(row[late[of]]) else row[of] for of in row}
        for row in rows
        if row[time] is None or known(row[time])
    ]


def in_order(rows: list[Row], time: str, key: str) -> list[Row]:
    """Order rows by time, then by key, then by every column; what is missing comes last."""

    def rank(row: Row) -> list[tuple]:
        ties = (row[of] for of in [key, *sorted(of for of in row if of != "local")])
        return [(False, row[time]), *((v is None, v) if v is not None else (True,) for v in ties)]

    return sorted(rows, key=rank)


def local(when: int, zone: str) -> dt.datetime:
    return (EPOCH + dt.timedelta(microseconds=when)).astimezone(ZoneInfo(zone))


def monday(when: dt.datetime) -> dt.date:
    return when.date() - dt.timedelta(days=when.weekday())


def days(microseconds: int | Fraction) -> Fraction:
    return Fraction(microseconds) / DAY


def values(rows: list[Row], column: str) -> list:
    return [row[column] for row in rows if row[column] is not None]


def total(rows: list[Row], column: str) -> Fraction:
    return sum(map(Fraction, values(rows, column)), Fraction(0))


def mean(rows: list[Row], column: str) -> Fraction | None:
    some = list(map(Fraction, values(rows, column)))
    return statistics.mean(some) if some else None


def spread(some: list) -> float | None:
    return statistics.stdev(map(Fraction, some)) if len(some) > 1 else None


def share(flags: list[bool]) -> Fraction | None:
    return Fraction(sum(flags), len(flags)) if flags else None


def trend(late: Fraction, both: Fraction) -> Fraction | None:
    """(late - early) / (late + early), where both windows are late + early."""
    return Fraction(late - (both - late)) / Fraction(both) if both > 0 else None


def discount_rate(rows: list[Row]) -> Fraction | None:
    """Discounts over what the same orders would have cost without."""
    known = [row for row in rows if row["discount"] is not None]
    given = total(known, "discount")
    price = given + total(known, "amount")
    return given / price if price > 0 else None


def discounted_share(rows: list[Row]) -> Fraction | None:
    return share([discount > 0 for discount in values(rows, "discount")])


def repeat_days(bought: list[Row]) -> dict[str, object]:
    """Days with an order after the first such day, in local days, and what they brought."""
    dates = [row["local"].date() for row in bought]
    repeats = {date for date in dates if date > dates[0]}
    brought = sum(
        Fraction(r["amount"]) for r, date in zip(bought, dates, strict=True) if date > dates[0]
    )
    return {
        "repeat_days": len(repeats),
        "first_to_last": (dates[-1] - dates[0]).days if dates else None,
        "repeat_day_amount": brought / len(repeats) if repeats else None,
    }
