"""The season: what a business sells at a time of the year, beside what BTYD expects of its age.

BTYD knows when customers came and how they age, and no calendar. So orders of a week over those
that it expects of all who came before it are an index in which growth and ageing have cancelled
out, and what is left, beside the year around it, is the time of the year. That is the tracking
plot of Fader, Hardie and Lee (2005), "Counting your customers the easy way", read as a seasonal
index by its ratio to a moving average (Hyndman and Athanasopoulos 2021, chapter 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import pandas as pd

from clvlens.histories.exact import DAY
from clvlens.models.boosting import Floats
from clvlens.models.btyd_distributions import ParetoNbd
from clvlens.panel.tracked import DAYS

WEEKS = 52  # a year that keeps the days of the week
YOUNG = 13  # weeks from the first order on, when nearly everybody is new, tell of no season
MISS = 0.04  # of a window's index, as a logarithm: BTYD misses as much where there is no season
CLUSTERED = 2.0  # times the variance of orders that come one by one: the same customers order them
MOST = float(np.log(3))  # no season sells three times what another does, as far as is believed


@dataclass(frozen=True)
class Season:
    """Orders of customers who were there already, by week, `bought` and `expected`.

    The newest week ends at the instant `ends`, in µs UTC.
    """

    ends: int
    bought: tuple[float, ...]
    expected: tuple[float, ...]

    def ahead(self, cutoff: int, days: float) -> float:
        """Return the logarithm of how much more `days` from a cutoff sell than others of a year.

        Theirs is the index of the same days of the year before, or of as many years before as it
        takes until all are known, over that of the year around them, in which what BTYD
        misses of all seasons cancels out. 0 where those days are too young. It is believed as far
        as its square is more than what chance and BTYD's misses make of none (Wiener 1949).
        """
        known, weeks = len(self.bought), days / DAYS
        begins = known + (cutoff - self.ends) / (DAYS * DAY)
        begins -= WEEKS * max(1, np.ceil((begins + weeks - known) / WEEKS))
        if begins < YOUNG:
            return 0.0
        year = float(np.clip(begins + (weeks - WEEKS) / 2, YOUNG, known - WEEKS))
        bought, expected = self._sums(begins, begins + weeks)
        usual, foreseen = self._sums(year, year + WEEKS)
        if min(bought, expected, usual, foreseen) <= 0:
            return 0.0
        found = float(np.log(bought / expected) - np.log(usual / foreseen))
        noise = MISS**2 + CLUSTERED / bought
        return float(np.clip(found * found**2 / (found**2 + noise), -MOST, MOST))

    def _sums(self, begins: float, ends: float) -> tuple[float, float]:
        """Return what was bought and what was expected between two places in weeks."""
        edges = np.arange(len(self.bought) + 1)
        sums = [np.cumsum([0.0, *weeks]) for weeks in (self.bought, self.expected)]
        bought, expected = (np.diff(np.interp([begins, ends], edges, total))[0] for total in sums)
        return float(bought), float(expected)

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return {**asdict(self), "bought": [*self.bought], "expected": [*self.expected]}

    @classmethod
    def from_dict(cls, values: Mapping) -> Self:
        """Return the season that `to_dict` described."""
        weeks = {name: tuple(values[name]) for name in ("bought", "expected")}
        return cls(**{**values, **weeks})


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


def fit_season(weekly: pd.DataFrame, purchases: ParetoNbd) -> Season | None:
    """Hold weekly orders against what BTYD expects of everybody who had come by then.

    `weekly` is what `panel.tracked.weekly_orders` returns. Nothing where no year is known beyond
    the first weeks.
    """
    if len(weekly) <= WEEKS + YOUNG:
        return None
    bought = weekly["repeats"].to_numpy(float)
    expected = np.convolve(weekly["newcomers"], _weekly(purchases, len(weekly)))[: len(weekly)]
    ends = int(weekly["ends"].iloc[-1])
    return Season(ends, tuple(bought.tolist()), tuple(expected.round(6).tolist()))


def _weekly(purchases: ParetoNbd, weeks: int) -> Floats:
    """Return the orders expected of a newcomer in the week of the first order and those after."""
    nobody = np.zeros(1)
    ages = np.concatenate([[0.0], np.arange(weeks) + 0.5])  # they came in the middle of a week
    told = [float(purchases.expected_purchases(nobody, nobody, nobody, t)[0]) for t in ages[1:]]
    return np.diff([0.0, *told])
