"""Rows of any history, drawn so that ties, bounds of windows and late clocks are common."""

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from tests.support.business import instant
from tests.support.laboratory import DAY, TIME_ZONE, Row

from clvlens.histories.base import Column, History

HOUR = DAY // 24

# The mornings around both changes of the clocks, New Year, and a time that is no midnight.
CUTOFFS = [
    instant(when, TIME_ZONE)
    for when in ("2024-03-31", "2024-04-01", "2024-10-28", "2025-01-01", "2024-07-15T13:30")
]
WINDOWS = (30, 45, 60, 90, 180, 305, 365)
BOUNDS = [days * DAY + more for days in WINDOWS for more in (0, 1)]

MONEY = [Decimal(text) for text in ("0", "10", "12.5", "0.01", "99999.99", "250000", "-5", "-12.5")]
SPANS = st.sampled_from([1, HOUR, DAY, *BOUNDS]) | st.integers(1, 800 * 24).map(lambda h: h * HOUR)
VALUES = {
    "id": st.sampled_from(["1", "2"]),  # what several rows have in common
    "text": st.sampled_from(["web", "shop", "phone"]),
    "category": st.sampled_from(["web", "shop", "phone"]),
    "money": st.sampled_from(MONEY),
    "number": st.sampled_from([Decimal("0.5"), Decimal("3"), Decimal("1.25")]),
    "count": st.sampled_from([0, 1, 2, 5]),
    "flag": st.booleans(),
}


def before(cutoff: int) -> SearchStrategy[int]:
    return SPANS.map(lambda span: cutoff - span)


def timed(history: History, times: SearchStrategy[int]) -> SearchStrategy[int | None]:
    """Return times of events, with nulls where rows may be timeless."""
    return times if history.column(history.time).required else st.none() | times


def from_on(cutoff: int) -> SearchStrategy[int]:
    return (SPANS | st.just(0)).map(lambda span: cutoff + span)


def values(column: Column, times: SearchStrategy[int]) -> SearchStrategy:
    """Return values of a column, with nulls where it may have them."""
    among = st.sampled_from((*column.among, "other")) if column.among else None
    some = times if column.type == "time" else among or VALUES[column.type]
    if column.least is not None:
        some = some.filter(lambda value: value >= column.least)
    return some if column.required else st.none() | some


@st.composite
def rows_of(
    draw: DrawFn,
    history: History,
    customer: str,
    happened: SearchStrategy[int | None],
    known: SearchStrategy[int],
    *,
    keys: str = "",
    keyed: bool = False,
    most: int = 5,
) -> list[Row]:
    """Draw a customer's rows, each with a key of its own or, unless all are keyed, none.

    Late values become `known`.
    """
    if history.key == "customer_id":
        most = 1
    rows = []
    for number in range(draw(st.integers(0, most))):
        row = {}
        for column in history.columns:
            own = st.just(f"{keys}{number}") if keyed else st.none() | st.just(f"{keys}{number}")
            given = {history.key: own, history.time: happened, "customer_id": st.just(customer)}
            row[column.name] = draw(given.get(column.name) or values(column, known))
        rows.append(row)
    return rows
