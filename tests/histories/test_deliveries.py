"""What orders hold because it was offered, and whether they came as promised, at 15 June."""

import pytest
from tests.support.asking import ask, is_missing

ORDERS = [
    {"customer_id": "A", "ordered_at": "2024-06-01", "amount": 10, "cross_sell_lines": 2,
     "bundle": True, "promised_at": "2024-06-03", "delivered_at": "2024-06-03"},
    {"customer_id": "A", "ordered_at": "2024-06-05", "amount": 30, "cross_sell_lines": 0,
     "bundle": False, "promised_at": "2024-06-07", "delivered_at": "2024-06-11"},
    {"customer_id": "A", "ordered_at": "2024-06-08", "amount": 20, "cross_sell_lines": 1,
     "bundle": False, "promised_at": "2024-06-10", "delivered_at": "2024-06-18"},
    {"customer_id": "B", "ordered_at": "2024-06-14", "amount": 20, "cross_sell_lines": 0,
     "bundle": False, "promised_at": "2024-06-15", "delivered_at": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("orders", ORDERS, "2024-06-15")


def test_a_promise_is_kept_at_its_very_time_and_broken_once_it_has_passed(found):
    assert found["A"]["promise_kept_share_ever"] == 1 / 3
    assert found["A"]["mean_late_ever"] == (0 + 4 + 5) / 3  # the last one is 5 days late so far


def test_a_promise_for_the_cutoff_itself_is_neither_kept_nor_broken(found):
    assert is_missing(found["B"]["promise_kept_share_ever"])
    assert is_missing(found["B"]["mean_late_ever"])


def test_bundles_and_cross_sell_are_shares_of_orders(found):
    assert found["A"]["bundle_share_ever"] == 1 / 3
    assert found["A"]["has_cross_sell_share_ever"] == 2 / 3
    assert found["A"]["mean_cross_sell_lines_ever"] == 1


def test_an_order_of_lines_is_delivered_with_its_last_one():
    line = {"customer_id": "A", "ordered_at": "2024-06-01", "order_id": "1", "amount": 5,
            "promised_at": "2024-06-03"}  # fmt: skip
    lines = [
        {**line, "role": "base", "delivered_at": "2024-06-02", "bundle": False},
        {**line, "role": "cross_sell", "delivered_at": "2024-06-04", "bundle": True},
    ]
    found = ask("orders", lines, "2024-06-15", grain="line")["A"]
    assert (found["count_ever"], found["mean_late_ever"]) == (1, 1)
    assert (found["mean_cross_sell_lines_ever"], found["bundle_share_ever"]) == (1, 1)
