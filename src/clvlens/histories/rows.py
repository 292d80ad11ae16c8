"""The rows of a history before a cutoff, single ones among them, and what verbs over them need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Self

import ibis.expr.types as ir

from clvlens.histories import exact
from clvlens.histories.base import Feature
from clvlens.histories.exact import DAY

EVER = None  # the window without a beginning

Windows = Iterable[int | None]
Where = Callable[[ir.Table], ir.BooleanValue] | str | None
Aggregate = Callable[[exact.Kept], ir.Value]


@dataclass(frozen=True)
class Rows:
    """The rows of one history that were known before the cutoff of their snapshot row.

    `table` has the history's columns, nulled where they became known later, and

    - `cutoff`, `event_time`: instants; `elapsed`: microseconds between them, always > 0;
    - `day` (local days since 1970-01-01), `weekday` (0 = Monday), `hour` of the event;
    - `is_event`: false for rows that only correct events, as refunds do; `is_latest`: true for
      the customer's last event;
    - `sequence` (1 = the customer's first event), `gap` (microseconds since the previous event),
      `first_day` (the local day of the first event) and `next_day` (that of the event after this
      one), all of them null where `is_event` is false.

    `lag` is how many microseconds after they happened the rows arrive.
    """

    history: str
    noun: str
    table: ir.Table
    attributes: tuple[str, ...] = ()
    horizon_days: int = 365
    lag: int = 0

    def has(self, *columns: str) -> bool:
        """Whether the user's table has all these columns."""
        return set(columns) <= set(self.table.columns)

    def derive(
        self, name: str, value: Callable[[ir.Table], ir.Value], *, needs: Iterable[str] = ()
    ) -> Self:
        """Return the past with one more column, unless it needs columns that are absent."""
        if not self.has(*needs):
            return self
        return replace(self, table=self.table.mutate(**{name: value(self.table)}))

    def measure(
        self, name: str, meaning: str, unit: str, value: ir.Value, *, empty: int | None = None
    ) -> list[Feature]:
        """Return a feature of the history's own making, from any aggregate over `table`."""
        return [Feature(f"{self.history}__{name}", meaning, unit, value, empty)]

    def first(self, column: str, *, unit: str = "money") -> list[Feature]:
        """Value of a column at the customer's first event."""
        if not self.has(column):
            return []
        value = exact.plain(self.table[column].max(where=self.table.sequence == 1))
        meaning = f"{column} of the first of {self.noun}"
        return self.measure(f"first_{column}", meaning, unit, value)

    def latest(
        self,
        column: str,
        name: str | None = None,
        *,
        unit: str = "money",
        meaning: str | None = None,
    ) -> list[Feature]:
        """Value of a column at the customer's latest event."""
        if not self.has(column):
            return []
        value = exact.plain(self.table[column].max(where=self.table.is_latest))
        meaning = meaning or f"{column} of the last of {self.noun}"
        return self.measure(name or f"last_{column}", meaning, unit, value)

    def last_known(
        self,
        column: str,
        name: str | None = None,
        *,
        where: Where = None,
        unit: str = "money",
        meaning: str | None = None,
    ) -> list[Feature]:
        """Value of a column at the latest of those events that have it."""
        if self._lacks(where, column):
            return []
        value = self.table[column]
        kept = exact.both(value.notnull(), self._kept(where))
        latest = exact.plain(value.argmax(self.table.sequence, where=kept))
        meaning = meaning or f"{column} of the last of {self.noun} that has one"
        return self.measure(name or f"last_{column}", meaning, unit, latest)

    def _lacks(self, where: Where, *columns: str) -> bool:
        """Whether the user's table lacks a column, or the flag that says which rows are meant."""
        return not self.has(*columns, *([where] if isinstance(where, str) else []))

    def _kept(self, where: Where) -> exact.Kept:
        if where is None:
            return None
        return self.table[where] if isinstance(where, str) else where(self.table)

    def _windowed(
        self,
        name: str,
        meaning: str,
        unit: str,
        aggregate: Aggregate,
        windows: Windows,
        where: Where = None,
        *,
        needs: Iterable[str] = (),
        empty: int | None = None,
    ) -> list[Feature]:
        if self._lacks(where, *needs):
            return []
        features = []
        for window in dict.fromkeys(windows):
            inside = None if window is EVER else self.table.elapsed <= window * DAY
            span = "ever" if window is EVER else f"{window}d"
            when = "" if window is EVER else f" in the last {window} days"
            features.append(
                Feature(
                    f"{self.history}__{name}_{span}",
                    meaning + when,
                    unit,
                    aggregate(exact.both(self._kept(where), inside)),
                    empty,
                )
            )
        return features
