"""Onboarding: A finished one of two steps, B's only step goes on, C never began."""

import pytest
from tests.support.asking import ask, is_missing

STEPS = [
    {"customer_id": "A", "started_at": "2024-06-01", "finished_at": "2024-06-03",
     "medium": "self", "personalised": False, "assigned_program": "guided"},
    {"customer_id": "A", "started_at": "2024-06-05", "finished_at": "2024-06-25",
     "medium": "call", "personalised": True, "assigned_program": "guided"},
    {"customer_id": "B", "started_at": "2024-06-13", "finished_at": None,
     "medium": "self", "personalised": False, "assigned_program": "none"},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("onboarding", STEPS, "2024-06-15")


def test_a_step_finished_after_the_cutoff_is_still_open(found):
    assert found["A"]["finished_share_ever"] == 1 / 2
    assert found["A"]["mean_step_time_ever"] == (2 + 10) / 2


def test_a_step_stalls_after_seven_days(found):
    assert [found[who]["stalled_ever"] for who in "ABC"] == [1, 0, 0]


def test_time_to_first_value_runs_to_the_cutoff_before_any_step_is_finished(found):
    assert found["A"]["time_to_first_value"] == 2
    assert found["B"]["time_to_first_value"] == 2
    assert is_missing(found["C"]["time_to_first_value"])


def test_medium_and_program_are_those_of_the_first_step(found):
    assert found["A"]["first_medium"] == "self"
    assert found["A"]["first_assigned_program"] == "guided"
    assert found["A"]["human_led_share_ever"] == 1 / 2
    assert found["A"]["personalised_share_ever"] == 1 / 2
