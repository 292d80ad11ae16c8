"""What customers asked for help with: one row a ticket.

Times are first ones: a ticket opened again keeps its `resolved_at` and has a `reopened_at` after
it. A ticket that waits for an answer has waited until the cutoff, and counts with that.
"""

from __future__ import annotations

from collections.abc import Iterator

from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import Arm, Decision, Rows
from clvlens.histories.exact import HOUR
from clvlens.histories.past import DAY, EVER, Past
from clvlens.histories.waits import wait, within

CHANNELS = ("chat", "phone", "email", "social", "form")
WINDOWS = (90, EVER)
PROMPT = "share of tickets answered within one hour, of those of which it is known"
ABOUT = ("tickets.channel", "tickets.topic", "tickets.priority", "tickets.out_of_hours")
COVERED = "share of tickets opened outside office hours that were answered outside them too"


def features(past: Past) -> Iterator[Feature]:
    """How many, how fast they were answered and resolved, where, when, and how well."""
    past = wait(past, "response", "opened_at", "first_response_at")
    past = wait(past, "resolution", "opened_at", "resolved_at")
    past = within(past, "answered_in_1h", "response", HOUR)
    past = past.derive("live_chat", lambda t: t.channel == "chat", needs=["channel"])
    past = past.derive("reopened", lambda t: t.reopened_at.notnull(), needs=["reopened_at"])
    past = past.derive("resolved", lambda t: ~t.resolution_open, needs=["resolution"])
    yield from past.count(windows=(30, 90, 365, EVER))
    yield from past.since_last()
    yield from past.trend(90)
    yield from _speed(past)
    yield from past.distinct("channel", windows=WINDOWS, unit="channels")
    yield from past.share("live_chat", windows=WINDOWS, meaning="share of tickets by live chat")
    yield from past.share(
        "out_of_hours", windows=WINDOWS, meaning="share of tickets opened outside office hours"
    )
    yield from past.share(
        "handled_out_of_hours", windows=WINDOWS, where="out_of_hours", meaning=COVERED
    )
    yield from past.mean("satisfaction", windows=WINDOWS, unit="score")
    yield from past.last_known("satisfaction", unit="score")
    yield from past.latest("topic", unit="category")
    yield from past.latest("priority", unit="category")


def _speed(past: Past) -> Iterator[Feature]:
    response = {"unit": "hours", "per": HOUR, "meaning": "hours to the first response so far"}
    resolution = {"unit": "days", "per": DAY, "meaning": "days to the resolution so far"}
    yield from past.mean("response", windows=WINDOWS, **response)
    yield from past.median("response", windows=WINDOWS, **response)
    yield from past.share("answered_in_1h", windows=WINDOWS, meaning=PROMPT)
    yield from past.count("unanswered", where="response_open", noun="tickets without a response")
    yield from past.mean("resolution", windows=WINDOWS, **resolution)
    yield from past.largest("resolution", windows=(90,), **resolution)
    yield from past.count("unresolved", where="resolution_open", noun="tickets not yet resolved")
    yield from past.share(
        "reopened",
        windows=WINDOWS,
        where="resolved",
        meaning="share of resolved tickets that were opened again",
    )


HISTORY = History(
    name="tickets",
    meaning="What customers asked for help with",
    noun="tickets",
    time="opened_at",
    key="ticket_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("opened_at", "time", "when the ticket was opened", required=True),
        Column("ticket_id", "id", "tells tickets apart"),
        Column("channel", "category", "by which help was asked for", among=CHANNELS),
        Column("topic", "category", "what it is about"),
        Column("priority", "category", "how urgent it is"),
        Column("first_response_at", "time", "when a person first answered"),
        Column("resolved_at", "time", "when it was first resolved"),
        Column("reopened_at", "time", "when it was opened again after that"),
        Column("rated_at", "time", "when the customer rated it"),
        Column("satisfaction", "number", "the rating, the higher the better",
               known_at="rated_at"),
        Column("out_of_hours", "flag", "whether it was opened outside office hours"),
        Column("handled_out_of_hours", "flag", "whether it was answered outside office hours",
               known_at="first_response_at"),
    ),
    example=(
        {"customer_id": "A1", "opened_at": "2024-01-09T21:00:00", "ticket_id": "t1",
         "channel": "chat", "topic": "invoice", "priority": "normal", "out_of_hours": True,
         "first_response_at": "2024-01-09T21:30:00", "handled_out_of_hours": True,
         "resolved_at": "2024-01-11T21:00:00", "reopened_at": "2024-01-12T09:00:00",
         "rated_at": "2024-01-13T08:00:00", "satisfaction": 4},
        {"customer_id": "A1", "opened_at": "2024-02-01T10:00:00", "ticket_id": "t2",
         "channel": "email", "topic": "delivery", "priority": "high", "out_of_hours": False,
         "first_response_at": "2024-02-01T15:00:00", "handled_out_of_hours": False},
        {"customer_id": "B2", "opened_at": "2024-02-12T07:00:00", "ticket_id": "t3",
         "channel": "phone", "topic": "invoice", "priority": "normal", "out_of_hours": True},
    ),
    features=features,
    levers=(
        Lever("response time", "how fast tickets are answered and resolved",
              ("tickets__mean_response", "tickets__median_response",
               "tickets__answered_in_1h_share", "tickets__unanswered",
               "tickets__mean_resolution", "tickets__max_resolution",
               "tickets__unresolved", "tickets__reopened_share"),
              decision=Decision(
                  kind="intensity", decided_at="tickets.opened_at", within_days=180,
                  eligible_note="those who open a ticket in their first 180 days",
                  beside=ABOUT,
                  arm=Arm(history="tickets", within_days=1, until="first_response_at", hours=1),
                  target="within 1 hour",
                  assignment_note="the best customers are answered first")),
        Lever("support channels", "on how many channels help is given",
              ("tickets__distinct_channel",),
              why_not="all customers have the same channels at a time"),
        Lever("live chat", "whether help is given by chat", ("tickets__live_chat_share",),
              decision=Decision(
                  kind="one_time", decided_at="tickets.opened_at", within_days=180,
                  eligible_note="those who open a ticket in their first 180 days",
                  beside=ABOUT[1:],
                  arm=Arm(history="tickets", within_days=1, column="channel", among=("chat",)),
                  target="first ticket by chat", assignment_note="customers choose")),
        Lever("out-of-hours support", "whether help is given outside office hours",
              ("tickets__handled_out_of_hours_share",),
              decision=Decision(
                  kind="standing", decided_at="tickets.opened_at", within_days=180,
                  of=Rows(history="tickets", where={"out_of_hours": (True,)}),
                  eligible_note="those who open a ticket outside office hours in their first 180 "
                  "days",
                  beside=ABOUT,
                  arm=Arm(history="tickets", where={"out_of_hours": (True,)}, within_days=1,
                          column="handled_out_of_hours", among=(True,)),
                  target="answered", assignment_note="covered first for higher plans")),
    ),
)  # fmt: skip
