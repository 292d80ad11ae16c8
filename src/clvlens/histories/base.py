"""What a history must say: its columns, its clocks, its features and its levers.

Inside clvlens an instant is an integer, microseconds since 1970-01-01 UTC; money and
numbers are exact decimals, so that a sum does not depend on the order of its terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import ibis.expr.types as ir

if TYPE_CHECKING:
    from clvlens.histories.decisions import Decision
    from clvlens.histories.past import Past

ColumnType = Literal["id", "text", "category", "time", "money", "number", "count", "flag"]

# What every past has beside the history's own columns.
RESERVED = frozenset(
    {"cutoff", "event_time", "elapsed", "day", "weekday", "hour"}
    | {"is_event", "is_latest", "sequence", "gap", "first_day", "next_time", "next_day"}
)

STORAGE: Mapping[ColumnType, str] = {
    "id": "string",
    "text": "string",
    "category": "string",
    "time": "int64",
    "money": "decimal(17, 4)",
    "number": "decimal(18, 6)",
    "count": "int64",
    "flag": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column of a history.

    `known_at` names the time column at which the value became known; before that instant it
    is null in every snapshot. A time column is its own clock. No clock means that the value
    is known with the row. Values below `least` are refused. `among` holds the values of a
    category that features tell apart; others may stand beside them. `instead` names columns of
    lines that together stand for a required one, as price and quantity do for an amount.
    """

    name: str
    type: ColumnType
    meaning: str
    required: bool = False
    known_at: str | None = None
    least: int | None = None
    among: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()

    @property
    def storage(self) -> str:
        """The engine's type for the column."""
        return STORAGE[self.type]


@dataclass(frozen=True)
class Feature:
    """One number or category per customer and cutoff.

    `expression` is an aggregate over a history's past; `empty` is the value for customers
    without any event in it (`None`: missing).
    """

    name: str
    meaning: str
    unit: str
    expression: ir.Value
    empty: int | None = None

    @property
    def is_category(self) -> bool:
        """Whether the feature is text, to be encoded before a model sees it."""
        return self.expression.type().is_string()


@dataclass(frozen=True)
class Lever:
    """A business action, and the features that measure it.

    `features` are names without their window, so that `orders__discount_share` stands for
    `orders__discount_share_90d` and `orders__discount_share_365d`. `decision` says how its effect
    is studied; without one it is only associated with value, and `why_not` says why.
    """

    name: str
    meaning: str
    features: tuple[str, ...]
    controllable: bool = True
    decision: Decision | None = None
    why_not: str = ""

    def measures(self, feature: str) -> bool:
        """Whether a feature, with any window, belongs to this lever."""
        return feature in self.features or stem_of(feature) in self.features


@dataclass(frozen=True)
class Lines:
    """How a table with several lines an event folds into one row an event.

    `columns` are those that only lines have; `fold` turns a table of lines with the history's
    columns and these into a table of events. Lines known at different times must not meet in
    one row, or the later ones would alter the past.
    """

    columns: tuple[Column, ...]
    fold: Callable[[ir.Table], ir.Table]

    def columns_of(self, history: History) -> tuple[Column, ...]:
        """Return the columns of a table of lines; the key is required there."""
        return tuple(
            replace(column, required=column.required or column.name == history.key)
            for column in history.columns + self.columns
        )


@dataclass(frozen=True)
class History:
    """A table of events of one kind: one row an event of one customer.

    `time` names the column with the instant of the event, `key` the column that tells a
    customer's events apart (it breaks ties between simultaneous ones). `is_event` says which
    rows are events where others only correct them, as refunds do. `lasting` rows tell of a state
    that holds until another row says otherwise, so that none is too old to be looked at.
    `example` holds three rows as a business would write them.
    """

    name: str
    meaning: str
    noun: str
    time: str
    columns: tuple[Column, ...]
    example: tuple[Mapping[str, object], ...]
    features: Callable[[Past], Iterable[Feature]]
    levers: tuple[Lever, ...] = ()
    key: str | None = None
    is_event: Callable[[ir.Table], ir.BooleanValue] | None = None
    lines: Lines | None = None
    required: bool = False
    lasting: bool = False
    attributes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        clocks = {column.known_at for column in self.columns if column.known_at}
        missing = (
            {"customer_id", self.time} | clocks | ({self.key} if self.key else set())
        ) - names
        if missing:
            raise ValueError(f"history {self.name} names columns it lacks: {sorted(missing)}")

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    def clock(self, column: Column) -> str | None:
        """Return the time column at which a value of `column` becomes known, if not the event's."""
        if column.name == self.time or column.known_at == self.time:
            return None
        return column.known_at or (column.name if column.type == "time" else None)

    def with_attributes(self, names: Iterable[str]) -> History:
        """Return the history with further category columns, as a configuration declares them."""
        names = tuple(names)
        extra = tuple(Column(name, "category", f"{name}, as declared") for name in names)
        return replace(self, columns=self.columns + extra, attributes=names)


def stem_of(feature: str) -> str:
    """Return a feature's name without its window.

    >>> stem_of("orders__count_90d"), stem_of("orders__mean_gap")
    ('orders__count', 'orders__mean_gap')
    """
    head, _, window = feature.rpartition("_")
    return head if window == "ever" or window.removesuffix("d").isdigit() else feature
