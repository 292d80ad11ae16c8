import pytest
from pydantic import ValidationError
from tests.support.trials import decision

from clvlens.histories import discover
from clvlens.histories.decisions import Arm, Rows

DECIDED = [lever for h in discover().values() for lever in h.levers if lever.decision]
every_decision = pytest.mark.parametrize("lever", DECIDED, ids=lambda lever: lever.name)


def test_a_decision_falls_at_a_time_some_days_after_it_or_at_the_usual_age():
    assert decision(decided_at="carts.ended_at").zero == ("carts", "ended_at", 0)
    assert decision(decided_at="carts.ended_at + 2.5 days").zero == ("carts", "ended_at", 2.5)
    found = decision(decided_at="customers.signed_up_at + usual age")
    assert found.zero == ("customers", "signed_up_at", None)


def test_another_way_to_write_it_is_refused():
    with pytest.raises(ValidationError, match=r"'three weeks' cannot be read; write history\.col"):
        decision(decided_at="three weeks")


def test_a_decision_names_the_columns_without_which_nothing_can_be_said():
    found = decision(
        decided_at="carts.ended_at",
        of=Rows(history="carts", where={"autofilled": False}, without=("completed_at",)),
        arm=Arm(history="messages", where={"kind": "abandoned_cart"}, column="medium", among="sms"),
    )
    assert found.reads == {
        "carts.customer_id", "carts.ended_at", "carts.autofilled",
        "messages.customer_id", "messages.kind", "messages.medium",
    }  # fmt: skip


def test_sign_up_is_always_known():
    assert decision().reads == {"calls.customer_id"}


def test_rows_say_in_words_what_they_are():
    assert Rows(history="payments", where={"failure": ("limit", "policy")}).name == (
        "payments failure limit or policy"
    )


@pytest.mark.parametrize(
    ("arm", "problem"),
    [
        ({"column": "billing"}, "give column and among together"),
        ({"among": ["annual"]}, "give column and among together"),
        ({"until": "first_response_at"}, "give until with either hours or by"),
        ({"hours": 1}, "give until with either hours or by"),
        (
            {"column": "billing", "among": "annual", "until": "ended_at", "hours": 1},
            "give either column or until",
        ),
    ],
)
def test_an_arm_says_one_thing(arm, problem):
    with pytest.raises(ValidationError, match=problem):
        Arm(history="subscriptions", **arm)


def test_an_intensity_has_a_dose_and_nothing_else_has():
    dose = Arm(history="tickets", until="first_response_at", hours=1)
    with pytest.raises(ValidationError, match="an intensity has an arm with until and hours"):
        decision(arm=dose)
    with pytest.raises(ValidationError, match="an intensity has an arm with until and hours"):
        decision(kind="intensity")


def test_only_an_event_has_periods():
    with pytest.raises(ValidationError, match="periods are of events"):
        decision(periods=3)


@every_decision
def test_every_decision_reads_columns_that_exist(lever):
    for name in lever.decision.reads:
        history, column = name.split(".")
        assert column in {c.name for c in discover()[history].columns}, name


@every_decision
def test_every_decision_tells_values_that_its_columns_may_have(lever):
    for rows in (lever.decision.arm, lever.decision.of, *lever.decision.negative_controls):
        for column, among in rows.where.items() if rows else ():
            known = discover()[rows.history].column(column).among
            assert not known or set(among) <= set(known)


@every_decision
def test_every_decision_adjusts_for_nothing_that_is_known_later_than_its_row(lever):
    for name in lever.decision.beside:
        history, column = name.split(".")
        assert discover()[history].clock(discover()[history].column(column)) is None
        assert (history, column) != (lever.decision.arm.history, lever.decision.arm.column)
