"""Payments at 15 June: A's invoice failed and was paid 5 days later, B's has failed for 10 days."""

import pytest
from tests.support.asking import ask, is_missing

CHARGES = [
    {"customer_id": "A", "attempted_at": "2024-06-01", "succeeded": False, "invoice_id": "1",
     "amount": 20, "failure": "limit", "card_expires_at": "2024-07-10"},
    {"customer_id": "A", "attempted_at": "2024-06-06", "succeeded": True, "invoice_id": "1",
     "amount": 20, "failure": None, "card_expires_at": "2024-07-10"},
    {"customer_id": "A", "attempted_at": "2024-06-08", "succeeded": True, "invoice_id": "2",
     "amount": 20, "failure": None, "card_expires_at": "2024-07-10"},
    {"customer_id": "B", "attempted_at": "2024-06-05", "succeeded": False, "invoice_id": "3",
     "amount": 30, "failure": "expired_card", "card_expires_at": "2024-06-01"},
    {"customer_id": "B", "attempted_at": "2024-06-10", "succeeded": False, "invoice_id": "3",
     "amount": 30, "failure": "expired_card", "card_expires_at": "2027-06-01"},
    {"customer_id": "B", "attempted_at": "2024-06-20", "succeeded": True, "invoice_id": "3",
     "amount": 30, "failure": None, "card_expires_at": "2027-06-01"},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("payments", CHARGES, "2024-06-15")


def test_failures_are_counted_by_charge_and_by_cause(found):
    assert found["A"]["failed_share_90d"] == 1 / 3
    assert found["A"]["count_limit_365d"] == 1
    assert found["B"]["count_expired_card_365d"] == 2


def test_an_invoice_is_unresolved_until_one_of_its_charges_worked(found):
    assert [found[who]["unresolved_ever"] for who in "ABC"] == [0, 1, 0]
    assert [found[who]["total_amount_unpaid_ever"] for who in "ABC"] == [0, 30, 0]


def test_days_failing_run_to_the_payment_or_to_the_cutoff(found):
    assert found["A"]["mean_failing_365d"] == 5
    assert found["B"]["mean_failing_365d"] == 10
    assert is_missing(found["C"]["mean_failing_365d"])


def test_recovery_is_not_known_within_the_first_thirty_days(found):
    assert found["A"]["recovered_in_30d_share_ever"] == 1
    assert is_missing(found["B"]["recovered_in_30d_share_ever"])
    before_payment = [row for row in CHARGES if row["attempted_at"] < "2024-06-20"]
    later = ask("payments", before_payment, "2024-07-15")
    assert later["B"]["recovered_in_30d_share_ever"] == 0


def test_the_card_of_the_latest_charge_expires_within_the_horizon_or_not(found):
    assert found["A"]["card_expiring"] == 1  # 10 July is 25 days ahead, of 30
    assert found["B"]["card_expiring"] == 0
    shorter = ask("payments", CHARGES, "2024-06-15", horizon_days=25)
    assert shorter["A"]["card_expiring"] == 0  # the horizon ends before 10 July


def test_a_table_without_invoices_does_not_speak_of_recovery():
    charges = [{k: v for k, v in row.items() if k != "invoice_id"} for row in CHARGES]
    found = ask("payments", charges, "2024-06-15")["B"]
    assert found["failures_ever"] == 2
    assert not any("recovered" in name or "unresolved" in name for name in found)
