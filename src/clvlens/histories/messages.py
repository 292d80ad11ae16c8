"""What the business said: one row a message (e-mail, push, campaign) to a customer."""

from __future__ import annotations

from collections.abc import Iterator

from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import EXPIRED_CARDS, SHOP_ORDERS, Arm, Decision, Rows
from clvlens.histories.exact import HOUR
from clvlens.histories.past import EVER, Past

WINDOWS = (30, 90, 365, EVER)
KINDS = (
    "abandoned_cart", "recommendation", "newsletter", "promo_code", "special_day", "dunning",
    "bundle_offer",
)  # fmt: skip


def features(past: Past) -> Iterator[Feature]:
    """How many of which kind, how recent, how soon, how they were met, how personal they were."""
    for outcome in ("opened", "clicked", "converted"):
        past = past.derive(
            outcome, lambda t, at=f"{outcome}_at": t[at].notnull(), needs=[f"{outcome}_at"]
        )
    past = past.derive("running", lambda t: t.ends_at >= t.cutoff, needs=["ends_at"])
    past = past.derive(
        "tailored", lambda t: t.personalised | t.segmented, needs=["personalised", "segmented"]
    )
    past = past.derive(
        "cart_delay", lambda t: t.sent_at - t.cart_abandoned_at, needs=["cart_abandoned_at"]
    )
    yield from past.count(windows=WINDOWS)
    yield from past.counts("kind", KINDS, windows=(90, EVER))
    yield from past.since_last()
    yield from past.count("running", where="running", noun="messages whose offer still runs")
    for outcome in ("opened", "clicked", "converted", "personalised", "segmented"):
        yield from past.share(outcome, windows=(90, EVER))
    yield from past.share(
        "tailored",
        windows=(90, EVER),
        meaning="share of messages made for the customer or the segment",
    )
    yield from past.mean(
        "cart_delay",
        windows=(90, EVER),
        unit="hours",
        per=HOUR,
        meaning="hours from abandoning a cart to the message about it",
    )
    yield from past.distinct("kind", unit="kinds")
    yield from past.distinct("medium", unit="media")
    yield from past.latest("kind", unit="category")


def _sent(kind: str, eligible: str, note: str, before: Rows | None = None) -> Decision:
    """Return the decision to send a kind of message, taken at the age at which it is usual."""
    return Decision(
        kind="standing",
        decided_at="customers.signed_up_at + usual age",
        eligible_note=eligible,
        before=before,
        arm=Arm(history="messages", where={"kind": (kind,)}),
        target="sent",
        assignment_note=note,
        negative_controls=(EXPIRED_CARDS,),
    )


HISTORY = History(
    name="messages",
    meaning="What the business said to customers",
    noun="messages",
    time="sent_at",
    key="message_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("sent_at", "time", "when the message was sent", required=True),
        Column("message_id", "id", "tells messages apart"),
        Column("kind", "category", "what it is for", among=KINDS),
        Column("medium", "category", "by which it was sent: email, push, sms"),
        Column("personalised", "flag", "whether it was made for this customer"),
        Column("segmented", "flag", "whether it was made for the customer's segment"),
        Column("cart_id", "id", "the cart that it is about"),
        Column("cart_abandoned_at", "time", "when that cart was abandoned", known_at="sent_at"),
        Column("ends_at", "time", "when its offer ends, as announced", known_at="sent_at"),
        Column("opened_at", "time", "when it was first opened"),
        Column("clicked_at", "time", "when it was first clicked"),
        Column("converted_at", "time", "when it led to an order"),
    ),
    example=(
        {"customer_id": "A1", "sent_at": "2024-01-10T08:00:00", "message_id": "m1",
         "kind": "newsletter", "medium": "email", "opened_at": "2024-01-10T09:30:00",
         "personalised": False, "segmented": True},
        {"customer_id": "A1", "sent_at": "2024-02-01T08:00:00", "message_id": "m2",
         "kind": "abandoned_cart", "medium": "push", "opened_at": "2024-02-03T20:00:00",
         "clicked_at": "2024-02-03T20:01:00", "personalised": True, "segmented": False,
         "cart_id": "c9", "cart_abandoned_at": "2024-02-01T05:00:00"},
        {"customer_id": "B2", "sent_at": "2024-02-12T08:00:00", "message_id": "m3",
         "kind": "newsletter", "medium": "email", "personalised": False, "segmented": False},
    ),
    features=features,
    levers=(
        Lever("messages", "how many messages are sent, how lately and how personally",
              ("messages__count", "messages__running", "messages__days_since_last",
               "messages__count_dunning"),
              why_not="how many is the sum of many decisions: see the kinds of message"),
        Lever("promo code", "whether a promo code is sent", ("messages__count_promo_code",),
              decision=_sent("promo_code", "everybody", "sent by campaign")),
        Lever("newsletter", "whether a newsletter is sent", ("messages__count_newsletter",),
              decision=_sent("newsletter", "everybody", "readers were better customers already")),
        Lever("recommendations", "whether products are recommended by message",
              ("messages__count_recommendation",),
              decision=_sent("recommendation", "everybody", "sent to those who visit")),
        Lever("bundle offer", "whether a bundle is offered", ("messages__count_bundle_offer",),
              decision=_sent("bundle_offer", "those who have ordered in the shop",
                             "offered to those who order more", before=SHOP_ORDERS)),
        Lever("special-day message", "whether the message on a special day is personal",
              ("messages__count_special_day",),
              decision=Decision(
                  kind="one_time", decided_at="messages.sent_at",
                  of=Rows(history="messages", where={"kind": ("special_day",)}), within_days=190,
                  eligible_note="those who get their first such message",
                  arm=Arm(history="messages", where={"kind": ("special_day",)}, within_days=1,
                          column="personalised", among=(True,)),
                  target="personalised", negative_controls=(EXPIRED_CARDS,),
                  assignment_note="a personal one goes to those who fell silent")),
        Lever("cart e-mail", "how often and how soon a message follows an abandoned cart",
              ("messages__count_abandoned_cart", "messages__mean_cart_delay"),
              decision=Decision(
                  kind="standing", decided_at="carts.ended_at",
                  of=Rows(history="carts", without=("completed_at",)), within_days=180,
                  eligible_note="those who abandon a cart in their first 180 days",
                  arm=Arm(history="messages", where={"kind": ("abandoned_cart",)},
                          within_days=3 / 24),
                  target="within 3 hours", negative_controls=(EXPIRED_CARDS,),
                  assignment_note="the programme began with good customers")),
        Lever("personal messages", "whether messages are made for the customer or the segment",
              ("messages__personalised_share", "messages__segmented_share",
               "messages__tailored_share"),
              why_not="it is many decisions: see special-day message, or define one of yours"),
        Lever("message response", "whether messages are opened, clicked and lead to orders",
              ("messages__opened_share", "messages__clicked_share", "messages__converted_share"),
              controllable=False, why_not="customers decide; an indicator"),
    ),
)  # fmt: skip
