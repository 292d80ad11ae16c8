"""Every feature of every history agrees with its retelling in plain Python."""

import math
from functools import cache, partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.histories import oracle, oracle_money, oracle_services
from tests.support.laboratory import (
    DAY,
    HORIZON_DAYS,
    TIME_ZONE,
    Laboratory,
    Row,
    Tables,
    open_laboratory,
)
from tests.support.strategies import CUTOFFS, before, from_on, rows_of, timed

from clvlens.histories import discover

HISTORIES = discover() | {"customers": discover()["customers"].with_attributes(["tier"])}
LATE = {"messages", "onboarding", "tickets", "payments", "carts"}  # they arrive two days late
TELL = {
    "orders": partial(oracle.orders, horizon=HORIZON_DAYS, zone=TIME_ZONE),
    "customers": oracle.customers,
    "messages": oracle.messages,
    "onboarding": oracle_services.onboarding,
    "tickets": oracle_services.tickets,
    "surveys": oracle_services.surveys,
    "bookings": oracle_services.bookings,
    "visits": partial(oracle_services.visits, zone=TIME_ZONE),
    "loyalty": oracle_services.loyalty,
    "payments": partial(oracle_money.payments, horizon=HORIZON_DAYS),
    "subscriptions": oracle_money.subscriptions,
    "carts": oracle_money.carts,
}
CUSTOMERS = ("ann", "bob")
KEYS = [(customer, cutoff) for customer in CUSTOMERS for cutoff in CUTOFFS]

every_history = pytest.mark.parametrize("name", HISTORIES)


def lag(name: str) -> int:
    return 2 * DAY if name in LATE else 0


@cache
def laboratory(*names: str) -> Laboratory:
    return open_laboratory([HISTORIES[name] for name in names], {name: lag(name) for name in names})


def told_again(tables: Tables, customer: str, cutoff: int) -> dict[str, object]:
    own = {
        name: [row for row in rows if row["customer_id"] == customer]
        for name, rows in tables.items()
    }
    known = {name: (own[name], HISTORIES[name].time, lag(name)) for name in own}
    found = oracle.tenure(known, cutoff)
    for name, rows in own.items():
        found |= TELL[name](rows, cutoff, lag(name))
    return found


@st.composite
def businesses(draw: st.DrawFn, *names: str) -> Tables:
    """Draw rows around several cutoffs: each is past for some and future for others."""
    moments = st.sampled_from(CUTOFFS).flatmap(lambda c: before(c) | from_on(c))
    keyed = draw(st.booleans())
    tables: dict[str, list[Row]] = {name: [] for name in names}
    for customer in CUSTOMERS:
        for name, rows in tables.items():
            happened = timed(HISTORIES[name], moments)
            how = {"keyed": keyed, "most": 8}
            rows += draw(rows_of(HISTORIES[name], customer, happened, moments, **how))
    return tables


def close(one: object, other: object) -> bool:
    if one is None or other is None or isinstance(one, str):
        return one == other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def assert_alike(tables: Tables) -> None:
    found = laboratory(*tables).features(tables, KEYS)
    wrong = {
        (*key, name): (found[key][name], expected)
        for key in KEYS
        for name, expected in told_again(tables, *key).items()
        if not close(found[key][name], expected)
    }
    assert wrong == {}


@every_history
def test_the_oracle_knows_every_feature_and_no_other(name):
    told = told_again({name: []}, "nobody", CUTOFFS[0]).keys() - {"tenure_days"}
    assert told == laboratory(name).feature_names(name)


@every_history
@settings(max_examples=25)
@given(data=st.data())
def test_every_feature_agrees_with_the_oracle(name, data):
    assert_alike(data.draw(businesses(name)))


@settings(max_examples=10)
@given(tables=businesses("orders", "customers", "messages"))
def test_histories_beside_each_other_say_the_same_and_tenure_is_of_the_first(tables):
    assert_alike(tables)
