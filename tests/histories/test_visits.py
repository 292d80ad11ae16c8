"""Visits at 15 June: A came twice in one day and once in spring; B's visit goes on."""

import pytest
from tests.support.asking import ask, is_missing

VISITS = [
    {"customer_id": "A", "visited_at": "2024-03-01T10:00:00", "left_at": "2024-03-01T10:30:00",
     "kind": "calculator", "source": "search"},
    {"customer_id": "A", "visited_at": "2024-06-10T10:00:00", "left_at": "2024-06-10T10:10:00",
     "kind": "community", "source": "friend"},
    {"customer_id": "A", "visited_at": "2024-06-10T12:00:00", "left_at": "2024-06-10T12:20:00",
     "kind": "community", "source": "friend"},
    {"customer_id": "B", "visited_at": "2024-06-14T23:50:00", "left_at": "2024-06-15T00:10:00",
     "kind": "video", "source": "search"},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("visits", VISITS, "2024-06-15")


def test_visits_are_counted_by_kind_and_window(found):
    a = found["A"]
    assert (a["count_90d"], a["count_ever"], a["active_days_90d"]) == (2, 3, 1)
    assert (a["count_community_90d"], a["count_calculator_90d"]) == (2, 0)
    assert a["count_calculator_ever"] == 1


def test_a_visit_has_a_duration_once_it_has_ended(found):
    assert found["A"]["mean_duration_90d"] == (10 + 20) / 2
    assert is_missing(found["B"]["mean_duration_90d"])


def test_sources_are_the_first_and_the_last(found):
    assert (found["A"]["first_source"], found["A"]["last_source"]) == ("search", "friend")
    assert found["C"]["count_ever"] == 0
