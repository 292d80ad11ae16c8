"""Who had a subscription at the cutoff and lost it, counted by hand."""

import numpy as np
import pytest
from tests.support.business import Row, configure, features_at, instant, pairs

from clvlens.errors import ConfigError
from clvlens.panel.panel import make_panel
from clvlens.panel.target import AT_RISK, outcomes
from clvlens.panel.world import World, read_world

MAY = instant("2024-05-01")
ORDERS = [{"customer_id": "ann", "ordered_at": "2024-01-01", "amount": 1}]


def state(customer: str, started: str, ended: str | None = None, **more: object) -> Row:
    return {"customer_id": customer, "started_at": started, "ended_at": ended, **more}


def world_of(folder, states: list[Row], churn="contractual", **options: object) -> World:
    tables = {"orders": ORDERS, "subscriptions": states}
    config = configure(folder, tables, options={"subscriptions": options}, target={"churn": churn})
    return read_world(config)


def churned(world: World, *customers: str, days: int = 30) -> list:
    """Return each customer's churn in the days from May on; None where it is missing."""
    table = outcomes(world, pairs(*((name, MAY) for name in customers)), days)
    found = world.engine.frame(table.order_by("customer_id"))
    return found["churned"].astype(object).where(found["churned"].notna(), None).tolist()


def test_a_subscription_that_ends_in_the_window_is_lost_by_who_had_it(tmp_path):
    """The window holds the cutoff, and ends before the 31st."""
    states = [
        state("at-the-cutoff", "2024-01-01", "2024-05-01"),
        state("in-the-window", "2024-01-01", "2024-05-30T23:59:59"),
        state("later", "2024-01-01", "2024-05-31"),
        state("never", "2024-01-01"),
    ]
    world = world_of(tmp_path, states)
    customers = [row["customer_id"] for row in states]
    assert churned(world, *customers) == [1, 1, 0, 0]


def test_churn_is_missing_for_who_has_no_subscription_to_lose(tmp_path):
    states = [
        state("ended", "2024-01-01", "2024-04-30"),
        state("not-yet", "2024-05-01", "2024-05-09"),
        state("to-make-a-table", "2024-01-01"),
    ]
    world = world_of(tmp_path, states)
    assert churned(world, "ended", "nobody", "not-yet") == [None, None, None]


def test_who_begins_another_subscription_stays(tmp_path):
    states = [
        state("back", "2024-01-01", "2024-05-09"),
        state("back", "2024-05-20"),
        state("gone-again", "2024-01-01", "2024-05-09"),
        state("gone-again", "2024-05-20", "2024-05-25"),
    ]
    assert churned(world_of(tmp_path, states), "back", "gone-again") == [0, 1]


def test_a_change_of_plan_is_no_end(tmp_path):
    states = [
        {**state("ann", "2024-01-01"), "subscription_id": "s", "changed_at": "2024-05-09"},
        {**state("ann", "2024-05-09"), "subscription_id": "s", "changed_at": None},
    ]
    assert churned(world_of(tmp_path, states), "ann") == [0]


def test_of_several_subscriptions_one_may_end_or_must_all(tmp_path):
    states = [
        state("one-of-two", "2024-01-01", "2024-05-09", subscription_id="a"),
        state("one-of-two", "2024-01-01", subscription_id="b"),
        state("a-later-one", "2024-01-01", subscription_id="c"),
        state("a-later-one", "2024-05-02", "2024-05-09", subscription_id="d"),
    ]
    (tmp_path / "all").mkdir()
    (tmp_path / "any").mkdir()
    every = world_of(tmp_path / "all", states)
    some = world_of(tmp_path / "any", states, churn="contractual_any")
    assert churned(every, "a-later-one", "one-of-two") == [0, 0]
    assert churned(some, "a-later-one", "one-of-two") == [0, 1]


def test_a_subscription_that_changed_before_it_ended_was_active_all_along(tmp_path):
    states = [
        state("ann", "2024-01-01", changed_at="2024-05-03", subscription_id="s"),
        state("ann", "2024-05-03", "2024-05-09", changed_at=None, subscription_id="s"),
    ]
    assert churned(world_of(tmp_path, states, churn="contractual_any"), "ann") == [1]


def test_the_last_to_end_says_whether_the_customer_left_or_the_payment_failed(tmp_path):
    asked, failed = ({"cancelled_at": "2024-05-02", "cancel_reason": reason}
                     for reason in ("too_expensive", "payment_failed"))  # fmt: skip
    states = [
        state("asked", "2024-01-01", "2024-05-09", **asked),
        state("both", "2024-01-01", "2024-05-09", **asked),
        state("both", "2024-01-02", "2024-05-10", **failed),
        state("failed", "2024-01-01", "2024-05-09", **failed),
        state("silent", "2024-01-01", "2024-05-09"),
        state("stays", "2024-01-01"),
    ]
    world = world_of(tmp_path, states)
    rows = pairs(*((name, MAY) for name in ("asked", "both", "failed", "none", "silent", "stays")))
    found = world.engine.frame(outcomes(world, rows, 30).order_by("customer_id"))
    expected = [0, 1, 1, np.nan, 0, np.nan]
    np.testing.assert_array_equal(found["involuntary"], expected)


def test_who_is_at_risk_is_what_the_features_say_though_ends_arrive_late(tmp_path):
    """An end two days before the cutoff that is known five days later is still to come."""
    states = [
        state("ended-unknown", "2024-01-01", "2024-04-29"),
        state("ended-known", "2024-01-01", "2024-04-20"),
        state("began-unknown", "2024-04-29"),
    ]
    world = world_of(tmp_path, states, lag_days=5)
    customers = sorted(row["customer_id"] for row in states)
    active = features_at(world, *((name, MAY) for name in customers))[AT_RISK]
    assert churned(world, *customers) == [None, None, 1]
    assert active.tolist() == [0, 0, 1]


def test_subscriptions_without_ends_cannot_be_lost(tmp_path):
    states = [{"customer_id": "ann", "started_at": "2024-01-01"}]
    with pytest.raises(ConfigError, match=r"contractual needs to know when .* has no ended_at"):
        world_of(tmp_path, states)


def test_contractual_churn_needs_a_table_of_subscriptions(tmp_path):
    with pytest.raises(ConfigError, match=r"is about subscriptions, and data\.subscriptions is mi"):
        configure(tmp_path, {"orders": ORDERS}, target={"churn": "contractual"})


def test_a_panel_has_the_kind_of_churn_beside_it(tmp_path):
    days = [f"2024-{month:02d}-01" for month in range(1, 13)]
    orders = [{"customer_id": "ann", "ordered_at": day, "amount": 1} for day in days]
    why = {"cancelled_at": "2024-10-20", "cancel_reason": "payment_failed"}
    states = [state("ann", "2024-01-01", "2024-10-20", **why)]
    target = {"churn": "contractual", "horizon_days": 30}
    cutoffs = {"fit": ["2024-09-01"], "test": ["2024-10-15"]}
    tables = {"orders": orders, "subscriptions": states}
    frame = make_panel(configure(tmp_path, tables, target=target, cutoffs=cutoffs)).frame
    assert list(frame.columns[-2:]) == ["target_churned", "target_involuntary"]
    np.testing.assert_array_equal(frame[["target_churned", "target_involuntary"]],
                                  [[0, np.nan], [1, 1]])  # fmt: skip
