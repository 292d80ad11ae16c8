"""Verbs over the rows of a history before a cutoff.

Every verb returns a list of features, one a window. A verb over a column that the user's table
lacks returns none: what is absent is absent, not zero. Names tell provenance:
`orders__total_amount_90d` is the total of `amount` of `orders` in the 90 days before the cutoff.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ibis.expr.types as ir

from clvlens.histories import exact
from clvlens.histories.base import Feature
from clvlens.histories.exact import DAY
from clvlens.histories.rows import EVER, Rows, Where, Windows


@dataclass(frozen=True)
class Past(Rows):
    """The rows of one history that were known before the cutoff, with verbs over them."""

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
            name,
            f"number of {noun}",
            noun,
            lambda kept: self.table.count(where=kept),
            windows,
            where,
            empty=0,
        )

    def counts(
        self, column: str, kinds: Iterable[str], *, windows: Windows = (EVER,)
    ) -> list[Feature]:
        """Number of events of each declared kind; 0 for customers without any."""
        if not self.has(column):
            return []
        return [
            feature
            for kind in kinds
            for feature in self.count(
                f"count_{kind}",
                windows=windows,
                where=lambda t, kind=kind: t[column] == kind,
                noun=f"{self.noun} whose {column} is {kind}",
            )
        ]

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
        self,
        column: str,
        *,
        windows: Windows = (EVER,),
        where: Where = None,
        unit: str = "money",
        per: int = 1,
        meaning: str | None = None,
    ) -> list[Feature]:
        """Mean of a column over the events that have it; missing without any.

        `per` is how much of the column makes one of the unit: `HOUR` for a wait in hours.
        """
        return self._windowed(
            f"mean_{column}",
            f"mean {meaning or f'{column} of {self.noun}'}",
            unit,
            lambda kept: exact.mean(self.table[column], kept) / float(per),
            windows,
            where,
            needs=(column,),
        )

    def median(
        self,
        column: str,
        *,
        windows: Windows = (EVER,),
        where: Where = None,
        unit: str = "money",
        per: int = 1,
        meaning: str | None = None,
    ) -> list[Feature]:
        """Median of a column, between the middle two if they are even in number."""
        return self._windowed(
            f"median_{column}",
            f"median {meaning or f'{column} of {self.noun}'}",
            unit,
            lambda kept: exact.real(self.table[column]).median(where=kept) / float(per),
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
        self,
        column: str,
        *,
        windows: Windows = (EVER,),
        where: Where = None,
        unit: str = "money",
        per: int = 1,
        meaning: str | None = None,
    ) -> list[Feature]:
        """Maximum of a column; missing without any event."""
        return self._windowed(
            f"max_{column}",
            f"largest {meaning or f'{column} of {self.noun}'}",
            unit,
            lambda kept: exact.real(self.table[column].max(where=kept)) / float(per),
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
        latest: str | None = None,
    ) -> list[Feature]:
        """Number of different values of a column; 0 for customers without any event.

        `latest` names the flag of a value's latest event, where there is one: in every window it
        is as often true as values differ, and flags are much cheaper to count than values.
        """
        return self._windowed(
            name or f"distinct_{column}",
            f"number of different {unit or column} of {self.noun}",
            unit or column,
            lambda kept: (
                self.table.count(where=exact.both(kept, self.table[latest]))
                if latest
                else self.table[column].nunique(where=kept)
            ),
            windows,
            where,
            needs=(column,),
            empty=0,
        )

    def since_last(self, name: str = "days_since_last", *, where: Where = None) -> list[Feature]:
        """Days from the latest event to the cutoff (recency in the RFM sense)."""
        if self._lacks(where):
            return []
        value = exact.days(self.table.elapsed.min(where=self._kept(where)))
        return self.measure(name, f"days since the last of {self.noun}", "days", value)

    def since_first(self, name: str = "days_since_first", *, where: Where = None) -> list[Feature]:
        """Days from the earliest event to the cutoff."""
        if self._lacks(where):
            return []
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
        if self._lacks(where, *([column] if column else [])):
            return []

        def size(inside: exact.Kept) -> ir.FloatingValue:
            kept = exact.both(self._kept(where), inside)
            if column:
                return exact.total(self.table[column], kept)
            return exact.real(self.table.count(where=kept))

        elapsed = self.table.elapsed
        late = size(elapsed <= days * DAY)
        early = size((elapsed > days * DAY) & (elapsed <= 2 * days * DAY))
        value = exact.over(late - early, late + early)
        what = f"{column} of {self.noun}" if column else self.noun
        meaning = f"change of {what}: last {days} days against the {days} before, as share of both"
        return self.measure(f"trend_{column or 'count'}_{days}d", meaning, "share", value)
