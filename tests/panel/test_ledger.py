import pytest
from tests.support.business import configure, instant

from clvlens.panel.ledger import ledger, subscription_spells
from clvlens.panel.world import World, read_world

CUSTOMERS = [
    {"customer_id": "A", "signed_up_at": "2024-01-01"},
    {"customer_id": "B", "signed_up_at": "2024-01-10"},
]
ORDERS = [
    {"customer_id": "A", "ordered_at": "2024-01-01T08:00", "amount": 10, "cost": 4},
    {"customer_id": "A", "ordered_at": "2024-01-01T09:00", "amount": 5, "cost": 1,
     "refunded_at": "2024-01-05T00:00", "refund_amount": 3},
    {"customer_id": "A", "ordered_at": "2024-01-31T00:00", "amount": 7, "cost": 7},
    {"customer_id": "B", "ordered_at": "2024-01-12T12:00", "amount": 20, "cost": 5},
]  # fmt: skip
SUBSCRIPTIONS = [
    {"customer_id": "A", "started_at": "2024-01-01", "subscription_id": "u1",
     "changed_at": "2024-01-11"},
    {"customer_id": "A", "started_at": "2024-01-11", "subscription_id": "u1",
     "ended_at": "2024-01-21"},
    {"customer_id": "B", "started_at": "2024-01-10", "subscription_id": "u2"},
]  # fmt: skip


@pytest.fixture
def world(tmp_path) -> World:
    tables = {"orders": ORDERS, "customers": CUSTOMERS, "subscriptions": SUBSCRIPTIONS}
    return read_world(configure(tmp_path, tables))


def entries(world: World, cutoff: str) -> list[tuple]:
    return list(ledger(world, instant(cutoff)).itertuples(index=False, name=None))


def test_money_is_dated_by_days_since_the_customer_was_won(world):
    assert entries(world, "2024-02-01") == [
        ("A", 0, 15.0), ("A", 4, -3.0), ("A", 30, 7.0), ("B", 2, 20.0),
    ]  # fmt: skip


def test_what_came_at_the_cutoff_or_later_is_not_known(world):
    assert entries(world, "2024-01-31") == [("A", 0, 15.0), ("A", 4, -3.0), ("B", 2, 20.0)]
    assert entries(world, "2024-01-05") == [("A", 0, 15.0)]


def test_margin_is_counted_where_margin_is_predicted(tmp_path):
    config = configure(tmp_path, {"orders": ORDERS}, target={"value": "margin"})
    paid = ledger(read_world(config), instant("2024-02-01"))
    assert paid["value"].tolist() == [6 + 4, -3, 0, 15]


def test_states_of_a_subscription_are_one_spell(world):
    spells = subscription_spells(world, instant("2024-01-31"))
    assert list(spells.itertuples(index=False, name=None)) == [
        ("A", 20.0, True), ("B", 21.0, False),
    ]  # fmt: skip


def test_an_end_after_the_cutoff_is_not_known(world):
    spells = subscription_spells(world, instant("2024-01-21"))
    assert list(spells.itertuples(index=False, name=None)) == [
        ("A", 20.0, False), ("B", 11.0, False),
    ]  # fmt: skip


def test_without_subscriptions_there_are_no_spells(tmp_path):
    world = read_world(configure(tmp_path, {"orders": ORDERS}))
    assert subscription_spells(world, instant("2024-02-01")) is None
