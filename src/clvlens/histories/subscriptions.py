"""What customers are subscribed to: one row a state of a subscription.

A start or a change opens a row, and the row before it gets its `changed_at`. The state that a
customer is in has neither been changed nor ended. A month is a twelfth of 365 days.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from clvlens.histories import exact
from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import AT_SIGN_UP, CONTRACT, Arm, Decision
from clvlens.histories.past import DAY, Past

YEAR = 365 * DAY
PAYMENT_FAILED = "payment_failed"


def features(past: Past) -> Iterator[Feature]:
    """What is active, at what price, for how long, on what terms, and what was cancelled."""
    past = _with_states(past)
    yield from past.since_first()
    yield from past.since_last()
    yield from past.distinct("subscription_id", "subscriptions", unit="subscriptions")
    yield from _active(past)
    yield from past.latest("plan", unit="category")
    yield from past.first("price")
    yield from past.latest("price")
    yield from past.count("changes", where="changed", noun="changes of a subscription")
    yield from _cancelled(past)


def _with_states(past: Past) -> Past:
    past = past.derive("changed", lambda t: t.changed_at.notnull(), needs=["changed_at"])
    past = past.derive("active", _active_states, needs=["ended_at"])
    past = past.derive("annual", lambda t: t.billing == "annual", needs=["billing"])
    return (
        past.derive("age", lambda t: t.cutoff - _began(t))
        .derive("renews_in", _renews_in, needs=["annual"])
        .derive("cancelled", lambda t: t.cancelled_at.notnull(), needs=["cancelled_at"])
        .derive("leaving", lambda t: t.active & t.cancelled, needs=["active", "cancelled"])
        .derive("failed", lambda t: t.cancel_reason == PAYMENT_FAILED, needs=["cancel_reason"])
        .derive("voluntary", lambda t: t.cancelled & ~t.failed, needs=["cancelled", "failed"])
        .derive("involuntary", lambda t: t.cancelled & t.failed, needs=["cancelled", "failed"])
        .derive(
            "upgraded",
            lambda t: t.active & (t.upgrade_until >= t.cutoff),
            needs=["active", "upgrade_until"],
        )
        .derive(
            "trial_left",
            lambda t: ibis.ifelse(t.active, t.trial_ends_at - t.cutoff, ibis.null("int64")),
            needs=["active", "trial_ends_at"],
        )
    )


def _active_states(t: ir.Table) -> ir.BooleanValue:
    lasts = t.ended_at.isnull()
    return lasts & ~t.changed if "changed" in t.columns else lasts


def _began(t: ir.Table) -> ir.Value:
    """Return when the subscription of each state began; a nameless one began with the state."""
    if "subscription_id" not in t.columns:
        return t.started_at
    alike = ibis.window(group_by=["customer_id", "cutoff", "subscription_id"])
    return ibis.ifelse(t.subscription_id.isnull(), t.started_at, t.started_at.min().over(alike))


def _renews_in(t: ir.Table) -> ir.Value:
    period = ibis.cases((t.annual, YEAR), (~t.annual, YEAR // 12))
    return period - t.elapsed % period


def _active(past: Past) -> Iterator[Feature]:
    if not past.has("active"):
        return
    of = "active"
    t = past.table
    yield from past.count(of, where=of, noun="active subscriptions")
    yield from past.total("price", where=of, meaning="monthly price of the active subscriptions")
    yield from past.last_known("plan", "active_plan", where=of, unit="category",
                               meaning="plan of the active subscription")  # fmt: skip
    yield from past.share("annual", where=of, meaning="share of active subscriptions that are "
                          "paid by the year")  # fmt: skip
    yield from past.share("is_trial", where=of, meaning="share of active subscriptions that are "
                          "trials")  # fmt: skip
    yield from past.count("upgraded", where="upgraded", noun="temporary upgrades that still run")
    tenure = exact.days(t.age.max(where=t.active))
    yield from past.measure(
        "active_tenure", "days since the oldest active subscription began", "days", tenure
    )
    if past.has("renews_in"):
        renewal = exact.days(t.renews_in.min(where=t.active))
        yield from past.measure(
            "days_to_renewal", "days until the next active subscription renews", "days", renewal
        )
    if past.has("trial_left"):
        left = exact.days(t.trial_left.max(where=t.trial_left >= 0))
        yield from past.measure("trial_days_left", "days until the trial ends", "days", left)


def _cancelled(past: Past) -> Iterator[Feature]:
    yield from past.count("leaving", where="leaving", noun="active subscriptions cancelled already")
    yield from past.count("cancelled", where="cancelled", noun="cancelled subscriptions")
    yield from past.count(
        "voluntary", where="voluntary", noun="subscriptions that the customer cancelled"
    )
    yield from past.count(
        "involuntary", where="involuntary", noun="subscriptions lost to failed payment"
    )
    if past.has("cancelled_at"):
        since = exact.days((past.table.cutoff - past.table.cancelled_at).min())
        yield from past.measure(
            "days_since_cancelled", "days since a subscription was cancelled", "days", since
        )


HISTORY = History(
    name="subscriptions",
    meaning="What customers are subscribed to",
    noun="subscriptions",
    time="started_at",
    key="row_id",
    lasting=True,
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("started_at", "time", "when the state began: a start or a change", required=True),
        Column("row_id", "id", "tells states apart"),
        Column("subscription_id", "id", "the subscription, the same for all its states"),
        Column("plan", "category", "the plan"),
        Column("price", "money", "price a month"),
        Column("billing", "category", "how often it is paid", among=("monthly", "annual")),
        Column("is_trial", "flag", "whether the state is a trial"),
        Column("trial_ends_at", "time", "when the trial ends, as announced",
               known_at="started_at"),
        Column("upgrade_until", "time", "until when a temporary upgrade runs",
               known_at="started_at"),
        Column("changed_at", "time", "when another state of the subscription took its place"),
        Column("cancelled_at", "time", "when it was cancelled; it may run on until it ends"),
        Column("cancel_reason", "category", "what the customer said, or payment_failed",
               known_at="cancelled_at", among=(PAYMENT_FAILED,)),
        Column("ended_at", "time", "when access ended"),
    ),
    example=(
        {"customer_id": "A1", "started_at": "2024-01-05T10:00:00", "row_id": "r1",
         "subscription_id": "u1", "plan": "basic", "price": 0, "billing": "monthly",
         "is_trial": True, "trial_ends_at": "2024-01-19T10:00:00",
         "changed_at": "2024-01-19T10:00:00"},
        {"customer_id": "A1", "started_at": "2024-01-19T10:00:00", "row_id": "r2",
         "subscription_id": "u1", "plan": "basic", "price": 29, "billing": "annual",
         "is_trial": False, "upgrade_until": "2024-03-01T00:00:00"},
        {"customer_id": "B2", "started_at": "2024-02-11T08:00:00", "row_id": "r3",
         "subscription_id": "u2", "plan": "pro", "price": 49, "billing": "monthly",
         "is_trial": False, "cancelled_at": "2024-02-27T12:00:00",
         "cancel_reason": "too_expensive", "ended_at": "2024-03-11T08:00:00"},
    ),
    features=features,
    levers=(
        Lever("annual billing", "whether subscriptions are paid by the year",
              ("subscriptions__annual_share", "subscriptions__days_to_renewal"),
              decision=Decision(
                  kind="one_time", decided_at="subscriptions.started_at",
                  eligible_note="those who subscribe",
                  beside=(*AT_SIGN_UP, *CONTRACT),
                  arm=Arm(history="subscriptions", within_days=1, column="billing",
                          among=("annual",)),
                  target="annual", assignment_note="customers choose: the surer ones pay ahead")),
        Lever("plan and price", "the plan and its price",
              ("subscriptions__active_plan", "subscriptions__last_plan",
               "subscriptions__total_price", "subscriptions__first_price",
               "subscriptions__last_price"),
              why_not="customers choose their plan for what they need of it"),
        Lever("free trial", "whether subscriptions begin with a trial",
              ("subscriptions__is_trial_share", "subscriptions__trial_days_left"),
              why_not="customers choose it; where it is given by lot or rule, define it"),
        Lever("temporary upgrade", "whether a higher plan may be tried for a while",
              ("subscriptions__upgraded",),
              decision=Decision(
                  kind="one_time", decided_at="subscriptions.started_at",
                  eligible_note="those who subscribe",
                  beside=(*AT_SIGN_UP, *CONTRACT, "subscriptions.billing"),
                  arm=Arm(history="subscriptions", having=("upgrade_until",), within_days=1),
                  target="given", assignment_note="given to some below the highest plan")),
    ),
)  # fmt: skip
