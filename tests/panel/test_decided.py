import numpy as np
import pytest
from tests.support.business import configure, instant
from tests.support.trials import decision

from clvlens.errors import ConfigError
from clvlens.histories.decisions import Arm, Rows
from clvlens.panel.decided import (
    missing_columns,
    recorded_beside,
    sign_ups,
    time_zeros,
)
from clvlens.panel.snapshot import KEYS
from clvlens.panel.world import read_world

ORDERS = [
    {"customer_id": "ann", "ordered_at": "2024-01-10", "amount": 10, "channel": "web"},
    {"customer_id": "bob", "ordered_at": "2024-02-20", "amount": 10, "channel": "subscription"},
    {"customer_id": "cas", "ordered_at": "2024-06-01", "amount": 10, "channel": "web"},
]
CUSTOMERS = [
    {"customer_id": "ann", "signed_up_at": "2024-01-01", "channel": "ads"},
    {"customer_id": "bob", "signed_up_at": "2024-02-01", "channel": "friend"},
    {"customer_id": "cas", "signed_up_at": "2024-03-01", "channel": "ads"},
]
SENT = [
    {"customer_id": "ann", "sent_at": "2024-03-31", "kind": "newsletter"},
    {"customer_id": "bob", "sent_at": "2024-05-02", "kind": "newsletter"},
    {"customer_id": "bob", "sent_at": "2024-02-05", "kind": "promo_code"},
    {"customer_id": "cas", "sent_at": "2024-03-05", "kind": "newsletter"},
]
NEWSLETTER = Arm(history="messages", where={"kind": "newsletter"})
AGED = {"decided_at": "customers.signed_up_at + usual age", "arm": NEWSLETTER}


def world_of(folder, **tables):
    tables = {"orders": ORDERS, "customers": CUSTOMERS, "messages": SENT} | tables
    return read_world(configure(folder, {name: rows for name, rows in tables.items() if rows}))


def zeros(world, **settings):
    """Return (customer, time zero) in order."""
    frame = world.engine.frame(time_zeros(world, decision(**settings)).table)
    return sorted(frame[list(KEYS)].itertuples(index=False, name=None))


def test_customers_without_a_table_of_their_own_sign_up_when_first_known(tmp_path):
    world = world_of(tmp_path, customers=None)
    found = world.engine.frame(sign_ups(world)).set_index("customer_id")["born"]
    assert found["ann"] == instant("2024-01-10")
    assert found["cas"] == instant("2024-03-05")


def test_days_after_sign_up_are_added(tmp_path):
    found = zeros(world_of(tmp_path), decided_at="customers.signed_up_at + 30 days")
    assert found[0] == ("ann", instant("2024-01-31"))
    assert len(found) == 3


def test_the_first_row_that_is_meant_decides(tmp_path):
    of = Rows(history="messages", where={"kind": "newsletter"})
    found = zeros(world_of(tmp_path), decided_at="messages.sent_at", of=of)
    assert ("bob", instant("2024-05-02")) in found


def test_first_rows_that_come_too_late_do_not(tmp_path):
    of = Rows(history="messages", where={"kind": "newsletter"})
    settings = {"decided_at": "messages.sent_at", "of": of}
    found = zeros(world_of(tmp_path), within_days=91, **settings)
    assert [customer for customer, _ in found] == ["ann", "cas"]
    assert len(zeros(world_of(tmp_path), within_days=91.5, **settings)) == 3


def test_the_usual_age_is_that_at_which_most_are_treated_first(tmp_path):
    """Ann at 90 days and Bob at 91; Cas at 4, and so is no longer eligible."""
    extra = [{"customer_id": "dan", "sent_at": "2024-03-31", "kind": "newsletter"}]
    customers = [*CUSTOMERS, {"customer_id": "dan", "signed_up_at": "2024-01-01"},
                 {"customer_id": "eve", "signed_up_at": "2024-01-01"}]  # fmt: skip
    found = zeros(world_of(tmp_path, customers=customers, messages=SENT + extra), **AGED)
    assert found == [
        (name, instant(when))
        for name, when in (
            ("ann", "2024-03-31"), ("bob", "2024-05-01"), ("dan", "2024-03-31"),
            ("eve", "2024-03-31"),
        )
    ]  # fmt: skip


def test_where_there_is_no_usual_age_there_are_several_each_an_arm_apart(tmp_path):
    """First newsletters at 90, 122 and 4 days: a tenth and nine tenths are 21 and 116 days."""
    found = time_zeros(world_of(tmp_path), decision(**AGED))
    assert len(found.days) == 1 + int((found.days[-1] - found.days[0]) / 30)
    assert np.diff(found.days).min() >= 30
    assert 4 < found.days[0] < 90 < found.days[-1]


def test_at_each_age_those_are_eligible_who_were_not_given_it_before(tmp_path):
    """Cas, at 4 days, never is; Ann, at 90, until then; Bob, at 91, too."""
    world = world_of(tmp_path)
    found = world.engine.frame(time_zeros(world, decision(**AGED)).table)
    assert set(found["customer_id"]) == {"ann", "bob"}
    ann = found[found["customer_id"] == "ann"]
    assert ann["cutoff"].max() <= instant("2024-03-31")
    assert ann["period"].tolist() == sorted(set(ann["period"]))


def test_where_nobody_was_treated_there_is_no_age(tmp_path):
    arm = Arm(history="messages", where={"kind": "recommendation"})
    found = time_zeros(world_of(tmp_path), decision(**AGED | {"arm": arm}))
    assert found.days == ()


def test_only_those_with_such_a_row_before_are_eligible(tmp_path):
    """Bob has a subscription alone; Cas orders after time zero."""
    before = Rows(history="orders", unlike={"channel": "subscription"})
    found = zeros(world_of(tmp_path), decided_at="customers.signed_up_at + 30 days", before=before)
    assert [customer for customer, _ in found] == ["ann"]


def test_a_row_at_time_zero_itself_is_not_before_it(tmp_path):
    settings = {"before": Rows(history="orders")}
    at = zeros(world_of(tmp_path), decided_at="customers.signed_up_at + 9 days", **settings)
    after = zeros(world_of(tmp_path), decided_at="customers.signed_up_at + 9.01 days", **settings)
    assert at == []
    assert [customer for customer, _ in after] == ["ann"]


def test_what_is_missing_is_named(tmp_path):
    arm = Arm(history="calls", where={"kind": "welcome"})
    found = missing_columns(world_of(tmp_path), decision(decided_at="carts.ended_at", arm=arm))
    assert found == ["calls.customer_id", "calls.kind", "carts.ended_at"]


def test_what_was_settled_with_the_row_at_time_zero_is_adjusted_for(tmp_path):
    world = world_of(tmp_path)
    chosen = decision(beside=("customers.channel", "customers.country"))
    found = recorded_beside(world, time_zeros(world, chosen).table, chosen).set_index("customer_id")
    assert found["customers.channel"].to_dict() == {"ann": "ads", "bob": "friend", "cas": "ads"}
    assert "customers.country" not in found


def test_what_becomes_known_later_may_not_stand_beside_the_decision(tmp_path):
    customers = [{**row, "segment": "vip", "traits_known_at": "2024-07-01"} for row in CUSTOMERS]
    world = world_of(tmp_path, customers=customers)
    chosen = decision(beside=("customers.segment",))
    with pytest.raises(ConfigError, match=r"customers\.segment becomes known later than its row"):
        recorded_beside(world, time_zeros(world, chosen).table, chosen)


def test_nor_may_what_was_decided(tmp_path):
    world = world_of(tmp_path)
    arm = Arm(history="customers", column="channel", among="ads")
    chosen = decision(arm=arm, beside=("customers.channel",))
    with pytest.raises(ConfigError, match=r"customers\.channel is what was decided"):
        recorded_beside(world, time_zeros(world, chosen).table, chosen)
