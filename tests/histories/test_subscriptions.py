"""Subscriptions at 15 June: A went from trial to annual, B was lost to payment, C leaves."""

import pytest
from tests.support.asking import ask, is_missing

STATES = [
    {"customer_id": "A", "started_at": "2024-05-01", "row_id": "1", "subscription_id": "a",
     "plan": "basic", "price": 0, "billing": "monthly", "is_trial": True,
     "changed_at": "2024-05-16", "cancelled_at": None, "cancel_reason": None, "ended_at": None,
     "upgrade_until": None},
    {"customer_id": "A", "started_at": "2024-05-16", "row_id": "2", "subscription_id": "a",
     "plan": "pro", "price": 40, "billing": "annual", "is_trial": False,
     "changed_at": None, "cancelled_at": None, "cancel_reason": None, "ended_at": None,
     "upgrade_until": "2024-07-01"},
    {"customer_id": "B", "started_at": "2024-04-01", "row_id": "3", "subscription_id": "b",
     "plan": "basic", "price": 20, "billing": "monthly", "is_trial": False,
     "changed_at": None, "cancelled_at": "2024-06-05", "cancel_reason": "payment_failed",
     "ended_at": "2024-06-05", "upgrade_until": None},
    {"customer_id": "C", "started_at": "2024-06-10", "row_id": "4", "subscription_id": "c",
     "plan": "basic", "price": 20, "billing": "monthly", "is_trial": False,
     "changed_at": None, "cancelled_at": "2024-06-14", "cancel_reason": "too_expensive",
     "ended_at": "2024-07-10", "upgrade_until": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("subscriptions", STATES, "2024-06-15")


def test_a_change_replaces_a_state_but_the_subscription_goes_on(found):
    a = found["A"]
    assert (a["subscriptions_ever"], a["active_ever"], a["changes_ever"]) == (1, 1, 1)
    assert (a["active_plan"], a["total_price_ever"], a["annual_share_ever"]) == ("pro", 40, 1)
    assert a["active_tenure"] == 45  # 31 days of May and 14 of June
    assert a["days_to_renewal"] == 365 - 30
    assert a["upgraded_ever"] == 1


def test_what_ended_is_not_active_and_what_is_cancelled_still_is(found):
    assert [found[who]["active_ever"] for who in "ABC"] == [1, 0, 1]
    assert [found[who]["leaving_ever"] for who in "ABC"] == [0, 0, 1]
    assert is_missing(found["B"]["active_plan"])


def test_a_failed_payment_is_no_will_of_the_customer(found):
    assert [found[who]["voluntary_ever"] for who in "ABC"] == [0, 0, 1]
    assert [found[who]["involuntary_ever"] for who in "ABC"] == [0, 1, 0]
    assert found["B"]["days_since_cancelled"] == 10


def test_a_cancellation_is_not_known_before_it_is_made():
    before = ask("subscriptions", STATES, "2024-06-14")["C"]
    assert (before["cancelled_ever"], before["leaving_ever"], before["active_ever"]) == (0, 0, 1)


def test_a_subscription_is_active_however_long_ago_it_began():
    lately = ask("subscriptions", STATES, "2024-06-15", look_back_days=7)
    assert lately["A"]["active_tenure"] == 45
