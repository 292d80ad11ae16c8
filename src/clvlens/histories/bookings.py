"""What customers reserved: one row a booking of a time, a table or a service."""

from __future__ import annotations

from collections.abc import Iterator

import ibis

from clvlens.histories import exact
from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import Arm, Decision
from clvlens.histories.past import DAY, EVER, Past

WINDOWS = (90, EVER)
ONE_PAST = ibis.window(group_by=["customer_id", "cutoff"])


def features(past: Past) -> Iterator[Feature]:
    """How many, how far ahead, where and when they were made, and whether they were kept."""
    past = _with_flags(past)
    yield from past.count(windows=(30, 90, 365, EVER))
    yield from past.since_last()
    yield from past.gaps()
    yield from past.mean("lead", windows=WINDOWS, unit="days", per=DAY,
                         meaning="days from making a booking to its time")  # fmt: skip
    yield from _upcoming(past)
    yield from past.share("online", windows=WINDOWS, meaning="share of bookings made online")
    yield from past.share(
        "out_of_hours", windows=WINDOWS, meaning="share of bookings made outside office hours"
    )
    yield from past.count(
        "after_first_online", where="after_first_online", noun="bookings after the first online one"
    )
    yield from past.share(
        "kept", windows=WINDOWS, meaning="share of bookings kept, of those of which it is known"
    )
    yield from past.share("cancelled", windows=WINDOWS, meaning="share of bookings cancelled")
    yield from past.mean("value", windows=WINDOWS)


def _with_flags(past: Past) -> Past:
    past = (
        past.derive("cancelled", lambda t: t.cancelled_at.notnull(), needs=["cancelled_at"])
        .derive("lead", lambda t: t.for_when - t.booked_at, needs=["for_when"])
        .derive("ahead", lambda t: t.for_when - t.cutoff, needs=["for_when"])
        .derive("upcoming", lambda t: t.ahead >= 0, needs=["ahead"])
        .derive("online", lambda t: t.channel == "online", needs=["channel"])
    )
    return past.derive(
        "upcoming", lambda t: t.upcoming & ~t.cancelled, needs=["upcoming", "cancelled"]
    ).derive(
        "after_first_online",
        lambda t: t.sequence > t.sequence.min(where=t.online).over(ONE_PAST),
        needs=["online"],
    )


def _upcoming(past: Past) -> Iterator[Feature]:
    if not past.has("upcoming"):
        return
    yield from past.count("upcoming", where="upcoming", noun="bookings still to come")
    ahead = exact.days(past.table.ahead.min(where=past.table.upcoming))
    yield from past.measure("days_to_next", "days until the next booking's time", "days", ahead)


HISTORY = History(
    name="bookings",
    meaning="What customers reserved",
    noun="bookings",
    time="booked_at",
    key="booking_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("booked_at", "time", "when the booking was made", required=True),
        Column("booking_id", "id", "tells bookings apart"),
        Column("for_when", "time", "the time that was booked", known_at="booked_at"),
        Column("channel", "category", "how it was made", among=("online", "phone", "walk_in")),
        Column("out_of_hours", "flag", "whether it was made outside office hours"),
        Column("value", "money", "what the booked service costs"),
        Column("cancelled_at", "time", "when it was cancelled"),
        Column("outcome_at", "time", "when it was known whether the customer came"),
        Column("kept", "flag", "whether the customer came", known_at="outcome_at"),
    ),
    example=(
        {"customer_id": "A1", "booked_at": "2024-01-06T22:00:00", "booking_id": "b1",
         "for_when": "2024-01-10T10:00:00", "channel": "online", "out_of_hours": True,
         "value": 40, "outcome_at": "2024-01-10T10:15:00", "kept": True},
        {"customer_id": "A1", "booked_at": "2024-01-20T09:00:00", "booking_id": "b2",
         "for_when": "2024-03-01T10:00:00", "channel": "phone", "out_of_hours": False,
         "value": 60, "cancelled_at": "2024-02-20T12:00:00"},
        {"customer_id": "B2", "booked_at": "2024-02-12T08:00:00", "booking_id": "b3",
         "for_when": "2024-02-14T16:00:00", "channel": "walk_in", "out_of_hours": False,
         "value": 25, "outcome_at": "2024-02-14T16:20:00", "kept": False},
    ),
    features=features,
    levers=(
        Lever("online booking", "whether customers can book online and outside office hours",
              ("bookings__online_share", "bookings__out_of_hours_share",
               "bookings__after_first_online"),
              decision=Decision(
                  kind="one_time", decided_at="bookings.booked_at", within_days=180,
                  eligible_note="those who book in their first 180 days",
                  beside=("bookings.out_of_hours", "bookings.value"),
                  arm=Arm(history="bookings", within_days=1, column="channel",
                          among=("online",)),
                  target="first one online", assignment_note="customers choose")),
        Lever("kept bookings", "whether customers come to what they booked",
              ("bookings__kept_share", "bookings__cancelled_share"), controllable=False,
              why_not="customers decide; an indicator"),
    ),
)  # fmt: skip
