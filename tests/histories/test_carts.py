"""Checkouts at noon: A bought one and left one, which is bought later; B is still at it."""

import pytest
from tests.support.asking import ask, is_missing

CARTS = [
    {"customer_id": "A", "started_at": "2024-06-10T09:00:00", "ended_at": "2024-06-10T09:10:00",
     "steps": 4, "clicks": 20, "value": 50, "autofilled": True,
     "completed_at": "2024-06-10T09:10:00", "recovered_at": None},
    {"customer_id": "A", "started_at": "2024-06-12T09:00:00", "ended_at": "2024-06-12T09:02:00",
     "steps": 2, "clicks": 6, "value": 80, "autofilled": False,
     "completed_at": None, "recovered_at": "2024-06-16T09:00:00"},
    {"customer_id": "B", "started_at": "2024-06-15T11:30:00", "ended_at": "2024-06-15T12:30:00",
     "steps": 3, "clicks": 9, "value": 10, "autofilled": False,
     "completed_at": None, "recovered_at": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("carts", CARTS, "2024-06-15T12:00:00")


def test_a_checkout_that_goes_on_for_less_than_an_hour_is_not_yet_abandoned(found):
    assert found["A"]["abandoned_share_ever"] == 1 / 2
    assert is_missing(found["B"]["abandoned_share_ever"])


def test_a_checkout_is_abandoned_after_an_hour_even_if_its_end_is_not_known():
    endless = [{**row, "ended_at": None} for row in CARTS]
    later = ask("carts", endless, "2024-06-15T12:31:00")
    assert later["B"]["abandoned_share_ever"] == 1


def test_a_cart_waits_until_it_is_recovered(found):
    assert found["A"]["waiting_30d"] == 1
    assert found["A"]["total_value_waiting_30d"] == 80
    assert found["A"]["recovered_share_ever"] == 0
    later = ask("carts", CARTS, "2024-06-17")["A"]
    assert (later["waiting_30d"], later["recovered_share_ever"]) == (0, 1)


def test_ease_is_of_sessions_that_have_ended(found):
    assert found["A"]["mean_clicks_ever"] == (20 + 6) / 2
    assert found["A"]["mean_duration_ever"] == 10
    assert is_missing(found["B"]["mean_clicks_ever"])
