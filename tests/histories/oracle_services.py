"""What plain Python makes of onboarding, tickets, surveys, bookings, visits and loyalty."""

import statistics
from fractions import Fraction
from itertools import pairwise

from tests.histories.oracle import (
    DAY,
    Row,
    days,
    in_order,
    local,
    mean,
    seen,
    share,
    spread,
    total,
    trend,
    values,
)

HOUR = DAY // 24


def late(*times: str, **clocks: str) -> dict[str, str]:
    """Return clocks by column: of times their own, of others the time they are given."""
    return {time: time for time in times} | clocks


def span(window: int | None) -> str:
    return "ever" if window is None else f"{window}d"


def within(rows: list[Row], time: str, cutoff: int, window: int | None) -> list[Row]:
    return [row for row in rows if window is None or row[time] >= cutoff - window * DAY]


def recency(rows: list[Row], time: str, cutoff: int) -> tuple[Fraction | None, Fraction | None]:
    """Return days since the latest and since the earliest of some rows."""
    times = values(rows, time)
    return (days(cutoff - max(times)), days(cutoff - min(times))) if times else (None, None)


def waited(row: Row, start: str, end: str, now: int) -> int | None:
    """Return microseconds from start to end, or to now where the end is not known.

    None where the end comes before the start, which is a mistake.
    """
    if row[end] is not None and row[end] < row[start]:
        return None
    return (now if row[end] is None else row[end]) - row[start]


def waits_of(rows: list[Row], start: str, end: str, now: int) -> list[int]:
    waits = (waited(row, start, end, now) for row in rows)
    return [wait for wait in waits if wait is not None]


def prompt(row: Row, start: str, end: str, now: int, limit: int) -> bool | None:
    """Whether a wait ended within a limit; None where it goes on and is no longer than that."""
    so_far = waited(row, start, end, now)
    if so_far is None:
        return None
    return None if row[end] is None and so_far <= limit else so_far <= limit


def known_share(flags: list[bool | None]) -> Fraction | None:
    return share([flag for flag in flags if flag is not None])


def average(numbers: list[int], per: int) -> Fraction | None:
    return Fraction(sum(numbers), len(numbers) * per) if numbers else None


def last_known(rows: list[Row], column: str) -> object:
    """Return the value of the latest row that has one; rows are in order."""
    return next(iter(values(rows[::-1], column)), None)


def at(rows: list[Row], number: int, column: str) -> object:
    return rows[number][column] if rows else None


def trends(rows: list[Row], time: str, cutoff: int, *windows: int) -> dict[str, object]:
    return {
        f"trend_count_{window}d": trend(
            len(within(rows, time, cutoff, window)), len(within(rows, time, cutoff, 2 * window))
        )
        for window in windows
    }


def named(history: str, found: dict[str, object]) -> dict[str, object]:
    return {f"{history}__{name}": value for name, value in found.items()}


def onboarding(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    rows = seen(rows, "started_at", late("finished_at"), cutoff, lag)
    rows, now = in_order(rows, "started_at", "step_id"), cutoff - lag
    finished = values(rows, "finished_at")
    waits = waits_of(rows, "started_at", "finished_at", now)
    last, first = recency(rows, "started_at", cutoff)
    begun = at(rows, 0, "started_at")
    stalled = [r for r in rows if r["finished_at"] is None and now - r["started_at"] > 7 * DAY]
    found = {
        "count_ever": len(rows),
        "days_since_first": first,
        "days_since_last": last,
        "finished_share_ever": share([row["finished_at"] is not None for row in rows]),
        "stalled_ever": len(stalled),
        "mean_step_time_ever": average(waits, DAY),
        "time_to_first_value": days(min(finished, default=now) - begun) if rows else None,
        "distinct_step_ever": len(set(values(rows, "step"))),
        "personalised_share_ever": share(values(rows, "personalised")),
        "human_led_share_ever": share([of != "self" for of in values(rows, "medium")]),
        "first_medium": at(rows, 0, "medium"),
        "first_assigned_program": at(rows, 0, "assigned_program"),
    }
    return named("onboarding", found)


def tickets(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    clocks = late("first_response_at", "resolved_at", "reopened_at", "rated_at")
    clocks |= late(satisfaction="rated_at", handled_out_of_hours="first_response_at")
    rows = in_order(seen(rows, "opened_at", clocks, cutoff, lag), "opened_at", "ticket_id")
    now, found = cutoff - lag, {}
    for window in (30, 90, 365, None):
        found[f"count_{span(window)}"] = len(within(rows, "opened_at", cutoff, window))
    for window in (90, None):
        some = within(rows, "opened_at", cutoff, window)
        response = waits_of(some, "opened_at", "first_response_at", now)
        resolution = waits_of(some, "opened_at", "resolved_at", now)
        prompts = [prompt(row, "opened_at", "first_response_at", now, HOUR) for row in some]
        resolved = [row for row in some if row["resolved_at"] is not None]
        outside = [row for row in some if row["out_of_hours"]]
        found |= {
            f"{name}_{span(window)}": value
            for name, value in {
                "mean_response": average(response, HOUR),
                "median_response": (
                    Fraction(statistics.median(response)) / HOUR if response else None
                ),
                "answered_in_1h_share": known_share(prompts),
                "mean_resolution": average(resolution, DAY),
                "reopened_share": share([row["reopened_at"] is not None for row in resolved]),
                "distinct_channel": len(set(values(some, "channel"))),
                "live_chat_share": share([of == "chat" for of in values(some, "channel")]),
                "out_of_hours_share": share(values(some, "out_of_hours")),
                "handled_out_of_hours_share": share(values(outside, "handled_out_of_hours")),
                "mean_satisfaction": mean(some, "satisfaction"),
            }.items()
        }
        if window:
            found["max_resolution_90d"] = days(max(resolution)) if resolution else None
    found |= trends(rows, "opened_at", cutoff, 90) | {
        "days_since_last": recency(rows, "opened_at", cutoff)[0],
        "unanswered_ever": sum(row["first_response_at"] is None for row in rows),
        "unresolved_ever": sum(row["resolved_at"] is None for row in rows),
        "last_satisfaction": last_known(rows, "satisfaction"),
        "last_topic": at(rows, -1, "topic"),
        "last_priority": at(rows, -1, "priority"),
    }
    return named("tickets", found)


def surveys(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    rows = seen(rows, "sent_at", late("answered_at", score="answered_at"), cutoff, lag)
    rows, now, found = in_order(rows, "sent_at", "survey_id"), cutoff - lag, {}

    def answered(some: list[Row]) -> Fraction | None:
        return known_share([prompt(r, "sent_at", "answered_at", now, 7 * DAY) for r in some])

    for window in (365, None):
        some = within(rows, "sent_at", cutoff, window)
        found[f"count_{span(window)}"] = len(some)
        found[f"answered_in_7d_share_{span(window)}"] = answered(some)
    for kind in ("csat", "nps", "ces"):
        own = [row for row in rows if row["kind"] == kind]
        last, middle = last_known(own, "score"), mean(own, "score")
        found[f"{kind}_answered_in_7d_share_ever"] = answered(own)
        found[f"last_{kind}_score"] = last
        found[f"mean_{kind}_score_365d"] = mean(within(own, "sent_at", cutoff, 365), "score")
        found[f"mean_{kind}_score_ever"] = middle
        found[f"drift_{kind}_score"] = None if last is None else Fraction(last) - middle
    found["days_since_last"] = recency(rows, "sent_at", cutoff)[0]
    return named("surveys", found)


def bookings(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    clocks = late("cancelled_at", "outcome_at", kept="outcome_at")
    rows = in_order(seen(rows, "booked_at", clocks, cutoff, lag), "booked_at", "booking_id")
    found = {}
    for window in (30, 90, 365, None):
        found[f"count_{span(window)}"] = len(within(rows, "booked_at", cutoff, window))
    for window in (90, None):
        some = within(rows, "booked_at", cutoff, window)
        leads = [r["for_when"] - r["booked_at"] for r in some if r["for_when"] is not None]
        found |= {
            f"mean_lead_{span(window)}": average(leads, DAY),
            f"online_share_{span(window)}": share([v == "online" for v in values(some, "channel")]),
            f"out_of_hours_share_{span(window)}": share(values(some, "out_of_hours")),
            f"kept_share_{span(window)}": share(values(some, "kept")),
            f"cancelled_share_{span(window)}": share([r["cancelled_at"] is not None for r in some]),
            f"mean_value_{span(window)}": mean(some, "value"),
        }
    times = values(rows, "booked_at")
    gaps = [days(later - earlier) for earlier, later in pairwise(times)]
    mean_gap = statistics.mean(gaps) if gaps else None
    ahead = [
        row["for_when"] - cutoff
        for row in rows
        if row["for_when"] is not None and row["for_when"] >= cutoff and row["cancelled_at"] is None
    ]
    online = [number for number, row in enumerate(rows) if row["channel"] == "online"]
    found |= {
        "days_since_last": recency(rows, "booked_at", cutoff)[0],
        "mean_gap": mean_gap,
        "sd_gap": spread(gaps),
        "overdue": days(cutoff - times[-1]) / mean_gap if mean_gap else None,
        "upcoming_ever": len(ahead),
        "days_to_next": days(min(ahead)) if ahead else None,
        "after_first_online_ever": len(rows) - 1 - online[0] if online else 0,
    }
    return named("bookings", found)


def visits(rows: list[Row], cutoff: int, lag: int, zone: str) -> dict[str, object]:
    rows = in_order(
        seen(rows, "visited_at", late("left_at"), cutoff, lag), "visited_at", "visit_id"
    )
    kinds = ("calculator", "walkthrough", "video", "social", "community", "chat_bot", "product")
    found = {}
    for window in (30, 90, 365, None):
        some = within(rows, "visited_at", cutoff, window)
        found[f"count_{span(window)}"] = len(some)
        if window in (30, 90):
            dates = {local(row["visited_at"], zone).date() for row in some}
            found[f"active_days_{span(window)}"] = len(dates)
        if window in (90, None):
            for kind in (*kinds, "blog"):
                number = sum(row["kind"] == kind for row in some)
                found[f"count_{kind}_{span(window)}"] = number
            lasted = [r["left_at"] - r["visited_at"] for r in some if r["left_at"] is not None]
            found[f"mean_duration_{span(window)}"] = average(lasted, HOUR // 60)
        if window == 90:
            found["distinct_kind_90d"] = len(set(values(some, "kind")))
    last, first = recency(rows, "visited_at", cutoff)
    found |= trends(rows, "visited_at", cutoff, 30, 90) | {
        "days_since_last": last,
        "days_since_first": first,
        "distinct_source_ever": len(set(values(rows, "source"))),
        "first_source": at(rows, 0, "source"),
        "last_source": at(rows, -1, "source"),
    }
    return named("visits", found)


def loyalty(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    rows = in_order(seen(rows, "entered_at", {}, cutoff, lag), "entered_at", "entry_id")
    found = {}
    for window in (90, 365, None):
        some = within(rows, "entered_at", cutoff, window)
        points = list(map(Fraction, values(some, "points")))
        earned, spent = sum(p for p in points if p > 0), -sum(p for p in points if p < 0)
        found |= {
            f"count_{span(window)}": len(some),
            f"total_earned_{span(window)}": earned,
            f"total_spent_{span(window)}": spent,
        }
        if window != 90:
            found[f"redemption_rate_{span(window)}"] = spent / earned if earned > 0 else None
    joined = [row for row in rows if row["kind"] == "joined"]
    found |= {
        "count_joined_ever": len(joined),
        "count_invited_ever": sum(row["kind"] == "invited" for row in rows),
        "days_since_joined": recency(joined, "entered_at", cutoff)[1],
        "days_since_last": recency(rows, "entered_at", cutoff)[0],
        "tier": last_known(rows, "tier"),
        "total_points_ever": total(rows, "points"),
    }
    return named("loyalty", found)
