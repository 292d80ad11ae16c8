"""Bookings at 15 June: A booked online, then twice more; B cancelled one; C never booked."""

import pytest
from tests.support.asking import ask, is_missing

BOOKINGS = [
    {"customer_id": "A", "booked_at": "2024-05-01", "for_when": "2024-05-05", "channel": "online",
     "out_of_hours": True, "cancelled_at": None, "outcome_at": "2024-05-05", "kept": True},
    {"customer_id": "A", "booked_at": "2024-05-11", "for_when": "2024-05-13", "channel": "phone",
     "out_of_hours": False, "cancelled_at": None, "outcome_at": "2024-05-13", "kept": False},
    {"customer_id": "A", "booked_at": "2024-06-10", "for_when": "2024-06-19", "channel": "online",
     "out_of_hours": False, "cancelled_at": None, "outcome_at": "2024-06-19", "kept": True},
    {"customer_id": "B", "booked_at": "2024-06-12", "for_when": "2024-06-20", "channel": "phone",
     "out_of_hours": False, "cancelled_at": "2024-06-14", "outcome_at": None, "kept": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("bookings", BOOKINGS, "2024-06-15")


def test_bookings_to_come_are_those_not_cancelled(found):
    assert [found[who]["upcoming_ever"] for who in "ABC"] == [1, 0, 0]
    assert found["A"]["days_to_next"] == 4
    assert is_missing(found["B"]["days_to_next"])


def test_lead_time_is_from_booking_to_its_time(found):
    assert found["A"]["mean_lead_ever"] == (4 + 2 + 9) / 3


def test_the_kept_share_is_of_bookings_whose_outcome_is_known(found):
    assert found["A"]["kept_share_ever"] == 1 / 2
    assert found["B"]["cancelled_share_ever"] == 1


def test_bookings_after_the_first_online_one_are_counted(found):
    assert [found[who]["after_first_online_ever"] for who in "ABC"] == [2, 0, 0]
    assert found["A"]["out_of_hours_share_ever"] == 1 / 3
