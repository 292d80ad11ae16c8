"""Verbs over the rows of a history before a cutoff.

Every verb returns a list of features, one a window. A verb over a column that the user's table
lacks returns none: what is absent is absent, not zero. Names tell provenance:
`orders__total_amount_90d` is the total of `amount` of `orders` in the 90 days before the cutoff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import ibis.expr.types as ir

from clvlens.histories import exact
from clvlens.histories.base import Feature
from clvlens.histories.exact import DAY

EVER = None  # the window without a beginning

Windows = Iterable[int | None]
Where = Callable[[ir.Table], ir.BooleanValue] | str | None
Aggregate = Callable[[exact.Kept], ir.Value]


@dataclass(frozen=True)
class Past:
    """The rows of one history that were known before the cutoff of their snapshot row.

    `table` has the history's columns, nulled where they became known later, and

    - `cutoff`, `event_time`: instants; `elapsed`: microseconds between them, always > 0;
    - `day` (local days since 1970-01-01), `weekday` (0 = Monday), `hour` of the event;
    - `is_event`: false for rows that only correct events, as refunds do;
    - `sequence` (1 = the customer's first event), `sequence_back` (1 = the latest) and `gap`
      (microseconds since the previous event), all of them null where `is_event` is false.
    """

    history: str
    noun: str
    table: ir.Table
    attributes: tuple[str, ...] = ()
    horizon_days: int = 365

    def has(self, *columns: str) -> bool:
        """Whether the user's table has all these columns."""
        return set(columns) <= set(self.table.columns)

    def derive(
        self, name: str, value: Callable[[ir.Table], ir.Value], *, needs: Iterable[str] = ()
    ) -> Past:
        """Return the past with one more column, unless it needs columns that are absent."""
        if not self.has(*needs):
            return self
        return replace(self, table=self.table.mutate(**{name: value(self.table)}))

    def count(
        self,
        name: str = "count",
        *,
        windows: Windows = (EVER,),
        where: Where = None,
        noun: str | None = None,
    ) -> list[Feature]:
        """Number of events; 0 for customers without any."""
        noun = noun or self.noun
        return self._windowed(
            name, f"number of {noun}", noun, self._counted, windows, where, empty=0
        )

    def total(
        self,
        column: str,
        *,
        windows: Windows = (EVER,),
        where: Where = None,
        unit: str = "money",
        meaning: str | None = None,
    ) -> list[Feature]:
        """Sum of a column; 0 for customers without any event."""
        return self._windowed(
            f"total_{column}",
            meaning or f"total {column} of {self.noun}",
            unit,
            lambda kept: exact.total(self.table[column], kept),
            windows,
            where,
            needs=(column,),
            empty=0,
        )

    def mean(
        self, column: str, *, windows: Windows = (EVER,), where: Where = None, unit: str = "money"
    ) -> list[Feature]:
        """Mean of a column over the events that have it; missing without any."""
        return self._windowed(
            f"mean_{column}",
            f"mean {column} of {self.noun}",
            unit,
            lambda kept: exact.mean(self.table[column], kept),
            windows,
            where,
            needs=(column,),
        )

    def spread(
        self, column: str, *, windows: Windows = (EVER,), where: Where = None, unit: str = "money"
    ) -> list[Feature]:
        """Standard deviation (n - 1) of a column; missing below two events."""
        return self._windowed(
            f"sd_{column}",
            f"standard deviation of {column} of {self.noun}",
            unit,
            lambda kept: exact.deviation(self.table[column], kept),
            windows,
            where,
            needs=(column,),
        )

    def largest(
        self, column: str, *, windows: Windows = (EVER,), where: Where = None, unit: str = "money"
    ) -> list[Feature]:
        """Maximum of a column; missing without any event."""
        return self._windowed(
            f"max_{column}",
            f"largest {column} of {self.noun}",
            unit,
            lambda kept: exact.real(self.table[column].max(where=kept)),
            windows,
            where,
            needs=(column,),
        )

    def share(
        self,
        flag: str,
        *,
        windows: Windows = (EVER,),
        where: Where = None,
        meaning: str | None = None,
    ) -> list[Feature]:
        """Share of the events for which a flag is true, among those that have it."""
        return self._windowed(
            f"{flag}_share",
            meaning or f"share of {self.noun} that are {flag}",
            "share",
            lambda kept: exact.mean(self.table[flag].cast("int64"), kept),
            windows,
            where,
            needs=(flag,),
        )

    def ratio(
        self, name: str, part: str, whole: str, *, windows: Windows = (EVER,), where: Where = None
    ) -> list[Feature]:
        """Total of one column over the total of another; missing where the latter is not > 0."""

        def share(kept: exact.Kept) -> ir.Value:
            return exact.over(*(exact.total(self.table[column], kept) for column in (part, whole)))

        meaning = f"total {part} over total {whole} of {self.noun}"
        return self._windowed(name, meaning, "share", share, windows, where, needs=(part, whole))

    def distinct(
        self,
        column: str,
        name: str | None = None,
        *,
        windows: Windows = (EVER,),
        where: Where = None,
        unit: str | None = None,
    ) -> list[Feature]:
        """Number of different values of a column; 0 for customers without any event."""
        return self._windowed(
            name or f"distinct_{column}",
            f"number of different {column} of {self.noun}",
            unit or column,
            lambda kept: self.table[column].nunique(where=kept),
            windows,
            where,
            needs=(column,),
            empty=0,
        )

    def since_last(self, name: str = "days_since_last", *, where: Where = None) -> list[Feature]:
        """Days from the latest event to the cutoff (recency in the RFM sense)."""
        value = exact.days(self.table.elapsed.min(where=self._kept(where)))
        return self.measure(name, f"days since the last of {self.noun}", "days", value)

    def since_first(self, name: str = "days_since_first", *, where: Where = None) -> list[Feature]:
        """Days from the earliest event to the cutoff."""
        value = exact.days(self.table.elapsed.max(where=self._kept(where)))
        return self.measure(name, f"days since the first of {self.noun}", "days", value)

    def gaps(self) -> list[Feature]:
        """Mean and spread of the days between events, and how late the next one is.

        `overdue` is days since the last event over the mean gap: 2 means that the customer has
        been silent for twice their usual time. All are missing below two events, the spread
        below three, `overdue` also where the gaps are 0.
        """
        between = f"days between {self.noun}"
        mean = exact.days(exact.mean(self.table.gap))
        spread = exact.days(exact.deviation(self.table.gap))
        silence = exact.days(self.table.elapsed.min(where=self.table.is_event))
        late = f"days since the last of {self.noun} over their mean gap"
        return [
            *self.measure("mean_gap", f"mean {between}", "days", mean),
            *self.measure("sd_gap", f"standard deviation of the {between}", "days", spread),
            *self.measure("overdue", late, "×", exact.over(silence, mean)),
        ]

    def trend(self, days: int, *, column: str | None = None, where: Where = None) -> list[Feature]:
        """(recent - before) / (recent + before) over two adjoining windows, from -1 to 1."""
        if column and not self.has(column):
            return []

        def size(inside: exact.Kept) -> ir.FloatingValue:
            kept = exact.both(self._kept(where), inside)
            return (
                exact.total(self.table[column], kept) if column else exact.real(self._counted(kept))
            )

        elapsed = self.table.elapsed
        late = size(elapsed <= days * DAY)
        early = size((elapsed > days * DAY) & (elapsed <= 2 * days * DAY))
        value = exact.over(late - early, late + early)
        what = f"{column} of {self.noun}" if column else self.noun
        meaning = f"change of {what}: last {days} days against the {days} before, as share of both"
        return self.measure(f"trend_{column or 'count'}_{days}d", meaning, "share", value)

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
        value = exact.plain(self.table[column].max(where=self.table.sequence_back == 1))
        meaning = meaning or f"{column} of the last of {self.noun}"
        return self.measure(name or f"last_{column}", meaning, unit, value)

    def measure(
        self, name: str, meaning: str, unit: str, value: ir.Value, *, empty: int | None = None
    ) -> list[Feature]:
        """Return a feature of the history's own making, from any aggregate over `table`."""
        return [Feature(f"{self.history}__{name}", meaning, unit, value, empty)]

    def _counted(self, kept: exact.Kept) -> ir.IntegerValue:
        return self.table.count(where=kept)

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
        if not self.has(*needs):
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
