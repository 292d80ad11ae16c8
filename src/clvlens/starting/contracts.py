"""What subscriptions tell of how customers leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from clvlens.starting.proposal import Ask, Question
from clvlens.starting.recognition import Reading

ENOUGH = 30  # subscriptions that ended, from which leaving can be learned


def with_ends(reading: Reading) -> Reading:
    """Return subscriptions with an end; where no column tells it, they end when cancelled."""
    cancelled = reading.columns.get("cancelled_at")
    if cancelled is None or "ended_at" in reading.columns:
        return reading
    end = replace(cancelled, why="no other column says when access ended")
    return replace(reading, columns={**reading.columns, "ended_at": end})


def propose_churn(readings: Mapping[str, Reading], ask: Ask) -> tuple[str, str]:
    """Return what churn is, and why: the end of a subscription where enough have ended."""
    reading = readings.get("subscriptions")
    end = reading.columns.get("ended_at") if reading else None
    if reading is None or end is None:
        return "non_contractual", "no order in the horizon"
    held = reading.view.columns[end.raw]
    if held.filled < ENOUGH:
        return "non_contractual", f"no order in the horizon; {held.filled} subscriptions ended"
    name = reading.view.base.name
    why = f"{held.filled:,} of {held.rows:,} rows of {name} have ended"
    options = (
        "contractual: who has a subscription has none left",
        "non_contractual: no order in the horizon",
    )
    chosen = options[ask(Question("churn", f"{why}. What is churn?", options))].split(":")[0]
    other = "non_contractual: no order in the horizon"
    return chosen, f"{why}; or {other}" if chosen == "contractual" else "no order in the horizon"
