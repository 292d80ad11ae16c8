"""Every feature of orders, customers and messages agrees with its retelling in plain Python."""

import math
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.histories import oracle
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

HISTORIES = {
    "orders": discover()["orders"],
    "customers": discover()["customers"].with_attributes(["tier"]),
    "messages": discover()["messages"],
}
LAGS = {"orders": 0, "customers": 0, "messages": 2 * DAY}
CUSTOMERS = ("ann", "bob")


@cache
def laboratory() -> Laboratory:
    return open_laboratory(HISTORIES.values(), LAGS)


def told_again(tables: Tables, customer: str, cutoff: int) -> dict[str, object]:
    own = {
        name: [row for row in rows if row["customer_id"] == customer]
        for name, rows in tables.items()
    }
    known = {name: (own[name], HISTORIES[name].time, LAGS[name]) for name in own}
    return {
        **oracle.tenure(known, cutoff),
        **oracle.orders(own["orders"], cutoff, LAGS["orders"], HORIZON_DAYS, TIME_ZONE),
        **oracle.customers(own["customers"], cutoff, LAGS["customers"]),
        **oracle.messages(own["messages"], cutoff, LAGS["messages"]),
    }


@st.composite
def businesses(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Draw rows around several cutoffs: each is past for some and future for others."""
    moments = st.sampled_from(CUTOFFS).flatmap(lambda c: before(c) | from_on(c))
    tables: dict[str, list[Row]] = {name: [] for name in HISTORIES}
    for customer in CUSTOMERS:
        for name, history in HISTORIES.items():
            happened = timed(history, moments)
            tables[name] += draw(rows_of(history, customer, happened, moments, most=8))
    return tables


def close(one: object, other: object) -> bool:
    if one is None or other is None or isinstance(one, str):
        return one == other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("history", HISTORIES)
def test_the_oracle_knows_every_feature_and_no_other(history):
    nothing = told_again({name: [] for name in HISTORIES}, "nobody", CUTOFFS[0])
    told = {name for name in nothing if name.startswith(f"{history}__")}
    assert told == laboratory().feature_names(history)


@settings(max_examples=60)
@given(tables=businesses())
def test_every_feature_agrees_with_the_oracle(tables):
    keys = [(customer, cutoff) for customer in CUSTOMERS for cutoff in CUTOFFS]
    found = laboratory().features(tables, keys)
    wrong = {
        (*key, name): (found[key][name], expected)
        for key in keys
        for name, expected in told_again(tables, *key).items()
        if not close(found[key][name], expected)
    }
    assert wrong == {}
