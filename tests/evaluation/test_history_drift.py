"""A shop of forty customers with a ticket a month each, and one bad month."""

import numpy as np
import pandas as pd
import pytest
from tests.support.business import configure

from clvlens.evaluation.history_drift import RATE, history_drift
from clvlens.panel.world import read_world

MONTHS = [f"{month}" for month in pd.period_range("2023-01", "2024-03", freq="M")]


def business(folder, *, slow: str = "", busy: str = ""):
    """Tickets are answered after an hour or so, in `slow` after a day; in `busy` there are thrice
    as many.
    """
    rng = np.random.default_rng(5)
    orders, tickets, surveys = [], [], []
    for month in MONTHS:
        for number in range(40):
            who, day = f"c{number:02d}", pd.Timestamp(month) + pd.Timedelta(days=number % 27)
            orders.append({"customer_id": who, "ordered_at": day, "amount": rng.integers(5, 50)})
            for _ in range(3 if month == busy else 1):
                hours = rng.exponential(24 if month == slow else 1)
                tickets.append(
                    {
                        "customer_id": who,
                        "opened_at": day,
                        "first_response_at": (day + pd.Timedelta(hours=hours)).floor("s"),
                    }
                )
            for kind, top in (("csat", 5), ("nps", 10)):
                surveys.append({"customer_id": who, "sent_at": day, "kind": kind,
                                "answered_at": day + pd.Timedelta(hours=1),
                                "score": rng.integers(1, top + 1)})  # fmt: skip
    tables = {"orders": orders, "tickets": tickets, "surveys": surveys}
    return read_world(configure(folder, tables))


def alarms(world, watched: int = 4) -> set[tuple[str, str, str]]:
    found = history_drift(world, watched)
    out = found[found["moved"]]
    return set(zip(out["month"], out["history"], out["what"], strict=True))


def test_an_undisturbed_business_raises_no_alarm(tmp_path):
    assert alarms(business(tmp_path)) == set()


def test_a_month_of_slow_answers_is_named_with_its_history(tmp_path):
    assert alarms(business(tmp_path, slow="2023-12")) == {
        ("2023-12", "tickets", "hours_to_first_response")
    }


def test_what_it_was_before_and_in_the_month_is_told(tmp_path):
    found = history_drift(business(tmp_path, slow="2023-12"), 4)
    row = found[found["moved"]].iloc[0]
    assert row["before"] == pytest.approx(1, abs=0.3)
    assert row["in_month"] == pytest.approx(24, abs=8)


def test_three_times_as_many_events_are_an_alarm(tmp_path):
    assert alarms(business(tmp_path, busy="2024-01")) == {("2024-01", "tickets", RATE)}


def test_only_the_newest_months_are_watched(tmp_path):
    assert alarms(business(tmp_path, slow="2023-12"), watched=1) == set()


def test_scores_of_different_surveys_are_kept_apart(tmp_path):
    found = history_drift(business(tmp_path), 1)
    assert {"csat_score", "nps_score"} <= set(found["what"])
    assert "score" not in set(found["what"])


def test_a_short_history_is_not_watched(tmp_path):
    orders = [{"customer_id": "A", "ordered_at": "2024-01-05", "amount": 1},
              {"customer_id": "A", "ordered_at": "2024-04-05", "amount": 1}]  # fmt: skip
    assert history_drift(read_world(configure(tmp_path, {"orders": orders})), 12).empty
