"""Whom a lever could reach, and what a budget is best spent on."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.support.business import configure
from tests.support.trials import lever

from clvlens.histories.decisions import Arm
from clvlens.levers.findings import Effect
from clvlens.levers.opportunity import find_opportunity, gains, plan, reachable, summarise
from clvlens.panel.world import read_world

SIGNED = {"ann": "2024-01-01", "bob": "2024-05-20", "cas": "2024-06-01", "dan": "2024-06-10"}
ORDERS = [
    {"customer_id": "ann", "ordered_at": "2024-01-02", "amount": 5},
    {"customer_id": "bob", "ordered_at": "2024-06-29T23:00:00", "amount": 7},
]
CALLED = [{"customer_id": "cas", "sent_at": "2024-06-03", "kind": "newsletter"}]
AT_ONCE = lever(arm=Arm(history="messages", where={"kind": "newsletter"}, within_days=14))


@pytest.fixture
def world(tmp_path):
    customers = [{"customer_id": name, "signed_up_at": day} for name, day in SIGNED.items()]
    tables = {"orders": ORDERS, "customers": customers, "messages": CALLED}
    return read_world(configure(tmp_path, tables, options={}))


def effect(name: str = "welcome call", low: float = 3.0, **more: object) -> Effect:
    """Return an effect of 6 per eligible, where a quarter was at the target."""
    usual = {
        "lever": name, "meaning": "", "history": "messages", "kind": "one_time",
        "controllable": True, "treated": 250, "untreated": 750, "effect_per_eligible": 6.0,
        "low_95": low, "high_95": 9.0, "evidence": "C",
    }  # fmt: skip
    return Effect(**(usual | more))


def listed(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    """Return customers with a lever, its gain and its cost."""
    each = pd.DataFrame(rows, columns=["customer_id", "lever", "gain", "cost"])
    bounds = {f"{of}_{end}_95": each["gain"] + add for of in ("gain", "average")
              for end, add in (("low", -1), ("high", 1))}  # fmt: skip
    net = each["gain"] - each["cost"]
    return each.assign(**bounds, evidence="C", is_ranked=False, net_gain=net)


def reached(world, known, days: float) -> list[str]:
    return reachable(world, known, days)["customer_id"].to_list()


def test_who_was_not_at_the_target_gains_all_of_the_effect():
    found = gains(effect())
    assert (found["gain"], found["gain_low_95"], found["gain_high_95"]) == (8, 4, 12)


def test_reached_could_be_who_came_lately_and_was_not_given_it(world):
    assert reached(world, AT_ONCE, 60) == ["bob", "dan"]  # ann came early, cas was called
    assert reached(world, AT_ONCE, 30) == ["dan"]
    assert reached(world, AT_ONCE, 1000) == ["ann", "bob", "dan"]


def test_a_lever_whose_tables_are_absent_reaches_nobody(world):
    absent = lever(arm=Arm(history="tickets"))
    assert reached(world, absent, 1000) == []


def test_a_lever_that_is_not_shown_to_pay_is_no_opportunity(world):
    for doubtful in (effect(low=-1.0), effect(evidence="D"), effect(controllable=False),
                     effect(kind="event")):  # fmt: skip
        found = find_opportunity(world, [doubtful], {"welcome call": AT_ONCE})
        assert (len(found.by_lever), len(found.by_customer)) == (0, 0)


def test_the_value_at_stake_is_the_gain_of_each_who_could_be_reached(world):
    found = find_opportunity(world, [effect()], {"welcome call": AT_ONCE})
    (row,) = found.by_lever.to_dict("records")
    assert (row["customers"], row["gain"], row["value_at_stake"]) == (2, 8.0, 16.0)
    assert (row["at_stake_low_95"], row["at_stake_high_95"]) == (8.0, 24.0)
    assert np.isnan(row["total_cost"])  # nobody said what it costs
    assert np.isnan(row["return_on_cost"])
    assert (row["net"], row["planned"]) == (16.0, 2)
    assert found.by_customer["customer_id"].to_list() == ["bob", "dan"]


def test_net_is_what_is_left_of_the_stake_after_its_cost():
    table = summarise(listed(("a", "x", 8, 2), ("b", "x", 8, 2), ("a", "y", 5, 1)))
    assert table["lever"].to_list() == ["x", "y"]
    assert table["net"].to_list() == [12, 4]
    assert table["return_on_cost"].to_list() == [3, 4]


def test_a_customer_gets_one_lever_and_a_lever_that_costs_more_than_it_brings_goes_to_nobody():
    found = plan(listed(("a", "x", 8, 2), ("a", "y", 5, 1), ("b", "z", 1, 2)))
    planned = found[found["is_planned"]]
    assert planned[["customer_id", "lever"]].to_numpy().tolist() == [["a", "x"]]


def test_a_budget_goes_where_a_unit_of_cost_brings_most():
    rows = listed(("a", "x", 30, 20), ("b", "y", 8, 2), ("c", "y", 8, 2))
    spent = plan(rows, budget=4.0)
    assert spent[spent["is_planned"]]["customer_id"].to_list() == ["b", "c"]
    all_of_it = plan(rows, budget=24.0)
    assert all_of_it["is_planned"].all()
    assert not plan(rows, budget=0.0)["is_planned"].any()


def test_a_budget_goes_to_no_lever_whose_cost_nobody_gave():
    rows = listed(("a", "x", 8, 2), ("a", "y", 90, 0), ("b", "y", 90, 0))
    rows.loc[rows["lever"] == "y", "cost"] = np.nan
    planned = plan(rows, budget=2.0)
    chosen = planned.loc[planned["is_planned"], ["customer_id", "lever"]]
    assert chosen.to_numpy().tolist() == [["a", "x"]]
    free = plan(rows)
    assert set(free.loc[free["is_planned"], "lever"]) == {"y"}


def test_a_cost_is_said_for_the_lever_that_has_one(world):
    levers = world.config.levers.model_copy(update={"costs": {"welcome call": 3.0}, "budget": 4.0})
    priced = replace(world, config=world.config.model_copy(update={"levers": levers}))
    (row,) = find_opportunity(priced, [effect()], {"welcome call": AT_ONCE}).by_lever.to_dict(
        "records"
    )
    assert (row["total_cost"], row["net"], row["planned"]) == (6.0, 10.0, 1)  # 4 pays for one


def test_the_list_begins_with_the_largest_net_gain():
    assert plan(listed(("b", "x", 3, 0), ("a", "x", 3, 0), ("c", "y", 9, 1)))[
        "customer_id"
    ].to_list() == ["c", "a", "b"]
