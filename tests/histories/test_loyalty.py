"""Loyalty at 15 June: A joined, earned and spent; B was invited only; C is unknown to it."""

import pytest
from tests.support.asking import ask, is_missing

ENTRIES = [
    {"customer_id": "A", "entered_at": "2024-01-16", "kind": "joined", "points": 50,
     "tier": "silver"},
    {"customer_id": "A", "entered_at": "2024-06-01", "kind": "earned", "points": 100,
     "tier": None},
    {"customer_id": "A", "entered_at": "2024-06-05", "kind": "tier", "points": 0,
     "tier": "gold"},
    {"customer_id": "A", "entered_at": "2024-06-10", "kind": "spent", "points": -30,
     "tier": None},
    {"customer_id": "B", "entered_at": "2024-06-10", "kind": "invited", "points": 0,
     "tier": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("loyalty", ENTRIES, "2024-06-15")


def test_the_balance_is_what_was_earned_and_not_spent(found):
    a = found["A"]
    assert (a["total_points_ever"], a["total_earned_ever"], a["total_spent_ever"]) == (120, 150, 30)
    assert a["total_earned_90d"] == 100
    assert a["redemption_rate_ever"] == 30 / 150


def test_the_tier_is_the_last_one_given(found):
    assert found["A"]["tier"] == "gold"
    assert is_missing(found["B"]["tier"])


def test_an_invitation_makes_no_member(found):
    assert [found[who]["count_joined_ever"] for who in "ABC"] == [1, 0, 0]
    assert found["A"]["days_since_joined"] == 151  # 16 January to 15 June of a leap year
    assert is_missing(found["B"]["days_since_joined"])
