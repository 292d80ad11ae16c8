"""How customers began: one row a step of the onboarding that a customer started.

Without `finished_at`, nothing is said of completion: a table of started steps only counts them.
"""

from __future__ import annotations

from collections.abc import Iterator

from clvlens.histories import exact
from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.decisions import AT_SIGN_UP, CONTRACT, Arm, Decision, Values
from clvlens.histories.past import DAY, Past
from clvlens.histories.waits import wait

MEDIA = ("self", "video", "call", "workshop", "walkthrough")
STALLED_AFTER = 7 * DAY
FIRST_STEPS = "days from the first step to the first finished one, or to the cutoff before it"


def features(past: Past) -> Iterator[Feature]:
    """How far they came, how fast, what stalls, by which medium and how personally."""
    past = wait(past, "step_time", "started_at", "finished_at")
    past = past.derive("finished", lambda t: t.finished_at.notnull(), needs=["finished_at"])
    past = past.derive(
        "stalled", lambda t: t.step_time_open & (t.step_time > STALLED_AFTER), needs=["step_time"]
    )
    past = past.derive("human_led", lambda t: t.medium != "self", needs=["medium"])
    yield from past.count()
    yield from past.since_first()
    yield from past.since_last()
    yield from past.share("finished", meaning="share of started steps that are finished")
    yield from past.count("stalled", where="stalled", noun="steps unfinished for over 7 days")
    yield from past.mean("step_time", unit="days", per=DAY, meaning="days that a step took so far")
    yield from _time_to_first_value(past)
    yield from past.distinct("step", unit="steps")
    yield from past.share("personalised", meaning="share of steps made for source or persona")
    yield from past.share("human_led", meaning="share of steps led by a person, not self-service")
    yield from past.first("medium", unit="category")
    yield from past.first("assigned_program", unit="category")


def _time_to_first_value(past: Past) -> list[Feature]:
    if not past.has("finished"):
        return []
    t = past.table
    known = t.cutoff.max() - past.lag
    waited = t.finished_at.min().fill_null(known) - t.started_at.min()
    return past.measure("time_to_first_value", FIRST_STEPS, "days", exact.days(waited))


def _step(column: str, among: Values, target: str) -> Decision:
    """Return the decision of how the first step is led, once the programme is chosen."""
    return Decision(
        kind="one_time",
        decided_at="onboarding.started_at",
        eligible_note="those who begin onboarding",
        beside=(*AT_SIGN_UP, *CONTRACT, "onboarding.assigned_program", "onboarding.step"),
        arm=Arm(history="onboarding", within_days=1, column=column, among=among),
        target=target,
        assignment_note="chosen with the programme",
    )


HISTORY = History(
    name="onboarding",
    meaning="How customers began",
    noun="onboarding steps",
    time="started_at",
    key="step_id",
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("started_at", "time", "when the step was started", required=True),
        Column("step_id", "id", "tells a customer's steps apart"),
        Column("step", "category", "which step it is"),
        Column("finished_at", "time", "when the step was finished"),
        Column("medium", "category", "by which it was led", among=MEDIA),
        Column("personalised", "flag", "whether it was made for the customer's source or persona"),
        Column("assigned_program", "category", "programme given at the start: none, guided, …"),
    ),
    example=(
        {"customer_id": "A1", "started_at": "2024-01-05T10:05:00", "step_id": "s1",
         "step": "profile", "finished_at": "2024-01-05T10:20:00", "medium": "self",
         "personalised": False, "assigned_program": "guided"},
        {"customer_id": "A1", "started_at": "2024-01-08T15:00:00", "step_id": "s2",
         "step": "first_project", "finished_at": "2024-01-10T09:00:00", "medium": "call",
         "personalised": True, "assigned_program": "guided"},
        {"customer_id": "B2", "started_at": "2024-02-11T08:00:00", "step_id": "s3",
         "step": "profile", "medium": "self", "personalised": False,
         "assigned_program": "none"},
    ),
    features=features,
    levers=(
        Lever("onboarding", "how completely and how fast customers are brought to first value",
              ("onboarding__finished_share", "onboarding__time_to_first_value",
               "onboarding__mean_step_time", "onboarding__stalled"),
              why_not="how far customers come is a result of the programme: see guided onboarding"),
        Lever("guided onboarding", "which programme new customers are given",
              ("onboarding__first_assigned_program",),
              decision=Decision(
                  kind="one_time", decided_at="customers.signed_up_at",
                  eligible_note="those who begin onboarding within a week of signing up",
                  beside=(*AT_SIGN_UP, *CONTRACT),
                  arm=Arm(history="onboarding", within_days=7, column="assigned_program",
                          among=("guided",)),
                  target="guided", assignment_note="given to those who promise most")),
        Lever("onboarding medium", "whether steps are led by a person",
              ("onboarding__human_led_share", "onboarding__first_medium"),
              decision=_step("medium", tuple(m for m in MEDIA if m != "self"),
                             "first step led by a person or a video")),
        Lever("personal onboarding", "whether steps are made for the customer's source or persona",
              ("onboarding__personalised_share",),
              decision=_step("personalised", (True,), "first step personalised")),
    ),
)  # fmt: skip
