"""Tickets at noon of 15 June: one answered in half an hour, one waiting 5 hours, one 20 minutes."""

import pytest
from tests.support.asking import ask, is_missing

NOON = "2024-06-15T12:00:00"
TICKETS = [
    {"customer_id": "A", "opened_at": "2024-06-13T12:00:00", "channel": "chat",
     "first_response_at": "2024-06-13T12:30:00", "resolved_at": "2024-06-14T12:00:00",
     "reopened_at": "2024-06-15T08:00:00", "out_of_hours": True, "handled_out_of_hours": True,
     "rated_at": "2024-06-14T13:00:00", "satisfaction": 5},
    {"customer_id": "A", "opened_at": "2024-06-15T07:00:00", "channel": "email",
     "first_response_at": "2024-06-15T14:00:00", "resolved_at": None, "reopened_at": None,
     "out_of_hours": True, "handled_out_of_hours": False, "rated_at": None,
     "satisfaction": None},
    {"customer_id": "B", "opened_at": "2024-06-15T11:40:00", "channel": "phone",
     "first_response_at": None, "resolved_at": None, "reopened_at": None,
     "out_of_hours": False, "handled_out_of_hours": None, "rated_at": None,
     "satisfaction": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("tickets", TICKETS, NOON)


def test_a_ticket_without_an_answer_has_waited_until_the_cutoff(found):
    assert found["A"]["mean_response_ever"] == (0.5 + 5) / 2  # not the 7 hours it will take
    assert found["A"]["mean_resolution_ever"] == pytest.approx((24 + 5) / 24 / 2)
    assert found["A"]["unanswered_ever"] == 1


def test_an_unanswered_ticket_counts_as_late_after_an_hour_and_not_at_all_before(found):
    assert found["A"]["answered_in_1h_share_ever"] == 1 / 2
    assert is_missing(found["B"]["answered_in_1h_share_ever"])
    assert found["B"]["unanswered_ever"] == 1


def test_the_reopened_share_is_of_resolved_tickets(found):
    assert found["A"]["reopened_share_ever"] == 1
    assert is_missing(found["B"]["reopened_share_ever"])


def test_out_of_hours_coverage_is_of_answered_tickets_opened_out_of_hours(found):
    assert found["A"]["handled_out_of_hours_share_ever"] == 1
    assert is_missing(found["B"]["handled_out_of_hours_share_ever"])


def test_channels_are_counted_and_live_chat_is_told_apart(found):
    assert [found[who]["distinct_channel_ever"] for who in "ABC"] == [2, 1, 0]
    assert found["A"]["live_chat_share_ever"] == 1 / 2


def test_a_table_that_arrives_a_day_late_tells_of_waits_until_a_day_ago():
    late = ask("tickets", TICKETS, "2024-06-14T12:00:00", lag_days=1 / 24)
    assert late["A"]["mean_resolution_ever"] == pytest.approx(23 / 24)


def test_an_answer_after_exactly_one_hour_is_within_it():
    answered = {**TICKETS[0], "first_response_at": "2024-06-13T13:00:00"}
    assert ask("tickets", [answered], NOON)["A"]["answered_in_1h_share_ever"] == 1


def test_a_ticket_that_has_waited_exactly_one_hour_may_still_be_answered_in_it():
    waiting = {**TICKETS[2], "opened_at": "2024-06-15T11:00:00"}
    assert is_missing(ask("tickets", [waiting], NOON)["B"]["answered_in_1h_share_ever"])
