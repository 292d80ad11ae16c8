"""What the loyalty programme recorded: one row an entry.

Points that are spent, or expire, are negative, so that the balance is their sum.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis

from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import EXPIRED_CARDS, SHOP_ORDERS, Arm, Decision
from clvlens.histories.past import EVER, Past

KINDS = ("joined", "earned", "spent", "tier", "invited")
WINDOWS = (90, 365, EVER)


def features(past: Past) -> Iterator[Feature]:
    """Whether and since when a member, of which tier, and what becomes of the points."""
    past = past.derive("joined", lambda t: t.kind == "joined", needs=["kind"])
    past = past.derive(
        "earned", lambda t: ibis.greatest(t.points, ibis.literal(0, t.points.type())),
        needs=["points"],
    ).derive(
        "spent", lambda t: ibis.greatest(-t.points, ibis.literal(0, t.points.type())),
        needs=["points"],
    )  # fmt: skip
    yield from past.counts("kind", ("joined", "invited"))
    yield from past.since_first("days_since_joined", where="joined")
    yield from past.since_last()
    yield from past.count(windows=WINDOWS)
    yield from past.last_known("tier", "tier", unit="category", meaning="tier in the programme")
    yield from past.total("points", unit="points", meaning="points earned and not yet spent")
    yield from past.total("earned", windows=WINDOWS, unit="points", meaning="points earned")
    yield from past.total("spent", windows=WINDOWS, unit="points", meaning="points spent")
    yield from past.ratio("redemption_rate", "spent", "earned", windows=(365, EVER))


HISTORY = History(
    name="loyalty",
    meaning="What the loyalty programme recorded",
    noun="loyalty entries",
    time="entered_at",
    key="entry_id",
    lasting=True,
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("entered_at", "time", "when the entry was made", required=True),
        Column("entry_id", "id", "tells entries apart"),
        Column("kind", "category", "what happened", among=KINDS),
        Column("points", "number", "points of the entry, negative where they were spent"),
        Column("tier", "category", "tier that the customer has from the entry on"),
    ),
    example=(
        {"customer_id": "A1", "entered_at": "2024-01-05T10:01:00", "entry_id": "l1",
         "kind": "joined", "points": 50, "tier": "silver"},
        {"customer_id": "A1", "entered_at": "2024-01-25T19:30:00", "entry_id": "l2",
         "kind": "spent", "points": -30},
        {"customer_id": "B2", "entered_at": "2024-02-11T08:01:00", "entry_id": "l3",
         "kind": "invited", "points": 0},
    ),
    features=features,
    levers=(
        Lever("loyalty programme", "membership, tier, and points earned and spent",
              ("loyalty__count_joined", "loyalty__count_invited", "loyalty__days_since_joined",
               "loyalty__tier", "loyalty__total_points", "loyalty__total_earned",
               "loyalty__total_spent", "loyalty__redemption_rate"),
              decision=Decision(
                  kind="standing", decided_at="customers.signed_up_at + usual age",
                  before=SHOP_ORDERS, eligible_note="those who have ordered in the shop",
                  arm=Arm(history="loyalty", where={"kind": ("invited",)}),
                  target="invited", negative_controls=(EXPIRED_CARDS,),
                  assignment_note="the best customers are invited")),
    ),
)  # fmt: skip
