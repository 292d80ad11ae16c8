"""The season: what a business sells at a time of the year, beside what BTYD expects of its age.

BTYD knows when customers came and how they age, and no calendar. So orders of a week over those
that it expects of all who came before it are an index in which growth and ageing have cancelled
out, and what is left, beside the year around it, is the time of the year. That is the tracking
plot of Fader, Hardie and Lee (2005), "Counting your customers the easy way", read as a seasonal
index by its ratio to a moving average (Hyndman and Athanasopoulos 2021, chapter 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import pandas as pd

from clvlens.histories.exact import DAY
from clvlens.models.btyd_distributions import ParetoNbd
from clvlens.models.rows import Floats
from clvlens.panel.tracked import DAYS

WEEKS = 52  # a year that keeps the days of the week
YOUNG = 13  # weeks from the first order on, when nearly everybody is new, tell of no season
MISS = 0.04  # of a window's index, as a logarithm: BTYD misses as much where there is no season
NEAR = (-14, 7)  # days from a holiday on whose sales are its own: gifts are bought before it
SAME = 60  # days by which a holiday may move from one year to the next
CLUSTERED = 2.0  # times the variance of orders that come one by one: the same customers order them
MOST = float(np.log(3))  # no season sells three times what another does, as far as is believed


@dataclass(frozen=True)
class Season:
    """Orders of customers who were there already, by week, `bought` and `expected`.

    The newest week ends at the instant `ends`, in µs UTC. `holidays` are instants of days that
    move from year to year, a list a holiday.
    """

    ends: int
    bought: tuple[float, ...]
    expected: tuple[float, ...]
    holidays: tuple[tuple[int, ...], ...] = ()

    def ahead(self, cutoff: int, days: float) -> float:
        """Return the logarithm of how much more `days` from a cutoff sell than others of a year.

        Theirs is the index of the same days of the year before, or of as many years before as it
        takes until all are known, over that of the year around them, in which what BTYD
        misses of all seasons cancels out. 0 where those days are too young. It is believed as far
        as its square is more than what chance and BTYD's misses make of none (Wiener 1949).
        """
        known, weeks = len(self.bought), days / DAYS
        begins = known + (cutoff - self.ends) / (DAYS * DAY)
        years = int(max(1, np.ceil((begins + weeks - known) / WEEKS)))
        begins -= WEEKS * years
        if begins < YOUNG:
            return 0.0
        year = float(np.clip(begins + (weeks - WEEKS) / 2, YOUNG, known - WEEKS))
        same = self._same(cutoff + np.arange(days) * DAY, years)
        bought, expected = self._sums(known + (same - self.ends) / (DAYS * DAY), 1 / DAYS)
        usual, foreseen = self._sums(np.array([year]), WEEKS)
        if min(bought, expected, usual, foreseen) <= 0:
            return 0.0
        found = float(np.log(bought / expected) - np.log(usual / foreseen))
        noise = MISS**2 + CLUSTERED / bought
        return float(np.clip(found * found**2 / (found**2 + noise), -MOST, MOST))

    def _same(self, days: Floats, years: int) -> Floats:
        """Return the days of so many years before that days, as instants, are like.

        Days near a holiday are like those as near to it then. Others are as many weeks before; if
        that was near a holiday then, they are like the same day of the nearest week that was not.
        """
        back = years * WEEKS * DAYS * DAY
        found, moved = days - back, np.zeros(len(days), dtype=bool)
        then = [(day, _nearest(day - back, dates)) for dates in self.holidays for day in dates]
        then = [(day, old) for day, old in then if old is not None and old < self.ends]
        for day, old in then:
            near = _near(days, day) & ~moved
            found[near] += old - (day - back)
            moved |= near
        for _, old in then:
            leaking = _near(found, old) & ~moved
            first, last = (old + edge * DAY for edge in NEAR)
            later = np.ceil((last + 1 - found) / (DAYS * DAY))
            earlier = np.ceil((found - first + 1) / (DAYS * DAY))
            weeks = np.where(later < earlier, later, -earlier)
            found = np.where(leaking, found + weeks * DAYS * DAY, found)
        return found

    def _sums(self, begins: Floats, weeks: float) -> tuple[float, float]:
        """Return what was bought and expected in so many weeks from each of several places on."""
        edges = np.arange(len(self.bought) + 1)
        sums = [np.cumsum([0.0, *weekly]) for weekly in (self.bought, self.expected)]
        bought, expected = (
            float((np.interp(begins + weeks, edges, total) - np.interp(begins, edges, total)).sum())
            for total in sums
        )
        return bought, expected

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return {**asdict(self), "bought": [*self.bought], "expected": [*self.expected]}

    @classmethod
    def from_dict(cls, values: Mapping) -> Self:
        """Return the season that `to_dict` described."""
        weeks = {name: tuple(values[name]) for name in ("bought", "expected")}
        holidays = tuple(tuple(dates) for dates in values.get("holidays", ()))
        return cls(**{**values, **weeks, "holidays": holidays})


@dataclass(frozen=True)
class Swing:
    """A season as far as it is followed, beside that of the newest rows that were learned from."""

    season: Season
    learned: float
    followed: float

    def factor(self, cutoff: int, days: float) -> float:
        """Return how many times as much `days` from a cutoff sell."""
        return float(np.exp(self.followed * (self.season.ahead(cutoff, days) - self.learned)))

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return {**asdict(self), "season": self.season.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping) -> Self:
        """Return the swing that `to_dict` described."""
        return cls(**{**values, "season": Season.from_dict(values["season"])})


def fit_season(
    weekly: pd.DataFrame, purchases: ParetoNbd, holidays: Sequence[tuple[int, ...]] = ()
) -> Season | None:
    """Hold weekly orders against what BTYD expects of everybody who had come by then.

    `weekly` is what `panel.tracked.weekly_orders` returns. Nothing where no year is known beyond
    the first weeks.
    """
    if len(weekly) <= WEEKS + YOUNG:
        return None
    bought = weekly["repeats"].to_numpy(float)
    expected = np.convolve(weekly["newcomers"], _weekly(purchases, len(weekly)))[: len(weekly)]
    ends = int(weekly["ends"].iloc[-1])
    told = (tuple(bought.tolist()), tuple(expected.round(6).tolist()))
    return Season(ends, *told, tuple(holidays))


def _near(days: Floats, holiday: int) -> np.ndarray:
    first, last = (holiday + edge * DAY for edge in NEAR)
    return (days >= first) & (days <= last)


def _nearest(day: int, dates: Sequence[int]) -> int | None:
    """Return the date nearest to a day; nothing where none is as near as a holiday moves."""
    nearest = min(dates, key=lambda date: abs(date - day))
    return nearest if abs(nearest - day) <= SAME * DAY else None


def _weekly(purchases: ParetoNbd, weeks: int) -> Floats:
    """Return the orders expected of a newcomer in the week of the first order and those after."""
    nobody = np.zeros(1)
    ages = np.concatenate([[0.0], np.arange(weeks) + 0.5])  # they came in the middle of a week
    told = [float(purchases.expected_purchases(nobody, nobody, nobody, t)[0]) for t in ages[1:]]
    return np.diff([0.0, *told])
