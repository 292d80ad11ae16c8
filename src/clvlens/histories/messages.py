"""What the business said: one row a message (e-mail, push, campaign) to a customer."""

from __future__ import annotations

from collections.abc import Iterator

from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.past import EVER, Past

WINDOWS = (30, 90, 365, EVER)


def features(past: Past) -> Iterator[Feature]:
    """How many, how recent, how they were met, how personal they were."""
    for outcome in ("opened", "clicked", "converted"):
        past = past.derive(
            outcome, lambda t, at=f"{outcome}_at": t[at].notnull(), needs=[f"{outcome}_at"]
        )
    past = past.derive("running", lambda t: t.ends_at >= t.cutoff, needs=["ends_at"])
    yield from past.count(windows=WINDOWS)
    yield from past.since_last()
    if past.has("running"):
        yield from past.count("running", where="running", noun="messages whose offer still runs")
    for outcome in ("opened", "clicked", "converted", "personalised"):
        yield from past.share(outcome, windows=(90, EVER))
    yield from past.distinct("kind", unit="kinds")
    yield from past.latest("kind", unit="category")


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
        Column("kind", "category", "newsletter, abandoned cart, promo code, …"),
        Column("personalised", "flag", "whether it was made for this customer or segment"),
        Column("ends_at", "time", "when its offer ends, as announced", known_at="sent_at"),
        Column("opened_at", "time", "when it was first opened"),
        Column("clicked_at", "time", "when it was first clicked"),
        Column("converted_at", "time", "when it led to an order"),
    ),
    example=(
        {"customer_id": "A1", "sent_at": "2024-01-10T08:00:00", "message_id": "m1",
         "kind": "newsletter", "opened_at": "2024-01-10T09:30:00", "personalised": False},
        {"customer_id": "A1", "sent_at": "2024-02-01T08:00:00", "message_id": "m2",
         "kind": "promo_code", "opened_at": "2024-02-03T20:00:00",
         "clicked_at": "2024-02-03T20:01:00", "personalised": True},
        {"customer_id": "B2", "sent_at": "2024-02-12T08:00:00", "message_id": "m3",
         "kind": "newsletter", "personalised": False},
    ),
    features=features,
    levers=(
        Lever("messages", "how many messages are sent, how lately and how personally",
              ("messages__count", "messages__running", "messages__days_since_last",
               "messages__personalised_share")),
        Lever("message response", "whether messages are opened, clicked and lead to orders",
              ("messages__opened_share", "messages__clicked_share", "messages__converted_share"),
              controllable=False),
    ),
)  # fmt: skip
