"""What was charged: one row an attempt to collect money.

Attempts of one `invoice_id` belong together; one without it is an invoice of its own. An invoice
fails with its first attempt, is recovered when a later one succeeds, and is failing until then.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import MONTHLY, Arm, Decision
from clvlens.histories.past import DAY, EVER, Past
from clvlens.histories.waits import wait, within

WINDOWS = (90, 365, EVER)
CAUSES = ("expired_card", "limit", "lost_or_stolen", "insufficient_funds", "policy")
RECOVERED = "share of failed invoices recovered within 30 days, of those of which it is known"
FAILING = "days from an invoice's failure until it was paid, so far"


def features(past: Past) -> Iterator[Feature]:
    """How often charges fail and why, what is recovered, and whether the card will last."""
    past = _with_invoices(past.derive("failed", lambda t: ~t.succeeded))
    past = past.derive(
        "amount_unpaid",
        lambda t: ibis.ifelse(t.unresolved, t.amount, ibis.literal(0, t.amount.type())),
        needs=["unresolved", "amount"],
    ).derive(
        "card_expiring",
        lambda t: (t.card_expires_at < t.cutoff + past.horizon_days * DAY).cast("int64"),
        needs=["card_expires_at"],
    )
    yield from past.count(windows=WINDOWS)
    yield from past.since_last()
    yield from past.total("amount", windows=WINDOWS, where="succeeded",
                          meaning="total amount of charges that worked")  # fmt: skip
    yield from past.share("failed", windows=WINDOWS, meaning="share of charges that failed")
    yield from past.count("failures", windows=WINDOWS, where="failed", noun="failed charges")
    yield from past.since_last("days_since_failure", where="failed")
    yield from past.counts("failure", CAUSES, windows=(365,))
    yield from past.last_known("failure", unit="category")
    yield from _dunning(past)
    yield from past.last_known(
        "card_expiring",
        "card_expiring",
        unit="flag",
        meaning=f"whether the latest card expires within {past.horizon_days} days",
    )
    yield from past.share("card_updater", windows=(365,), meaning="share of charges with a "
                          "service that renews expired cards")  # fmt: skip
    yield from past.last_known("dunning_program", unit="category")


def _with_invoices(past: Past) -> Past:
    """Say on the failed first attempt of each invoice how long it has been failing."""
    if not past.has("invoice_id"):
        return past
    return within(
        wait(
            past.derive("alone", lambda t: ibis.ifelse(t.invoice_id.isnull(), t.sequence, 0))
            .derive("invoice_began", lambda t: t.sequence.min().over(_invoice()))
            .derive("paid_at", lambda t: t.event_time.min(where=t.succeeded).over(_invoice()))
            .derive("failed_at", lambda t: ibis.ifelse(_breaks(t), t.event_time, _never())),
            "failing",
            "failed_at",
            "paid_at",
        ).derive("unresolved", lambda t: t.failing_open.fill_null(False)),
        "recovered_in_30d",
        "failing",
        30 * DAY,
    )


def _invoice() -> ir.WindowBuilder:
    return ibis.window(group_by=["customer_id", "cutoff", "invoice_id", "alone"])


def _breaks(t: ir.Table) -> ir.BooleanValue:
    return t.failed & (t.sequence == t.invoice_began)


def _never() -> ir.Value:
    return ibis.null("int64")


def _dunning(past: Past) -> Iterator[Feature]:
    days = {"unit": "days", "per": DAY, "meaning": FAILING}
    yield from past.count("unresolved", where="unresolved", noun="failed invoices not yet paid")
    yield from past.total("amount_unpaid", meaning="amount of failed invoices not yet paid")
    yield from past.mean("failing", windows=(365,), **days)
    yield from past.largest("failing", windows=(365,), **days)
    yield from past.share("recovered_in_30d", windows=(365, EVER), meaning=RECOVERED)
    yield from past.largest("dunning_step", windows=(90,), unit="steps")


HISTORY = History(
    name="payments",
    meaning="What was charged, and whether it worked",
    noun="charges",
    time="attempted_at",
    key="payment_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("attempted_at", "time", "when the charge was attempted", required=True),
        Column("succeeded", "flag", "whether it worked", required=True),
        Column("payment_id", "id", "tells attempts apart"),
        Column("subscription_id", "id", "the subscription that is charged"),
        Column("invoice_id", "id", "the invoice that is collected, the same for every attempt"),
        Column("amount", "money", "what was to be collected"),
        Column("failure", "category", "why it failed", among=CAUSES),
        Column("dunning_step", "count", "0 for the first attempt, then 1, 2, …"),
        Column("card_expires_at", "time", "when the card that was used expires",
               known_at="attempted_at"),
        Column("dunning_program", "category", "how failures are followed up: standard, smart"),
        Column("card_updater", "flag", "whether expired cards are renewed by a service"),
    ),
    example=(
        {"customer_id": "A1", "attempted_at": "2024-01-05T03:00:00", "payment_id": "p1",
         "subscription_id": "u1", "invoice_id": "i1", "amount": 29, "succeeded": False,
         "failure": "insufficient_funds", "dunning_step": 0, "card_updater": False,
         "card_expires_at": "2024-12-01", "dunning_program": "standard"},
        {"customer_id": "A1", "attempted_at": "2024-01-08T03:00:00", "payment_id": "p2",
         "subscription_id": "u1", "invoice_id": "i1", "amount": 29, "succeeded": True,
         "dunning_step": 1, "card_expires_at": "2024-12-01", "dunning_program": "standard",
         "card_updater": False},
        {"customer_id": "B2", "attempted_at": "2024-02-11T03:00:00", "payment_id": "p3",
         "subscription_id": "u2", "invoice_id": "i2", "amount": 290, "succeeded": False,
         "failure": "expired_card", "dunning_step": 0, "card_expires_at": "2024-02-01",
         "dunning_program": "smart", "card_updater": True},
    ),
    features=features,
    levers=(
        Lever("card failures", "how often charges fail, and whether the card will last",
              ("payments__failed_share", "payments__failures", "payments__card_expiring",
               "payments__days_since_failure",
               *(f"payments__count_{cause}" for cause in CAUSES)),
              decision=Decision(
                  kind="event", decided_at="customers.signed_up_at + 90 days", periods=3,
                  eligible=MONTHLY, eligible_note="subscribers billed by the month",
                  arm=Arm(history="payments", where={"dunning_step": (0,)}, column="succeeded",
                          among=(True,)),
                  target="no charge fails",
                  assignment_note="cards fail, mostly those of customers short of money")),
        Lever("dunning", "how failed payments are followed up and recovered",
              ("payments__recovered_in_30d_share", "payments__mean_failing",
               "payments__max_failing", "payments__unresolved",
               "payments__total_amount_unpaid", "payments__last_dunning_program"),
              decision=Decision(
                  kind="standing", decided_at="customers.signed_up_at + usual age",
                  eligible=MONTHLY, eligible_note="subscribers billed by the month",
                  arm=Arm(history="payments", within_days=35, column="dunning_program",
                          among=("smart",)),
                  target="smart", assignment_note="given to those whose charges failed")),
        Lever("card updater", "whether expired cards are renewed by a service",
              ("payments__card_updater_share",),
              decision=Decision(
                  kind="standing", decided_at="customers.signed_up_at + usual age",
                  eligible=MONTHLY, eligible_note="subscribers billed by the month",
                  arm=Arm(history="payments", within_days=35, column="card_updater",
                          among=(True,)),
                  target="on", assignment_note="given after failures")),
    ),
)  # fmt: skip
