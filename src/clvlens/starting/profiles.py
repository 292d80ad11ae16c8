"""What a column of a raw table holds, as far as its values tell."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from clvlens.histories.base import ColumnType
from clvlens.panel.engine import Engine
from clvlens.starting.dressed import Dress, dress_of
from clvlens.starting.written import ISO, decimal_mark, is_flag, time_forms

SLICES, SLICE = 8, 1_000  # rows looked at: a tenth here, a tenth there, so that order misleads less
SHOWN = 60  # different values of a sample that are kept
MANY = 60  # values of a column that is a category whatever it is called
KINDS = 5_000  # values of a category that is called one, such as shops and kinds of goods
FEW = 3  # of what is sold, one buys one, two or three


@dataclass(frozen=True)
class Profile:
    """One column: exact numbers of rows, filled and different values, the rest from a sample.

    `readings` are the ways of reading it as a time, each as formats ("" where none is needed);
    `mark` is the decimal mark of numbers, `dress` what else is written with them; `top` the share
    of the commonest value.
    """

    name: str
    rows: int
    filled: int
    distinct: int
    values: tuple[str, ...]
    readings: tuple[tuple[str, ...], ...] = ()
    mark: str | None = None
    whole: bool = False
    low: float | None = None
    high: float | None = None
    median: float | None = None
    flag: bool = False
    dress: Dress | None = None
    top: float = 0.0
    commonest: str = ""

    @property
    def is_number(self) -> bool:
        """Whether every value of the sample is a number."""
        return self.mark is not None

    @property
    def is_code(self) -> bool:
        """Whether values could be those of a category: few, or words that repeat."""
        return 0 < self.distinct <= MANY and (not self.is_number or self.whole)

    @property
    def counts_pieces(self) -> bool:
        """Whether numbers look like how many of something, rather than money."""
        median = self.median
        return self.whole and median is not None and 0 < median <= FEW

    def suits(self, type_: ColumnType) -> bool:
        """Whether the values could be of a type of column."""
        match type_:
            case "time":
                return bool(self.readings)
            case "money" | "number":
                return self.is_number and not self.flag
            case "count":
                return self.is_number and self.whole and (self.low or 0) >= 0
            case "flag":
                return self.flag or (self.is_number and {self.low, self.high} <= {0.0, 1.0})
            case "id":
                strange = self.flag or self.dress or (self.is_number and not self.whole)
                return not strange and self.readings in ((), (("%Y%m%d",),))
            case "category":
                if self.is_number:
                    return self.whole and self.distinct <= KINDS
                return self.is_code or not (self.readings or self.flag)
            case _:
                return not self.is_number


def profile(engine: Engine, table: ir.Table) -> tuple[int, dict[str, Profile]]:
    """Return the number of rows of a raw table, and what its columns hold."""
    rows = engine.count(table)
    names = list(table.columns)
    aggregates = {f"f{i}": table[name].count() for i, name in enumerate(names)}
    aggregates |= {f"d{i}": table[name].approx_nunique() for i, name in enumerate(names)}
    numbers = engine.row(table.aggregate(**aggregates))
    filled, distinct = numbers[: len(names)], numbers[len(names) :]
    sample = _sample(engine, table, rows)
    return rows, {
        name: _profile(name, rows, filled[i], min(distinct[i], filled[i]), sample[name])
        for i, name in enumerate(names)
    }


def _sample(engine: Engine, table: ir.Table, rows: int) -> pd.DataFrame:
    if rows <= SLICES * SLICE:
        return engine.frame(table)
    starts = [rows * i // SLICES for i in range(SLICES)]
    return pd.concat([engine.frame(table.limit(SLICE, offset=start)) for start in starts])


def _profile(name: str, rows: int, filled: int, distinct: int, values: pd.Series) -> Profile:
    known = values.dropna()
    if known.empty:
        return Profile(name, rows, filled, distinct, ())
    common = known.astype(str).value_counts()
    base = Profile(
        name,
        rows,
        filled,
        distinct,
        tuple(str(value) for value in common.index[:SHOWN]),
        top=float(common.iloc[0] / len(known)),
        commonest=str(common.index[0]),
    )
    return Profile(**{**vars(base), **_content(known)})


def _content(known: pd.Series) -> dict[str, object]:
    """Return what a sample without gaps tells of type and size."""
    if pd.api.types.is_bool_dtype(known):
        return {"flag": True}
    if pd.api.types.is_datetime64_any_dtype(known):
        return {"readings": ((ISO,),)}
    if pd.api.types.is_numeric_dtype(known):
        return _of_numbers(known.astype(float), ".")
    texts = list(dict.fromkeys(known.astype(str)))
    mark = decimal_mark(texts)
    if mark is not None:
        plain = [text.replace(mark, ".") for text in known.astype(str)]
        return _of_numbers(pd.Series(plain).astype(float), mark)
    if readings := time_forms(texts):
        return {"readings": readings}
    if dress := dress_of(texts):
        numbers = pd.Series([dress.number(text) for text in known.astype(str)])
        return {**_of_numbers(numbers, dress.decimal), "dress": dress}
    return {"flag": is_flag(texts)}


def _of_numbers(numbers: pd.Series, mark: str) -> dict[str, object]:
    whole = bool((numbers % 1 == 0).all())
    days = [str(int(number)) for number in numbers.unique()[:1_000]] if whole else []
    eight = days and all(len(day) == 8 for day in days)
    return {
        "mark": mark,
        "whole": whole,
        "low": float(numbers.min()),
        "high": float(numbers.max()),
        "median": float(numbers.median()),
        "readings": time_forms(days) if eight else (),
    }
