"""A history of the user's own, described in YAML alone.

redemptions:
  path: redemptions.csv
  custom:
    noun: redemptions
    time: redeemed_at
    columns: {campaign: category, value: money}
    aggregates:
      - {verb: count, windows: [30, ever]}
      - {verb: total, of: value, windows: [90]}
      - {verb: since_last, where: {campaign: summer}, name: summer}

Columns have types and, where they become known later than the row, a clock under `known_at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

import ibis.expr.types as ir
from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from clvlens.errors import nearest
from clvlens.histories.base import RESERVED, Column, ColumnType, Feature, History
from clvlens.histories.past import EVER, Past
from clvlens.histories.rows import Where
from clvlens.histories.strict import Scalar, Strict, listed

NUMBERS = ("money", "number", "count")
NAMES = ("id", "text", "category", "flag")

# The types of column that each verb is of; none for verbs over events alone.
OF: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("count", "since_last", "since_first", "gaps", "trend"), ()),
    **dict.fromkeys(("total", "mean", "median", "spread", "largest"), NUMBERS),
    **dict.fromkeys(("first", "last_known"), (*NUMBERS, "category")),
    "share": ("flag",),
    "distinct": (*NUMBERS, *NAMES),
}
WITHOUT_WHERE = ("first", "gaps")
WITHOUT_WINDOWS = ("since_last", "since_first", "first", "last_known", "gaps")

Verb = Literal[
    "count", "since_last", "since_first", "gaps", "trend", "total", "mean", "median", "spread",
    "largest", "first", "last_known", "share", "distinct",
]  # fmt: skip


class Aggregate(Strict):
    """One verb over the past: of which column, in which windows (days), of which rows.

    `name` tells aggregates over some rows from those over others.
    """

    verb: Verb
    of: str | None = None
    windows: tuple[PositiveInt | Literal["ever"], ...] = ()
    where: dict[str, Annotated[tuple[Scalar, ...], BeforeValidator(listed)]] = Field(
        default_factory=dict
    )
    name: str | None = Field(default=None, pattern="^[a-z][a-z0-9_]*$")

    @model_validator(mode="after")
    def _says_what_its_verb_can_do(self) -> Aggregate:
        if bool(OF[self.verb]) != (self.of is not None):
            raise ValueError(f"{self.verb} is {'of a column' if OF[self.verb] else 'of events'}; "
                             f"{'give' if OF[self.verb] else 'leave out'} of")  # fmt: skip
        if self.windows and self.verb in WITHOUT_WINDOWS:
            raise ValueError(f"{self.verb} is over the whole past; leave out windows")
        if self.where and self.verb in WITHOUT_WHERE:
            raise ValueError(f"{self.verb} is of all rows; leave out where")
        if self.verb == "trend" and (not self.windows or "ever" in self.windows):
            raise ValueError("trend compares two windows; give their days, such as [90]")
        if bool(self.where) != (self.name is not None):
            raise ValueError("give where and name together: the name tells which rows are meant")
        return self


class CustomHistory(Strict):
    """What a history must say: its time, its columns with types and clocks, its aggregates."""

    noun: str
    meaning: str = "As described in the configuration"
    time: str
    key: str | None = None
    columns: dict[str, ColumnType] = Field(default_factory=dict)
    known_at: dict[str, str] = Field(default_factory=dict)
    aggregates: tuple[Aggregate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _speaks_of_its_columns(self) -> CustomHistory:
        taken = (set(self.columns) | {self.time}) & (RESERVED | {"customer_id"})
        if taken:
            raise ValueError(f"columns: {', '.join(sorted(taken))} has its own meaning; rename it")
        types = {**self.columns, self.time: "time"}
        for column, clock in self.known_at.items():
            if column not in self.columns:
                raise ValueError(f"known_at: {column} is no column; {nearest(column, types)}")
            if types.get(clock) != "time":
                raise ValueError(f"known_at.{column}: {clock} is no column of type time")
        for place, aggregate in enumerate(self.aggregates):
            self._check(f"aggregates.{place}", aggregate)
        return self

    def _check(self, place: str, aggregate: Aggregate) -> None:
        wanted = dict.fromkeys(aggregate.where, NAMES)
        if aggregate.of is not None:
            wanted[aggregate.of] = OF[aggregate.verb]
        for column, types in wanted.items():
            if column not in self.columns:
                raise ValueError(
                    f"{place}: {aggregate.verb} speaks of {column!r}, which is no column; "
                    f"{nearest(column, self.columns)}"
                )
            if self.columns[column] not in types:
                raise ValueError(
                    f"{place}: {aggregate.verb} does not suit {column}, of type "
                    f"{self.columns[column]}; it wants {', '.join(types)}"
                )


def history_of(name: str, custom: CustomHistory) -> History:
    """Return the history that a configuration describes; it has no example and no levers."""
    own = {"customer_id", custom.time, custom.key}
    columns = [
        Column("customer_id", "id", "the customer", required=True),
        Column(custom.time, "time", "when it happened", required=True),
        *([Column(custom.key, "id", "tells rows apart")] if custom.key else []),
        *(
            Column(column, type_, f"{column}, as declared", known_at=custom.known_at.get(column))
            for column, type_ in custom.columns.items()
            if column not in own
        ),
    ]
    return History(
        name=name,
        meaning=custom.meaning,
        noun=custom.noun,
        time=custom.time,
        key=custom.key,
        columns=tuple(columns),
        example=(),
        features=lambda past: _features(past, custom),
    )


def _features(past: Past, custom: CustomHistory) -> Iterator[Feature]:
    for aggregate in custom.aggregates:
        for feature in _taken(past, custom, aggregate):
            yield _named(past, aggregate, feature)


def _taken(past: Past, custom: CustomHistory, aggregate: Aggregate) -> list[Feature]:
    verb, of, where = getattr(past, aggregate.verb), aggregate.of, _where(aggregate)
    windows = tuple(EVER if window == "ever" else window for window in aggregate.windows) or (EVER,)
    unit = "money" if of and custom.columns[of] == "money" else str(of)
    match aggregate.verb:
        case "gaps":
            return verb()
        case "since_last" | "since_first":
            return verb(where=where)
        case "trend":
            return [feature for days in windows for feature in verb(days, where=where)]
        case "count":
            return verb(windows=windows, where=where)
        case "share":
            return verb(of, windows=windows, where=where)
        case "first":
            return verb(of, unit=unit)
        case "last_known":
            return verb(of, where=where, unit=unit)
        case _:
            return verb(of, windows=windows, where=where, unit=unit)


def _where(aggregate: Aggregate) -> Where:
    """Return the condition that a column has one of some values, for all of the columns."""
    if not aggregate.where:
        return None

    def holds(t: ir.Table) -> ir.BooleanValue:
        kept = None
        for column, among in aggregate.where.items():
            texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in among]
            is_among = t[column].cast("string").isin(texts)
            kept = is_among if kept is None else kept & is_among
        return kept

    return holds


def _named(past: Past, aggregate: Aggregate, feature: Feature) -> Feature:
    if aggregate.name is None:
        return feature
    chosen = " and ".join(
        f"{column} is {' or '.join(map(str, among))}" for column, among in aggregate.where.items()
    )
    name = feature.name.removeprefix(f"{past.history}__")
    return replace(
        feature,
        name=f"{past.history}__{aggregate.name}_{name}",
        meaning=f"{feature.meaning}, where {chosen}",
    )
