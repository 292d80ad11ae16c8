"""What plain Python makes of payments, subscriptions and carts."""

from tests.histories.oracle import DAY, Row, days, in_order, mean, seen, share, total, values
from tests.histories.oracle_services import (
    HOUR,
    at,
    average,
    known_share,
    last_known,
    late,
    named,
    recency,
    span,
    within,
)


def payments(rows: list[Row], cutoff: int, lag: int, horizon: int) -> dict[str, object]:
    rows = in_order(seen(rows, "attempted_at", {}, cutoff, lag), "attempted_at", "payment_id")
    failed = [row for row in rows if not row["succeeded"]]
    found = {}
    for window in (90, 365, None):
        some = within(rows, "attempted_at", cutoff, window)
        worked = [row for row in some if row["succeeded"]]
        found |= {
            f"count_{span(window)}": len(some),
            f"total_amount_{span(window)}": total(worked, "amount"),
            f"failed_share_{span(window)}": share([not row["succeeded"] for row in some]),
            f"failures_{span(window)}": len(some) - len(worked),
        }
    lately = within(rows, "attempted_at", cutoff, 365)
    for cause in ("expired_card", "limit", "lost_or_stolen", "insufficient_funds", "policy"):
        found[f"count_{cause}_365d"] = sum(row["failure"] == cause for row in lately)
    expiry = last_known(rows, "card_expires_at")
    steps = values(within(rows, "attempted_at", cutoff, 90), "dunning_step")
    found |= {
        "days_since_last": recency(rows, "attempted_at", cutoff)[0],
        "days_since_failure": recency(failed, "attempted_at", cutoff)[0],
        "last_failure": last_known(rows, "failure"),
        "card_expiring": None if expiry is None else int(expiry < cutoff + horizon * DAY),
        "card_updater_share_365d": share(values(lately, "card_updater")),
        "last_dunning_program": last_known(rows, "dunning_program"),
        "max_dunning_step_90d": max(steps, default=None),
    }
    return named("payments", found | dunning(rows, cutoff, lag))


def dunning(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    """What became of the invoices whose first attempt failed."""
    invoices: dict[object, list[Row]] = {}
    for number, row in enumerate(rows):
        name = row["invoice_id"]
        invoices.setdefault(("alone", number) if name is None else name, []).append(row)
    unpaid, failing, recovered = [], {None: [], 365: []}, {None: [], 365: []}
    for first, *later in invoices.values():
        if first["succeeded"]:
            continue
        paid = next((row["attempted_at"] for row in later if row["succeeded"]), None)
        waited = (cutoff - lag if paid is None else paid) - first["attempted_at"]
        known = None if paid is None and waited <= 30 * DAY else waited <= 30 * DAY
        unpaid += [first] if paid is None else []
        for window in failing:
            if within([first], "attempted_at", cutoff, window):
                failing[window].append(waited)
                recovered[window].append(known)
    return {
        "unresolved_ever": len(unpaid),
        "total_amount_unpaid_ever": total(unpaid, "amount"),
        "mean_failing_365d": average(failing[365], DAY),
        "max_failing_365d": days(max(failing[365])) if failing[365] else None,
        "recovered_in_30d_share_365d": known_share(recovered[365]),
        "recovered_in_30d_share_ever": known_share(recovered[None]),
    }


def subscriptions(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    clocks = late("changed_at", "cancelled_at", "ended_at", cancel_reason="cancelled_at")
    rows = in_order(seen(rows, "started_at", clocks, cutoff, lag), "started_at", "row_id")
    active = [row for row in rows if row["changed_at"] is None and row["ended_at"] is None]
    cancelled = [row for row in rows if row["cancelled_at"] is not None]
    reasons = values(cancelled, "cancel_reason")
    last, first = recency(rows, "started_at", cutoff)
    tenures = [cutoff - began(row, rows) for row in active]
    trials = [t - cutoff for t in values(active, "trial_ends_at") if t >= cutoff]
    renewals = [
        period - (cutoff - row["started_at"]) % period
        for row in active
        if row["billing"] is not None
        for period in [365 * DAY if row["billing"] == "annual" else 365 * DAY // 12]
    ]
    found = {
        "days_since_first": first,
        "days_since_last": last,
        "subscriptions_ever": len(set(values(rows, "subscription_id"))),
        "active_ever": len(active),
        "total_price_ever": total(active, "price"),
        "active_plan": last_known(active, "plan"),
        "annual_share_ever": share([of == "annual" for of in values(active, "billing")]),
        "is_trial_share_ever": share(values(active, "is_trial")),
        "upgraded_ever": sum(until >= cutoff for until in values(active, "upgrade_until")),
        "active_tenure": days(max(tenures)) if tenures else None,
        "days_to_renewal": days(min(renewals)) if renewals else None,
        "trial_days_left": days(max(trials)) if trials else None,
        "last_plan": at(rows, -1, "plan"),
        "first_price": at(rows, 0, "price"),
        "last_price": at(rows, -1, "price"),
        "changes_ever": len(values(rows, "changed_at")),
        "leaving_ever": sum(row["cancelled_at"] is not None for row in active),
        "cancelled_ever": len(cancelled),
        "voluntary_ever": sum(reason != "payment_failed" for reason in reasons),
        "involuntary_ever": reasons.count("payment_failed"),
        "days_since_cancelled": recency(cancelled, "cancelled_at", cutoff)[0],
    }
    return named("subscriptions", found)


def began(state: Row, rows: list[Row]) -> int:
    name = state["subscription_id"]
    alike = [row for row in rows if row["subscription_id"] == name] if name else [state]
    return min(row["started_at"] for row in alike)


def carts(rows: list[Row], cutoff: int, lag: int) -> dict[str, object]:
    clocks = late("ended_at", "completed_at", "recovered_at")
    clocks |= dict.fromkeys(("steps", "clicks", "fields"), "ended_at")
    rows = in_order(seen(rows, "started_at", clocks, cutoff, lag), "started_at", "cart_id")
    found: dict[str, object] = {}
    found["count_30d"] = len(within(rows, "started_at", cutoff, 30))
    for window in (90, None):
        some = within(rows, "started_at", cutoff, window)
        lasted = [r["completed_at"] - r["started_at"] for r in some if r["completed_at"]]
        left = [row for row in some if abandoned(row, cutoff, lag)]
        found |= {
            f"count_{span(window)}": len(some),
            **{f"mean_{of}_{span(window)}": mean(some, of) for of in ("steps", "clicks", "fields")},
            f"mean_duration_{span(window)}": average(lasted, HOUR // 60),
            f"autofilled_share_{span(window)}": share(values(some, "autofilled")),
            f"abandoned_share_{span(window)}": known_share(
                [abandoned(row, cutoff, lag) for row in some]
            ),
            f"recovered_share_{span(window)}": share([r["recovered_at"] is not None for r in left]),
            f"mean_value_{span(window)}": mean(some, "value"),
        }
    left = [row for row in rows if abandoned(row, cutoff, lag)]
    lately = within(left, "started_at", cutoff, 30)
    waiting = [row for row in lately if row["recovered_at"] is None]
    found |= {
        "days_since_last": recency(rows, "started_at", cutoff)[0],
        "days_since_abandoned": recency(left, "started_at", cutoff)[0],
        "waiting_30d": len(waiting),
        "total_value_waiting_30d": total(waiting, "value"),
        "last_value": at(rows, -1, "value"),
    }
    return named("carts", found)


def abandoned(cart: Row, cutoff: int, lag: int) -> bool | None:
    """Whether a checkout was left without buying; None where it may still go on."""
    if cart["completed_at"] is not None:
        return False
    over = cart["ended_at"] is not None or cutoff - lag - cart["started_at"] > HOUR
    return True if over else None
