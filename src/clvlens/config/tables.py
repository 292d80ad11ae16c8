"""How the YAML describes tables: where they lie, what they are called, which rows count."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import parse_qs, urlsplit

import pandas as pd
from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from clvlens.histories.custom import CustomHistory
from clvlens.histories.strict import Scalar, Strict, listed


def _by_own_name(value: object) -> object:
    """Read a list of names as a mapping of each name to itself."""
    return {name: name for name in value} if isinstance(value, list | tuple) else value


def holds_password(url: str) -> bool:
    """Return whether a URL names a password.

    >>> holds_password("postgresql://me@host:5432/shop"), holds_password("postgresql://me:x@host/s")
    (False, True)
    """
    parts = urlsplit(url)
    return bool(parts.password) or "password" in parse_qs(parts.query)


class Rule(Strict):
    """Rows whose column has a value among these, lies above or below a number, or is filled."""

    column: str
    among: tuple[Scalar, ...] = ()
    above: float | None = None
    below: float | None = None
    filled: Literal[True] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Rule:
        given = (self.among or None, self.above, self.below, self.filled)
        if sum(test is not None for test in given) != 1:
            raise ValueError("give exactly one of among, above, below and filled")
        return self

    def __str__(self) -> str:
        if self.among:
            return f"{self.column} among {', '.join(map(str, self.among))}"
        if self.above is not None:
            return f"{self.column} > {self.above}"
        if self.below is not None:
            return f"{self.column} < {self.below}"
        return f"{self.column} is filled"


class Source(Strict):
    """Where rows come from: files, a file inside an installed package, or a database table.

    `database` is a file, or postgresql://user@host/name without its password.
    `sheet` is one of a spreadsheet's, the first by default; `encoding` and `delimiter` are of CSV.
    Of numbers, `decimal` is the decimal mark, `thousands` what parts thousands, and `sign` what
    stands beside amounts, such as €; `cents` says that amounts are in hundredths of the currency.
    From Python, `frame` is a table in memory.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    frame: pd.DataFrame | None = Field(default=None, exclude=True, repr=False)
    path: str | None = None
    package: str | None = None
    database: str | None = None
    table: str | None = None
    format: Literal["csv", "parquet", "padded", "xlsx"] | None = None
    sheet: str | None = None
    encoding: Literal["utf-8", "latin-1", "windows-1252", "utf-16"] = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    thousands: Literal[".", ",", "'", " "] | None = None
    sign: str | None = Field(default=None, min_length=1, max_length=5)
    cents: bool = False

    @model_validator(mode="after")
    def _names_one_place(self) -> Source:
        places = (self.path, self.database, self.frame)
        if sum(place is not None for place in places) != 1:
            raise ValueError("give either path (with package, for a packaged file) or database")
        if self.database is not None and self.table is None:
            raise ValueError("a database needs table, the name of the table in it")
        if holds_password(self.database or ""):
            raise ValueError("leave the password out of database, and set PGPASSWORD to it")
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are one mark; state thousands: '.' or another")
        return self


class Lookup(Source):
    """A join to another table that holds further columns, by a column that is unique there.

    `key` is what that table calls the column, where it has another name there.
    """

    by: str
    key: str | None = None


class TableConfig(Source):
    """One history's table: where it lies, what its columns are called, what a row is.

    `columns` maps our names to the table's; columns that bear our names need no entry, and those
    that do but mean something else are left out by `null`.
    `time_format` says how times are written where they are not ISO; of several, the first that
    fits. Several look-ups are joined one after the other. `attributes` names further columns to be
    taken as categories, as a list or with our names. Rows that repeat another whole are dropped and
    counted while they are few; `repeats: drop` says that many are copies too. `max_lag_days` is how
    long before the newest order the table may end. `currency` names the column with the currency of
    each row (default: `currency`, if there). `custom` describes a history that clvlens does not
    have.
    """

    columns: dict[str, str | None] = Field(default_factory=dict)
    attributes: Annotated[dict[str, str], BeforeValidator(_by_own_name)] = Field(
        default_factory=dict
    )
    time_format: Annotated[tuple[str, ...], BeforeValidator(listed)] = ()
    grain: Literal["event", "order", "line"] = "event"
    repeats: Literal["refuse", "drop"] = "refuse"
    lookup: Annotated[tuple[Lookup, ...], BeforeValidator(listed)] = ()
    keep: tuple[Rule, ...] = ()
    lag_days: float = Field(default=0, ge=0, le=3660)
    max_lag_days: int | None = Field(default=None, ge=0, le=3660)
    currency: str | None = None
    custom: CustomHistory | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_a_frame(cls, value: object) -> object:
        return {"frame": value} if isinstance(value, pd.DataFrame) else value
