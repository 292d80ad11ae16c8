import pytest
from tests.support.business import configure
from tests.support.trials import lever

from clvlens.histories.base import Lever
from clvlens.histories.decisions import Arm, Condition, Rows
from clvlens.levers.trials import Absent, Trial, run_trials
from clvlens.panel.world import read_world

CUSTOMERS = [
    {"customer_id": name, "signed_up_at": signed, "channel": channel}
    for name, signed, channel in (
        ("ann", "2024-01-01", "ads"),
        ("bob", "2024-01-01", "friend"),
        ("cas", "2024-01-11", "ads"),
        ("late", "2024-06-20", "ads"),
    )
]
ORDERS = [
    {"customer_id": name, "ordered_at": day, "amount": amount}
    for name, day, amount in (
        ("ann", "2024-01-01T00:00:00", 5),
        ("ann", "2024-02-20", 100),
        ("bob", "2024-01-05", 7),
        ("bob", "2024-04-01", 1000),
        ("late", "2024-06-30", 1),
    )
]
CALLS = [
    {"customer_id": "ann", "sent_at": "2024-01-31", "kind": "newsletter", "personalised": True},
    {"customer_id": "cas", "sent_at": "2024-02-20", "kind": "newsletter", "personalised": False},
    {"customer_id": "bob", "sent_at": "2024-03-10", "kind": "newsletter", "personalised": True},
]
MONTH = {"decided_at": "customers.signed_up_at + 30 days"}
ARM = Arm(history="messages", where={"kind": "newsletter"}, within_days=30)


def world_of(folder, **tables):
    tables = {"orders": ORDERS, "customers": CUSTOMERS, "messages": CALLS} | tables
    return read_world(configure(folder, tables, options={}))


def run(folder, days=60, tables=None, **settings) -> Trial | Absent:
    settings = {**MONTH, "arm": ARM, **settings}
    (found,) = run_trials(world_of(folder, **(tables or {})), [lever(**settings)], days)
    return found


def by_customer(trial: Trial, values) -> dict:
    return dict(zip(trial.customers.tolist(), values.tolist(), strict=True))


def test_everybody_eligible_is_followed_and_who_left_counts_with_nothing(tmp_path):
    """From 31 January on Ann buys for 100, Bob for nothing before 31 March, Cas for nothing."""
    found = run(tmp_path)
    assert by_customer(found, found.value) == {"ann": 100, "bob": 0, "cas": 0}
    assert by_customer(found, found.churned) == {"ann": 0, "bob": 1, "cas": 1}


def test_the_arm_is_what_came_in_the_window_from_time_zero_on(tmp_path):
    """Ann's newsletter comes at time zero itself, Bob's 39 days after it, Cas' ten."""
    found = run(tmp_path)
    assert by_customer(found, found.arm) == {"ann": 1, "bob": 0, "cas": 1}


def test_with_a_column_the_first_row_tells_the_arm_and_without_a_row_it_is_not_known(tmp_path):
    arm = ARM.model_copy(update={"column": "personalised", "among": (True,)})
    found = run(tmp_path, arm=arm)
    assert by_customer(found, found.arm) == {"ann": 1, "cas": 0}


def test_who_signed_up_too_late_for_a_whole_horizon_is_no_customer_of_the_cohort(tmp_path):
    found = run(tmp_path)
    assert "late" not in found.customers
    assert found.cohort == 3


def test_where_nobody_has_a_whole_horizon_the_lever_is_absent_with_the_reason(tmp_path):
    found = run(tmp_path, days=360)
    assert isinstance(found, Absent)
    assert "a decision needs 360 days after it" in found.reason


def test_covariates_stop_before_time_zero(tmp_path):
    """Orders at time zero are the future: at sign-up, Ann has none."""
    found = run(tmp_path, decided_at="customers.signed_up_at")
    assert "orders__count_ever" not in found.labels
    month = run(tmp_path)
    place = month.labels.index("orders__count_ever")
    assert by_customer(month, month.X[:, place]) == {"ann": 1, "bob": 1, "cas": 0}


def test_what_was_settled_with_the_decision_may_be_adjusted_for(tmp_path):
    found = run(tmp_path, decided_at="customers.signed_up_at", beside=("customers.channel",))
    place = found.labels.index("customers.channel=ads")
    assert by_customer(found, found.X[:, place]) == {"ann": 1, "bob": 0, "cas": 1}
    assert found.columns[place].history == "customers"


def test_only_those_who_fulfil_the_conditions_are_eligible(tmp_path):
    bought = (Condition(feature="orders__count_ever", above=0),)
    assert set(run(tmp_path, eligible=bought).customers) == {"ann", "bob"}
    never = (Condition(feature="orders__count_ever", below=1),)
    assert set(run(tmp_path, eligible=never).customers) == {"cas"}


def test_a_condition_on_a_feature_that_is_not_there_asks_nothing(tmp_path):
    there = (Condition(feature="subscriptions__active", above=0),)
    assert run(tmp_path, eligible=there).eligible == 3


def test_where_nobody_is_eligible_it_says_so(tmp_path):
    many = (Condition(feature="orders__count_ever", above=9),)
    assert run(tmp_path, eligible=many).reason == "nobody is eligible: everybody"


def test_an_event_is_tried_once_a_period_and_all_outcomes_end_together(tmp_path):
    """Charges fail for Ann in the second period; both trials end 60 days after the first begins."""
    charges = [
        {"customer_id": name, "attempted_at": day, "succeeded": works}
        for name, day, works in (
            ("ann", "2024-01-31", True), ("ann", "2024-02-10", False), ("bob", "2024-01-31", True)
        )
    ]  # fmt: skip
    arm = Arm(history="payments", within_days=10, column="succeeded", among=(True,))
    found = run(tmp_path, kind="event", arm=arm, periods=2, tables={"payments": charges})
    assert found.customers.tolist() == ["ann", "bob", "ann"]
    assert found.period.tolist() == [0, 0, 1]
    assert found.arm.tolist() == [1, 1, 0]
    assert found.value.tolist() == [100, 0, 100]
    assert found.eligible == 2


def test_of_an_event_time_zero_settles_who_is_eligible_and_one_outcome_is_theirs(tmp_path):
    """Ann and Bob had bought by 31 January, Cas buys after it; Bob orders again within the 60 days
    from then on only on 29 March, Ann on 20 February: neither left, whatever the period."""
    charges = [
        {"customer_id": name, "attempted_at": day, "succeeded": True}
        for name, day in (("ann", "2024-01-31"), ("bob", "2024-02-10"), ("ann", "2024-02-25"),
                          ("cas", "2024-02-25"))
    ]  # fmt: skip
    orders = [*ORDERS, *({"customer_id": name, "ordered_at": day, "amount": 1}
              for name, day in (("bob", "2024-03-29"), ("cas", "2024-02-12")))]  # fmt: skip
    arm = Arm(history="payments", within_days=10, column="succeeded", among=(True,))
    bought = (Condition(feature="orders__count_ever", above=0),)
    found = run(
        tmp_path, kind="event", arm=arm, periods=3, eligible=bought,
        tables={"payments": charges, "orders": orders},
    )  # fmt: skip
    assert found.customers.tolist() == ["ann", "bob", "ann"]
    assert found.period.tolist() == [0, 1, 2]
    assert found.churned.tolist() == [0, 0, 0]
    assert found.left.tolist() == pytest.approx([1, 5 / 6, 4 / 6])


def test_one_failure_among_several_occasions_is_a_failure(tmp_path):
    charges = [
        {"customer_id": "ann", "attempted_at": f"2024-02-0{day}", "succeeded": day != 3}
        for day in range(1, 5)
    ]
    arm = Arm(history="payments", within_days=30, column="succeeded", among=(True,))
    found = run(tmp_path, kind="event", arm=arm, tables={"payments": charges})
    assert found.arm.tolist() == [0]


def test_a_dose_is_in_hours_and_acts_by_doublings(tmp_path):
    tickets = [
        {"customer_id": name, "opened_at": "2024-01-31T10:00", "first_response_at": answered}
        for name, answered in (("ann", "2024-01-31T13:00"), ("bob", None))
    ]
    arm = Arm(history="tickets", within_days=1, until="first_response_at", hours=1)
    settings = {"decided_at": "tickets.opened_at", "kind": "intensity", "arm": arm}
    found = run(tmp_path, tables={"tickets": tickets}, **settings)
    assert found.customers.tolist() == ["ann"]
    assert found.arm.tolist() == [3]
    assert found.dose.tolist() == [2]
    assert found.target == 1


def test_a_time_kept_is_the_target_and_one_that_never_came_is_not(tmp_path):
    """Of Ann and Bob a delivery is promised by noon: Ann has it at noon, Bob never; Cas none."""
    orders = [
        {"customer_id": name, "ordered_at": "2024-02-01", "amount": 1, "promised_at": promised,
         "delivered_at": delivered}
        for name, promised, delivered in (
            ("ann", "2024-02-03T12:00", "2024-02-03T12:00"), ("bob", "2024-02-03T12:00", None),
            ("cas", None, "2024-02-02"), ("late", None, None),
        )
    ]  # fmt: skip
    rest = [{"customer_id": "late", "ordered_at": day, "amount": 1}
            for day in ("2024-01-01", "2024-06-30")]  # fmt: skip
    arm = Arm(history="orders", having=("promised_at",), within_days=1, until="delivered_at",
              by="promised_at")  # fmt: skip
    of = Rows(history="orders", having=("promised_at",))
    found = run(
        tmp_path, arm=arm, decided_at="orders.ordered_at", of=of,
        tables={"orders": [*orders, *rest]},
    )  # fmt: skip
    assert by_customer(found, found.arm) == {"ann": 1, "bob": 0}


def test_having_something_may_be_the_arm(tmp_path):
    arm = Arm(history="customers", having=("country",), within_days=1)
    countries = {"ann": "DE", "bob": None, "cas": None, "late": "DE"}
    customers = [{**row, "country": countries[row["customer_id"]]} for row in CUSTOMERS]
    found = run(
        tmp_path, arm=arm, decided_at="customers.signed_up_at", tables={"customers": customers}
    )
    assert by_customer(found, found.arm) == {"ann": 1, "bob": 0, "cas": 0}


def test_negative_controls_are_counted_over_the_horizon(tmp_path):
    control = Rows(history="messages", where={"personalised": True})
    found = run(tmp_path, negative_controls=(control,))
    counts = by_customer(found, found.controls["messages personalised True"])
    assert counts == {"ann": 1, "bob": 1, "cas": 0}


def test_a_lever_whose_tables_are_absent_says_what_to_give(tmp_path):
    found = run(tmp_path, arm=Arm(history="calls", where={"kind": "welcome"}))
    assert found.reason == "the tables lack calls.customer_id, calls.kind"


def test_a_lever_given_at_many_ages_is_tried_at_several_until_it_is_given(tmp_path):
    """At 30, 40 and 69 days: tried at 32 and 63 days, which Ann and Cas, treated, do not reach."""
    arm = ARM.model_copy(update={"within_days": 20})
    found = run(tmp_path, decided_at="customers.signed_up_at + usual age", arm=arm)
    assert found.ages == 2
    assert found.decided == "customers.signed_up_at + 32 to 63 days"
    rows = zip(found.customers, found.period, found.arm, strict=True)
    assert list(rows) == [("bob", 0, 0), ("bob", 1, 1), ("cas", 0, 1)]


def test_a_lever_nobody_was_given_is_absent(tmp_path):
    arm = ARM.model_copy(update={"where": {"kind": ("promo_code",)}})
    found = run(tmp_path, decided_at="customers.signed_up_at + usual age", arm=arm)
    assert found.reason == "nobody was given it"


def test_an_event_may_be_asked_for_to_the_end_of_the_horizon_beside_its_window(tmp_path):
    """Ann's charges come in days 0 to 9, 10 to 19 and 50 to 59 after her time zero."""
    charges = [
        {"customer_id": "ann", "attempted_at": day, "succeeded": True}
        for day in ("2024-01-31", "2024-02-10", "2024-03-25")
    ]
    arm = Arm(history="payments", within_days=10, column="succeeded", among=(True,))
    asked = lever(**MONTH, kind="event", arm=arm, periods=2, sustained=True)
    window, held = run_trials(world_of(tmp_path, payments=charges), [asked], 60)
    assert (window.is_held, held.is_held) == (False, True)
    assert window.period.tolist() == [0, 1]
    assert held.period.tolist() == [0, 1, 5]
    assert held.decision.periods == 6


@pytest.mark.parametrize(
    ("why", "reason"),
    [("", "no table records who was given it, and when"), ("nobody decides", "nobody decides")],
)
def test_a_lever_without_a_decision_is_absent_with_its_reason(tmp_path, why, reason):
    known = Lever("satisfaction", "what customers say", ("surveys__x",), why_not=why)
    (found,) = run_trials(world_of(tmp_path), [known], 60)
    assert found == Absent(known, reason)


def test_what_may_be_given_for_as_long_as_value_is_counted_is_not_studied(tmp_path):
    found = run(tmp_path, days=30)
    assert isinstance(found, Absent)
    assert found.reason == (
        "it may be given for 30 days, and value is counted for 30: give a longer "
        "levers.horizon_days"
    )
