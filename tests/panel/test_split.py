"""Where the four temporal roles lie, and which cutoffs are refused."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.business import instant
from tests.support.laboratory import DAY

from clvlens.config import Config
from clvlens.errors import TimeError
from clvlens.panel.engine import connect
from clvlens.panel.instants import midnight_after, to_time
from clvlens.panel.split import ROLES, Plan, plan_cutoffs
from clvlens.panel.world import World

ENGINE = connect()


def world(
    starts: str = "2023-01-01", ends: str = "2024-01-01", zone: str = "UTC", **settings: object
) -> World:
    """Return a world whose orders lie between two times; no plan looks at more."""
    data = {"orders": {"path": "nowhere.csv"}}
    config = Config(name="shop", currency="EUR", time_zone=zone, data=data, **settings)
    return World(config, ENGINE, {}, instant(starts, zone), instant(ends, zone))


def days(plan: Plan, zone: str = "UTC") -> dict[str, list[str]]:
    return {
        role: [to_time(cutoff, zone).isoformat()[:10] for cutoff in getattr(plan, role)]
        for role in ROLES
    }


# --- planned


def test_a_year_has_room_for_four_roles_of_thirty_days():
    """Backwards from December 2nd, the last day with thirty days after it, thirty days each."""
    plan = plan_cutoffs(world(target={"horizon_days": 30}, cutoffs={"at_most": 2}))
    assert days(plan) == {
        "fit": ["2023-08-04", "2023-09-03"],
        "select": ["2023-10-03"],
        "calibrate": ["2023-11-02"],
        "test": ["2023-12-02"],
    }
    assert plan.notes == ()


def test_a_snapshot_without_an_outcome_lies_three_quarters_into_the_labels_of_the_only_role():
    """Labels of forty days from June 1st: thirty days after it."""
    cutoffs = {"fit": ["2023-05-01", "2023-06-01"], "test": ["2023-10-01"]}
    plan = plan_cutoffs(world(target={"horizon_days": 40}, cutoffs=cutoffs))
    assert plan.recent == instant("2023-07-01")


@pytest.mark.parametrize("role", ["select", "calibrate"])
def test_a_later_role_tells_more_than_a_snapshot_without_an_outcome(role):
    cutoffs = {"fit": ["2023-05-01"], role: ["2023-07-01"], "test": ["2023-10-01"]}
    assert plan_cutoffs(world(target={"horizon_days": 40}, cutoffs=cutoffs)).recent is None


def test_labels_of_a_day_leave_no_midnight_for_one():
    cutoffs = {"fit": ["2023-05-01"], "test": ["2023-10-01"]}
    assert plan_cutoffs(world(target={"horizon_days": 1}, cutoffs=cutoffs)).recent is None


def test_more_snapshots_to_fit_on_go_back_by_a_step_as_far_as_there_is_history():
    settings = {"target": {"horizon_days": 30}, "cutoffs": {"at_most": 50, "step_days": 100}}
    plan = plan_cutoffs(world(**settings))
    assert days(plan)["fit"] == ["2023-02-15", "2023-05-26", "2023-09-03"]


def test_where_three_roles_fit_the_last_before_the_test_calibrates():
    plan = plan_cutoffs(world(target={"horizon_days": 80}))
    assert days(plan) == {
        "fit": ["2023-04-06", "2023-05-06"],
        "select": [],
        "calibrate": ["2023-07-25"],
        "test": ["2023-10-13"],
    }
    assert plan.notes == ("select has no cutoff of its own: done on fit, cross-fitted by customer",)


def test_where_two_roles_fit_the_plan_says_what_it_merges():
    plan = plan_cutoffs(world(target={"horizon_days": 120}))
    assert [role for role, cutoffs in days(plan).items() if cutoffs] == ["fit", "test"]
    assert plan.notes == (
        "select and calibrate have no cutoff of their own: done on fit, cross-fitted by customer",
    )


def test_labels_shorter_than_the_horizon_are_said_with_the_factor():
    plan = plan_cutoffs(world(target={"horizon_days": 90, "label_days": 30}))
    assert plan.notes == (
        "labels of 30 days stand for a horizon of 90: money × 3.000, churn by how "
        "long silence lasts in BG/NBD or Pareto/NBD",
    )
    assert {role: length for role, _, length in plan.cutoffs()} == {
        "fit": 30,
        "select": 30,
        "calibrate": 30,
        "test": 90,
    }


def test_an_embargo_keeps_the_roles_further_apart():
    plan = plan_cutoffs(world(target={"horizon_days": 30, "embargo_days": 10}))
    assert days(plan)["test"] == ["2023-11-22"]
    assert days(plan)["calibrate"] == ["2023-10-13"]


@given(
    horizon=st.integers(1, 400),
    label=st.integers(1, 400),
    embargo=st.integers(0, 40),
    step=st.integers(1, 90),
    length=st.integers(1, 1500),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_planned_roles_are_midnights_in_order_whose_labels_end_in_time(
    horizon, label, embargo, step, length, zone
):
    target = {"horizon_days": max(horizon, label), "label_days": label, "embargo_days": embargo}
    starts = dt.datetime(2020, 1, 1, 10, 30)
    ends = (starts + dt.timedelta(days=length)).isoformat()
    data = world(starts.isoformat(), ends, zone, target=target, cutoffs={"step_days": step})
    try:
        plan = plan_cutoffs(data)
    except TimeError:
        return
    last_end = data.starts
    for role in ROLES:
        cutoffs = getattr(plan, role)
        if not cutoffs:
            continue
        assert min(cutoffs) >= last_end
        assert sorted(set(cutoffs)) == list(cutoffs)
        assert all(midnight_after(cutoff - 1, zone) == cutoff for cutoff in cutoffs)
        last_end = max(cutoffs) + (label + embargo) * DAY
    assert plan.fit
    assert max(plan.test) + (max(horizon, label) + embargo) * DAY <= data.ends


# --- as configured


def test_cutoffs_are_local_midnights():
    cutoffs = {"fit": [dt.date(2023, 3, 1)], "test": [dt.date(2023, 9, 1)]}
    plan = plan_cutoffs(world(zone="Europe/Berlin", cutoffs=cutoffs))
    assert plan.fit == (instant("2023-02-28T23:00"),)
    assert plan.test == (instant("2023-08-31T22:00"),)


def test_a_test_cutoff_alone_has_the_others_planned_before_it():
    plan = plan_cutoffs(
        world(target={"horizon_days": 30}, cutoffs={"test": [dt.date(2023, 7, 1)], "at_most": 1})
    )
    assert days(plan) == {
        "fit": ["2023-04-02"],
        "select": ["2023-05-02"],
        "calibrate": ["2023-06-01"],
        "test": ["2023-07-01"],
    }


def test_an_immature_cutoff_is_refused_with_the_newest_that_would_do():
    cutoffs = {"test": [dt.date(2023, 11, 1)]}
    with pytest.raises(
        TimeError,
        match=r"cutoff 2023-11-01 is immature: its 90 days, with an embargo of 5, end after the "
        r"data \(2023-12-31 23:59:59\); the newest that would do is 2023-09-28",
    ):
        plan_cutoffs(world(cutoffs=cutoffs, target={"embargo_days": 5}))
    cutoffs = {"test": [dt.date(2023, 9, 28)]}
    assert plan_cutoffs(world(cutoffs=cutoffs, target={"embargo_days": 5})).test


@pytest.mark.parametrize("day", ["2022-12-31", "2023-01-01", "2024-01-01", "2025-06-01"])
def test_a_cutoff_outside_the_data_is_refused_with_their_range(day):
    cutoffs = {"test": [dt.date.fromisoformat(day)]}
    with pytest.raises(
        TimeError,
        match=rf"cutoff {day} is outside the data, which has orders from 2023-01-01 to 2023-12-31",
    ):
        plan_cutoffs(world(cutoffs=cutoffs))


def test_roles_that_overlap_are_refused_with_the_newest_that_would_do():
    cutoffs = {"fit": [dt.date(2023, 4, 1), dt.date(2023, 5, 1)], "test": [dt.date(2023, 7, 1)]}
    with pytest.raises(
        TimeError,
        match=r"the fit cutoff 2023-05-01 is too late: its labels end 2023-07-30, after the test "
        r"cutoff 2023-07-01; the newest that would do is 2023-04-02",
    ):
        plan_cutoffs(world(cutoffs=cutoffs))


def test_roles_in_the_wrong_order_are_refused():
    cutoffs = {
        "fit": [dt.date(2023, 6, 1)],
        "calibrate": [dt.date(2023, 3, 1)],
        "test": [dt.date(2023, 9, 1)],
    }
    with pytest.raises(TimeError, match=r"the fit cutoff 2023-06-01 is too late: .* calibrate"):
        plan_cutoffs(world(cutoffs=cutoffs))


def test_later_roles_without_fit_are_refused():
    with pytest.raises(TimeError, match=r"cutoffs\.fit is missing; name it with select and cali"):
        plan_cutoffs(world(cutoffs={"calibrate": [dt.date(2023, 3, 1)]}))


def test_history_shorter_than_a_horizon_is_refused():
    with pytest.raises(
        TimeError,
        match=r"history is too short: orders from 2023-01-01 to 2023-03-31 23:59:59 leave nothing "
        r"before a horizon of 90 days; shorten horizon_days",
    ):
        plan_cutoffs(world(ends="2023-04-01"))


def test_history_too_short_to_learn_from_is_refused_with_advice_that_helps():
    short = {"starts": "2023-01-01T10:00", "ends": "2023-09-28"}
    with pytest.raises(
        TimeError, match=r"history is too short: .* test at 2023-07-01 or later, shorten horizon"
    ):
        plan_cutoffs(world(**short))
    with pytest.raises(TimeError, match="history is too short"):
        plan_cutoffs(world(**short, cutoffs={"test": [dt.date(2023, 6, 30)]}))
    longer = {**short, "ends": "2023-09-29"}
    assert days(plan_cutoffs(world(**longer, cutoffs={"test": [dt.date(2023, 7, 1)]})))["fit"]
