"""Whatever a business records at or after a cutoff, no bit of any feature changes."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reliability.table import tried
from tests.support.laboratory import Laboratory, Row, open_laboratory
from tests.support.strategies import CUTOFFS, before, from_on, rows_of, timed, values

from clvlens.histories import discover
from clvlens.histories.base import Column, History

pytestmark = pytest.mark.reliability
HISTORIES = list(discover().values())
LATE = [(h, c) for h in HISTORIES for c in h.columns if h.clock(c) is not None]
TWINS = 3  # customers an example, each with a twin of another future

few_examples = settings(max_examples=17)


@cache
def laboratory(name: str) -> Laboratory:
    return open_laboratory([discover()[name]])


@st.composite
def pasts(draw: st.DrawFn, history: History, *, keyed: bool) -> list[tuple[str, int, list[Row]]]:
    """Draw customers with a cutoff and rows that happened before it; some values came later."""
    drawn = []
    for number in range(TWINS):
        cutoff = draw(st.sampled_from(CUTOFFS))
        anytime = before(cutoff) | from_on(cutoff)
        happened = timed(history, before(cutoff))
        rows = draw(rows_of(history, str(number), happened, anytime, keyed=keyed))
        drawn.append((str(number), cutoff, rows))
    return drawn


def assert_alike(history: History, pasts: list, ones: list[Row], others: list[Row]) -> None:
    """Each customer's features are those of the twin, to the bit."""
    lab = laboratory(history.name)
    twins = [row | {"customer_id": f"twin of {row['customer_id']}"} for row in others]
    keys = [(customer, cutoff) for customer, cutoff, _ in pasts]
    keys += [(f"twin of {customer}", cutoff) for customer, cutoff in keys]
    found = lab.features({history.name: ones + twins}, keys)
    for customer, cutoff, _ in pasts:
        one, other = (found[who, cutoff] for who in (customer, f"twin of {customer}"))
        assert {name: _bits(value) for name, value in one.items()} == {
            name: _bits(value) for name, value in other.items()
        }


def _bits(value: object) -> object:
    return value.hex() if isinstance(value, float) else value


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
def test_rows_from_the_cutoff_on_change_nothing(history, record_property):
    count = 0

    @few_examples
    @given(data=st.data())
    def hold(data):
        nonlocal count
        keyed = data.draw(st.booleans())  # keys let places of events be found once for all cutoffs
        drawn = data.draw(pasts(history, keyed=keyed))
        past = [row for _, _, rows in drawn for row in rows]
        ones, others = (
            data.draw(futures(history, drawn, keys, keyed)) for keys in ("left", "right")
        )
        assert_alike(history, drawn, past + ones, past + others)
        count += 1

    hold()
    record_property(*tried("poisoned futures", f"rows of {history.name}", count))


@pytest.mark.parametrize(
    ("history", "column"), LATE, ids=[f"{history.name}-{column.name}" for history, column in LATE]
)
def test_a_value_not_known_before_the_cutoff_may_be_any_other(history, column, record_property):
    count = 0

    @few_examples
    @given(data=st.data())
    def hold(data):
        nonlocal count
        drawn = data.draw(pasts(history, keyed=data.draw(st.booleans())))
        ones = [row for _, _, rows in drawn for row in rows]
        others = [
            data.draw(rewritten(history, column, row, cutoff))
            for _, cutoff, rows in drawn
            for row in rows
        ]
        assert_alike(history, drawn, ones, others)
        count += 1

    hold()
    record_property(*tried("poisoned futures", f"{history.name}.{column.name}", count))


@st.composite
def futures(draw: st.DrawFn, history: History, drawn: list, keys: str, keyed: bool) -> list[Row]:
    """Draw what happens to the customers from their cutoffs on."""
    rows = []
    for customer, cutoff, known in drawn:
        if history.key != "customer_id" or not known:  # one row a customer is all there may be
            later = from_on(cutoff)
            rows += draw(rows_of(history, customer, later, later, keys=keys, keyed=keyed))
    return rows


def rewritten(history: History, column: Column, row: Row, cutoff: int) -> st.SearchStrategy[Row]:
    clock = row[history.clock(column)]
    if clock is not None and clock < cutoff:
        return st.just(row)
    return (st.none() | values(column, from_on(cutoff))).map(
        lambda value: {**row, column.name: value}
    )
