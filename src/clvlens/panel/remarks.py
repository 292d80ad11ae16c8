"""What is odd in the data and no reason to refuse them: counted, so that nothing is silent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from clvlens.histories.base import Column, History
from clvlens.histories.exact import DAY
from clvlens.panel.engine import Engine

EARLIEST, LATEST = -2_208_988_800_000_000, 7_258_118_400_000_000  # 1900 and 2200
LARGE = 1_000_000_000  # of money in one row
NOTHING = ("na", "n/a", "nan", "nil", "none", "null", "unknown", "undefined", "-", "?")
FORMULA = r"^(?:[=@\t\r]|[+-].*[^0-9.,+-])"  # what a spreadsheet would compute


@dataclass(frozen=True)
class Remark:
    """Something odd in a table, and how many rows it concerns where it concerns rows.

    `lost` is the share of the table's rows that are not read because of it.
    """

    table: str
    problem: str
    column: str | None = None
    rows: int | None = None
    lost: float = 0.0

    def __str__(self) -> str:
        where = f"{self.table}.{self.column}" if self.column else self.table
        return f"{where}: {self.problem}"


def report(remarks: Iterable[Remark]) -> pd.DataFrame:
    """Return the data-quality report: `table`, `column`, `rows`, `problem`, one row a remark."""
    columns = ["table", "column", "rows", "problem"]
    frame = pd.DataFrame([asdict(remark) for remark in remarks], columns=columns)
    return frame.astype({"rows": "Int64"})


def rows_of(count: int) -> str:
    """Return a number of rows in words.

    >>> rows_of(1), rows_of(2000)
    ('1 row', '2,000 rows')
    """
    return "1 row" if count == 1 else f"{count:,} rows"


def is_strange_time(instant: ir.IntegerValue) -> ir.BooleanValue:
    """Return which instants are no time of a business: 0001-01-01, 9999-12-31."""
    return (instant < EARLIEST) | (instant >= LATEST)


def remarks_on(
    engine: Engine, history: History, columns: Iterable[Column], events: ir.Table
) -> tuple[Remark, ...]:
    """Count what is odd in one history's typed rows, in one pass."""
    columns = [column for column in columns if column.name in events.columns]
    tests = {
        **{("void", c): events[c.name].isnull().all() for c in columns if not c.required},
        **{("large", c): _count(events[c.name].abs() >= LARGE) for c in columns
           if c.type == "money"},
        **{("unpaid", c): ~(events[c.name] > 0).any() for c in columns
           if c.type == "money" and c.required},
        **{("other", c): _count(~events[c.name].isin(c.among)) for c in columns
           if len(c.among) > 1},
        **{("early", c): _count(events[c.name] < events[history.time])
           for c in columns if _ends_something(history, c) and history.time in events.columns},
    }  # fmt: skip
    if not tests:
        return ()
    total = events.count().name("total")
    named = {f"n{i}": test for i, test in enumerate(tests.values())}
    counts = engine.row(events.aggregate(total, **named))
    found = zip(tests, counts[1:], strict=True)
    return tuple(
        _remark(history, kind, column, int(count), counts[0])
        for (kind, column), count in found
        if count
    )


def _count(which: ir.BooleanValue) -> ir.IntegerScalar:
    return which.cast("int64").sum().fill_null(0)


def _ends_something(history: History, column: Column) -> bool:
    """Whether a time says when something was over that began with the row."""
    late = column.type == "time" and history.clock(column) == column.name
    return late and history.name != "customers"  # an address may be known before the sign-up


def _remark(history: History, kind: str, column: Column, count: int, total: int) -> Remark:
    if kind == "void":
        return Remark(history.name, f"no value in {rows_of(total)}; it tells nothing", column.name)
    if kind == "unpaid":
        problem = f"none above zero in {rows_of(total)}; are column and sign right?"
        return Remark(history.name, problem, column.name)
    share = f"{count:,} of {rows_of(total)}"
    problem = {
        "large": f"{share} of {LARGE:,} or more in size; are unit and currency right?",
        "other": f"{share} hold none of the values that features tell apart "
        f"({', '.join(column.among)}); write them so where you mean them",
        "early": f"{share} are before {history.time}; the time between them is not used",
    }[kind]
    return Remark(history.name, problem, column.name, count)


def remarks_on_ids(engine: Engine, tables: Mapping[str, ir.Table]) -> tuple[Remark, ...]:
    """Count the customer ids that may be mistakes: none is changed, and none shown."""
    ids = _distinct_ids(engine, tables)
    which = {
        "words for nothing such as NA, taken for the names of customers":
            ids.customer_id.lower().strip().isin(NOTHING),
        "formulas to a spreadsheet, written with an apostrophe before them":
            ids.customer_id.re_search(FORMULA),
    }  # fmt: skip
    found = engine.row(ids.aggregate(**{f"n{i}": _count(w) for i, w in enumerate(which.values())}))
    counts = dict(zip(which, found, strict=True))
    alike = ids.group_by(same=engine.alike(ids.customer_id)).aggregate(n=ids.count())
    twins = alike.filter(alike.n > 1)
    counts["ids that another resembles but for case, spaces or accents, not taken for the same"] = (
        engine.row(twins.aggregate(n=twins.n.sum().fill_null(0)))[0]
    )
    return tuple(
        Remark("all tables", f"{what}: {count:,}", "customer_id",
               int(count))
        for what, count in counts.items() if count
    )  # fmt: skip


def _distinct_ids(engine: Engine, tables: Mapping[str, ir.Table]) -> ir.Table:
    ids = [table.select("customer_id").distinct() for table in tables.values()]
    return engine.keep((ids[0] if len(ids) == 1 else ibis.union(*ids)).distinct())


def shape(text: str) -> str:
    """Return what an id looks like, without telling which it is.

    >>> shape("AB-007é")
    'aa-999a'
    """
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", text[:20]))


def remarks_on_span(
    name: str, last: int | None, orders_last: int, most_days: int
) -> tuple[Remark, ...]:
    """Return a remark where a table ends long before the orders do."""
    if last is None or orders_last - last <= most_days * DAY:
        return ()
    days = (orders_last - last) // DAY
    return (Remark(name, f"its newest row is {days:,} days older than the newest order"),)
