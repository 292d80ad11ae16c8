"""What customers looked at: one row a visit to the site, the app or the community."""

from __future__ import annotations

from collections.abc import Iterator

from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.exact import MINUTE
from clvlens.histories.past import EVER, Past

KINDS = (
    "calculator", "walkthrough", "video", "social", "community", "chat_bot", "product", "blog"
)  # fmt: skip


def features(past: Past) -> Iterator[Feature]:
    """How many, how lately, how long, of which kind and from where."""
    past = past.derive("duration", lambda t: t.left_at - t.visited_at, needs=["left_at"])
    yield from past.count(windows=(30, 90, 365, EVER))
    yield from past.distinct("day", "active_days", windows=(30, 90), unit="days")
    yield from past.since_last()
    yield from past.since_first()
    yield from past.trend(30)
    yield from past.trend(90)
    yield from past.counts("kind", KINDS, windows=(90, EVER))
    yield from past.distinct("kind", windows=(90,), unit="kinds")
    yield from past.mean(
        "duration",
        windows=(90, EVER),
        unit="minutes",
        per=MINUTE,
        meaning="minutes from the start of a visit to its end",
    )
    yield from past.distinct("source", unit="sources")
    yield from past.first("source", unit="category")
    yield from past.latest("source", unit="category")


HISTORY = History(
    name="visits",
    meaning="What customers looked at",
    noun="visits",
    time="visited_at",
    key="visit_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("visited_at", "time", "when the visit began", required=True),
        Column("visit_id", "id", "tells visits apart"),
        Column("kind", "category", "what was visited", among=KINDS),
        Column("source", "category", "where the customer came from"),
        Column("left_at", "time", "when the visit ended"),
    ),
    example=(
        {"customer_id": "A1", "visited_at": "2024-01-04T20:00:00", "visit_id": "v1",
         "kind": "calculator", "source": "search",
         "left_at": "2024-01-04T20:04:30"},
        {"customer_id": "A1", "visited_at": "2024-01-20T12:00:00", "visit_id": "v2",
         "kind": "community", "source": "newsletter",
         "left_at": "2024-01-20T12:11:00"},
        {"customer_id": "B2", "visited_at": "2024-02-11T07:45:00", "visit_id": "v3",
         "kind": "product", "source": "friend",
         "left_at": "2024-02-11T08:00:00"},
    ),
    features=features,
    levers=(
        Lever("tools and content", "calculators, walkthroughs, videos and articles that are used",
              tuple(f"visits__count_{kind}"
                    for kind in ("calculator", "walkthrough", "video", "blog")),
              why_not="customers choose to use them; nothing says to whom they were shown"),
        Lever("community", "community, social media and the chat bot",
              tuple(f"visits__count_{kind}" for kind in ("community", "social", "chat_bot")),
              why_not="who needs more joins: it marks customers, and nobody decides it for them"),
    ),
)  # fmt: skip
