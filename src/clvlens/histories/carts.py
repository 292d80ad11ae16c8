"""How easy it was to buy: one row a checkout session.

A session is abandoned if it ended, or has lasted for over an hour, without being completed.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import Arm, Decision
from clvlens.histories.exact import HOUR, MINUTE
from clvlens.histories.past import EVER, Past
from clvlens.histories.waits import wait

WINDOWS = (90, EVER)
ABANDONED = "share of checkouts abandoned, of those of which it is known"


def features(past: Past) -> Iterator[Feature]:
    """How many, how much work they were, how many were abandoned, and what came back."""
    past = (
        _with_abandonment(past)
        .derive("recovered", lambda t: t.recovered_at.notnull(), needs=["recovered_at"])
        .derive(
            "waiting",
            lambda t: t.abandoned & ~t.recovered,
            needs=["abandoned", "recovered"],
        )
        .derive(
            "value_waiting",
            lambda t: ibis.ifelse(t.waiting, t.value, ibis.literal(0, t.value.type())),
            needs=["waiting", "value"],
        )
    )
    yield from past.count(windows=(30, *WINDOWS))
    yield from past.since_last()
    for effort in ("steps", "clicks", "fields"):
        yield from past.mean(effort, windows=WINDOWS, unit=effort)
    yield from past.mean(
        "duration",
        windows=WINDOWS,
        unit="minutes",
        per=MINUTE,
        meaning="minutes from the start of a checkout to its completion",
    )
    yield from past.share("autofilled", windows=WINDOWS, meaning="share of checkouts autofilled")
    yield from past.share("abandoned", windows=WINDOWS, meaning=ABANDONED)
    yield from past.since_last("days_since_abandoned", where="abandoned")
    yield from _recovery(past)
    yield from past.mean("value", windows=WINDOWS)
    yield from past.latest("value")


def _with_abandonment(past: Past) -> Past:
    """Tell checkouts completed from those abandoned; a recent one that goes on is neither."""

    def abandoned(t: ir.Table) -> ir.BooleanValue:
        over = t.checkout > HOUR
        over = over | t.ended_at.notnull() if "ended_at" in t.columns else over
        return ibis.cases((~t.checkout_open, False), (over, True))

    past = wait(past, "checkout", "started_at", "completed_at")
    return past.derive("abandoned", abandoned, needs=["checkout"]).derive(
        "duration", lambda t: t.completed_at - t.started_at, needs=["completed_at"]
    )


def _recovery(past: Past) -> Iterator[Feature]:
    waiting = "carts abandoned and not recovered"
    yield from past.share(
        "recovered",
        windows=WINDOWS,
        where="abandoned",
        meaning="share of abandoned carts that were bought later",
    )
    yield from past.count("waiting", windows=(30,), where="waiting", noun=waiting)
    yield from past.total("value_waiting", windows=(30,), meaning=f"total value of {waiting}")


HISTORY = History(
    name="carts",
    meaning="How easy it was to buy",
    noun="checkouts",
    time="started_at",
    key="cart_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("started_at", "time", "when the checkout was started", required=True),
        Column("cart_id", "id", "tells checkouts apart"),
        Column("value", "money", "value of the goods when the checkout was started"),
        Column("autofilled", "flag", "whether the form was filled in for the customer"),
        Column("ended_at", "time", "when the session ended, bought or not"),
        Column("steps", "count", "pages of the checkout seen", known_at="ended_at"),
        Column("clicks", "count", "clicks made", known_at="ended_at"),
        Column("fields", "count", "fields typed", known_at="ended_at"),
        Column("completed_at", "time", "when the goods were bought in this session"),
        Column("recovered_at", "time", "when the goods were bought after it was abandoned"),
    ),
    example=(
        {"customer_id": "A1", "started_at": "2024-01-05T09:50:00", "cart_id": "c1", "value": 20,
         "autofilled": False, "ended_at": "2024-01-05T10:00:00", "steps": 4, "clicks": 22,
         "fields": 15, "completed_at": "2024-01-05T10:00:00"},
        {"customer_id": "A1", "started_at": "2024-01-24T19:00:00", "cart_id": "c2", "value": 30,
         "autofilled": True, "ended_at": "2024-01-24T19:05:00", "steps": 2, "clicks": 6,
         "fields": 1, "recovered_at": "2024-01-25T19:30:00"},
        {"customer_id": "B2", "started_at": "2024-02-11T08:00:00", "cart_id": "c3", "value": 55,
         "autofilled": False, "ended_at": "2024-02-11T08:02:00", "steps": 1, "clicks": 3,
         "fields": 4},
    ),
    features=features,
    levers=(
        Lever("ease of purchase", "how much work a checkout is",
              ("carts__mean_steps", "carts__mean_clicks", "carts__mean_fields",
               "carts__mean_duration"),
              why_not="it is measured at each checkout; nothing says who was given which form"),
        Lever("autofill", "whether the form is filled in for the customer",
              ("carts__autofilled_share",),
              decision=Decision(
                  kind="one_time", decided_at="carts.started_at", within_days=180,
                  eligible_note="those who begin a checkout in their first 180 days",
                  arm=Arm(history="carts", within_days=1, column="autofilled", among=(True,)),
                  target="first form filled in",
                  assignment_note="filled in where the browser knows the address")),
        Lever("cart recovery", "whether abandoned carts are won back",
              ("carts__recovered_share", "carts__waiting", "carts__total_value_waiting"),
              why_not="a result, not a decision: see cart e-mail"),
        Lever("abandonment", "how often and how lately carts are abandoned",
              ("carts__abandoned_share", "carts__days_since_abandoned"), controllable=False,
              why_not="customers decide; an indicator"),
    ),
)  # fmt: skip
