"""What customers said when asked: one row an invitation to a survey.

Scores of different kinds have different scales and are never mixed: satisfaction (CSAT) runs from
1 to 5, recommendation (NPS) from 0 to 10, effort (CES) from 1 to 7. A table without `kind` holds
surveys of one kind.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis

from clvlens.histories import exact
from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.past import DAY, EVER, Past
from clvlens.histories.waits import wait, within

WINDOWS = (365, EVER)
KINDS = ("csat", "nps", "ces")


def features(past: Past) -> Iterator[Feature]:
    """How often they were asked and answered, and the last, mean and drift of their scores."""
    past = within(wait(past, "answer", "sent_at", "answered_at"), "answered_in_7d", "answer",
                  7 * DAY)  # fmt: skip
    kinds = KINDS if past.has("kind") else ()
    for kind in kinds:
        for column in ("score", "answered_in_7d"):
            past = past.derive(
                f"{kind}_{column}",
                lambda t, kind=kind, column=column: ibis.ifelse(
                    t.kind == kind, t[column], ibis.null(t[column].type())
                ),
                needs=[column],
            )
    yield from past.count(windows=WINDOWS)
    yield from past.since_last()
    answered = "answered within 7 days, of those of which it is known"
    yield from past.share("answered_in_7d", windows=WINDOWS, meaning=f"share of surveys {answered}")
    for kind in kinds:
        yield from past.share(
            f"{kind}_answered_in_7d", meaning=f"share of {kind} surveys {answered}"
        )
    for score in [f"{kind}_score" for kind in kinds] or ["score"]:
        yield from past.last_known(score, unit="score")
        yield from past.mean(score, windows=WINDOWS, unit="score")
        yield from _drift(past, score)


def _drift(past: Past, score: str) -> list[Feature]:
    """Return how far the last score lies above the mean of all of them."""
    if not past.has(score):
        return []
    given = past.table[score]
    last = exact.real(given.argmax(past.table.sequence, where=given.notnull()))
    meaning = f"last {score} less the mean {score}"
    return past.measure(f"drift_{score}", meaning, "score", last - exact.mean(given))


HISTORY = History(
    name="surveys",
    meaning="What customers said when asked",
    noun="surveys",
    time="sent_at",
    key="survey_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("sent_at", "time", "when the customer was asked", required=True),
        Column("survey_id", "id", "tells invitations apart"),
        Column("kind", "category", "what was asked for", among=KINDS),
        Column("answered_at", "time", "when the customer answered"),
        Column("score", "number", "the answer: csat 1-5, nps 0-10, ces 1-7",
               known_at="answered_at"),
    ),
    example=(
        {"customer_id": "A1", "sent_at": "2024-01-12T09:00:00", "survey_id": "q1",
         "kind": "csat", "answered_at": "2024-01-12T18:00:00", "score": 4},
        {"customer_id": "A1", "sent_at": "2024-02-05T09:00:00", "survey_id": "q2",
         "kind": "nps", "answered_at": "2024-02-20T11:00:00", "score": 9},
        {"customer_id": "B2", "sent_at": "2024-02-18T09:00:00", "survey_id": "q3",
         "kind": "csat"},
    ),
    features=features,
    levers=(
        Lever("satisfaction", "what customers say of the business, and whether they answer",
              ("surveys__answered_in_7d_share",
               *(f"surveys__{of}_{kind}_score" for kind in KINDS
                 for of in ("last", "mean", "drift")),
               *(f"surveys__{kind}_answered_in_7d_share" for kind in KINDS)),
              controllable=False,
              why_not="an indicator: it tells how customers feel, and nobody decides it"),
    ),
)  # fmt: skip
