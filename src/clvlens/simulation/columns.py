"""The columns of the twelve tables, and how arrays become them.

Inside the simulation a time is a float, days since the business opened, and a category is a
code; nan and -1 stand for what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from clvlens.simulation.billing import CAUSES
from clvlens.simulation.people import CAMPAIGNS, CHANNELS, COUNTRIES, PLANS
from clvlens.simulation.settings import OPENED

Rows = dict[str, NDArray]  # columns of equal length, by name

KINDS = (
    "abandoned_cart", "recommendation", "newsletter", "promo_code", "special_day", "dunning",
    "bundle_offer",
)  # fmt: skip
REASONS = ("payment_failed", "price", "no_need", "service", "competitor")


@dataclass(frozen=True)
class Column:
    """How a column is written: a type of clvlens' histories, and a category's words.

    `known_at` is the time column at which its value becomes known; a time of its own, without
    one, is known when it comes. Columns that `may_miss` lose values where `missing` is asked.
    """

    type: str
    words: tuple[str, ...] = ()
    known_at: str = ""
    may_miss: bool = False


def _columns(types: str) -> dict[str, Column]:
    """Read `name:type` pairs; `name:type@clock` where a value becomes known later."""
    found = {}
    for word in types.split():
        name, _, rest = word.partition(":")
        kind, _, clock = rest.partition("@")
        found[name] = Column(kind.rstrip("?"), known_at=clock, may_miss=kind.endswith("?"))
    return found


def _words(**words: tuple[str, ...]) -> dict[str, Column]:
    return {name: Column("category", values) for name, values in words.items()}


def _gaps(**words: tuple[str, ...]) -> dict[str, Column]:
    return {name: Column("category", values, may_miss=True) for name, values in words.items()}


# The first column after the customer is the time of the row's event.
TABLES: Mapping[str, Mapping[str, Column]] = {
    "customers": _columns("customer_id:id signed_up_at:time acquisition_cost:money? ")
    | _gaps(channel=CHANNELS, campaign=CAMPAIGNS, country=COUNTRIES)
    | _columns("born_on:time? traits_known_at:time email_captured_at:time")
    | {
        "segment": Column("category", ("vip", "regular", "occasional"), "traits_known_at"),
        "persona": Column("category", ("planner", "explorer", "saver"), "traits_known_at", True),
    },
    "orders": _columns(
        "customer_id:id ordered_at:time amount:money order_id:key cost:money? discount:money? "
        "refunded_at:time refund_amount:money@refunded_at items:count products:count "
        "categories:count? promised_at:time@ordered_at delivered_at:time bundle:flag "
        "cross_sell_lines:count upsell_lines:count recommended_lines:count shipping_fee:money "
        "shipping_saved:flag"
    )
    | _words(channel=("web", "phone", "app", "subscription", "booking")),
    "onboarding": _columns(
        "customer_id:id started_at:time step_id:key finished_at:time personalised:flag?"
    )
    | _words(
        step=("profile", "import", "first_use", "walkthrough"),
        assigned_program=("none", "standard", "guided"),
    )
    | _gaps(medium=("self", "video", "call", "workshop", "walkthrough")),
    "tickets": _columns(
        "customer_id:id opened_at:time ticket_id:key first_response_at:time resolved_at:time "
        "reopened_at:time rated_at:time satisfaction:number@rated_at out_of_hours:flag "
        "handled_out_of_hours:flag@first_response_at"
    )
    | _words(channel=("chat", "phone", "email", "social", "form"))
    | _gaps(
        topic=("billing", "delivery", "product", "account"), priority=("normal", "high", "urgent")
    ),
    "payments": _columns(
        "customer_id:id attempted_at:time payment_id:key subscription_id:key amount:money "
        "succeeded:flag dunning_step:count card_expires_at:time@attempted_at invoice_id:key "
        "card_updater:flag"
    )
    | _words(dunning_program=("standard", "smart"))
    | _gaps(failure=CAUSES),
    "messages": _columns(
        "customer_id:id sent_at:time message_id:key personalised:flag segmented:flag "
        "ends_at:time@sent_at opened_at:time clicked_at:time converted_at:time cart_id:key "
        "cart_abandoned_at:time@sent_at"
    )
    | _words(kind=KINDS, medium=("email", "push", "sms")),
    "carts": _columns(
        "customer_id:id started_at:time cart_id:key ended_at:time steps:count@ended_at "
        "clicks:count?@ended_at fields:count?@ended_at autofilled:flag? completed_at:time "
        "recovered_at:time value:money"
    ),
    "surveys": _columns(
        "customer_id:id sent_at:time survey_id:key answered_at:time score:number@answered_at"
    )
    | _words(kind=("csat", "nps", "ces")),
    "subscriptions": _columns(
        "customer_id:id started_at:time row_id:key subscription_id:key price:money is_trial:flag "
        "trial_ends_at:time@started_at upgrade_until:time@started_at changed_at:time "
        "cancelled_at:time ended_at:time"
    )
    | _words(plan=PLANS, billing=("monthly", "annual"))
    | {"cancel_reason": Column("category", REASONS, "cancelled_at", True)},
    "bookings": _columns(
        "customer_id:id booked_at:time booking_id:key for_when:time@booked_at out_of_hours:flag "
        "outcome_at:time kept:flag@outcome_at cancelled_at:time value:money"
    )
    | _words(channel=("online", "phone", "walk_in")),
    "visits": _columns("customer_id:id visited_at:time visit_id:key left_at:time")
    | _words(
        kind=(
            "product", "blog", "calculator", "video", "community", "social", "chat_bot",
            "walkthrough",
        )
    )
    | _gaps(source=("direct", "search", "email", "social")),
    "loyalty": _columns("customer_id:id entered_at:time entry_id:key points:number")
    | _words(
        kind=("invited", "joined", "earned", "spent", "tier"), tier=("bronze", "silver", "gold")
    ),
}  # fmt: skip


def time_of(table: str) -> str:
    """Return the column with the instant of a table's event."""
    return list(TABLES[table])[1]


def key_of(table: str) -> str:
    """Return the column that tells a table's rows apart."""
    keys = [name for name, column in TABLES[table].items() if column.type == "key"]
    return keys[0] if keys else "customer_id"


def pick(which: NDArray[np.bool_], **columns: ArrayLike) -> Rows:
    """Return the entries of each column where `which` holds; columns broadcast to its shape."""
    return {name: np.broadcast_to(column, which.shape)[which] for name, column in columns.items()}


def stack(parts: Iterable[Rows]) -> Rows:
    """Return one table from several; a column that a part lacks is empty there."""
    parts = [part for part in parts if part]
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: np.concatenate(
            [part.get(name, np.full(len(part["customer_id"]), np.nan)) for part in parts]
        )
        for name in names
    }


def to_arrow(table: str, rows: Rows, customers: pa.Array) -> pa.Table:
    """Return a table as it is written; `customers` names the customer of each row."""
    columns = {
        name: _array(column, rows[name])
        for name, column in TABLES[table].items()
        if column.type != "id"
    }
    return pa.table({"customer_id": customers, **columns})


def _array(column: Column, values: NDArray) -> pa.Array:
    gone = np.isnan(values) if values.dtype.kind == "f" else None
    filled = values if gone is None else np.where(gone, 0, values)
    match column.type:
        case "time":
            seconds = np.round(filled * 86_400).astype("timedelta64[s]")
            return pa.array((OPENED + seconds).astype("datetime64[us]"), mask=gone)
        case "money" | "number":
            return pa.array(np.round(filled, 2), mask=gone)
        case "flag":
            return pa.array(filled.astype(bool), mask=gone)
        case "category":
            absent = ~(values >= 0)
            codes = pa.array(filled.astype(np.int32), mask=absent)
            return pa.array(column.words).take(codes)
        case _:
            return pa.array(filled.astype(np.int64), mask=gone)
