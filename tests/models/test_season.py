"""The season, on businesses whose calendar is known."""

import json

import numpy as np
import pandas as pd
import pytest

from clvlens.histories.exact import DAY
from clvlens.models.btyd_distributions import ParetoNbd
from clvlens.models.season import MOST, Season, Swing, fit_season

WEEK = 7 * DAY
STEADY = ParetoNbd(r=5.0, alpha=10.0, s=1.0, beta=1e6)  # an order every two weeks; nobody leaves
ENDS = 1_000 * WEEK


def weekly(weeks: int, factor: np.ndarray | float = 1.0, newcomers: float = 500.0) -> pd.DataFrame:
    """Return a business that as many join each week, who order `factor` times as often."""
    came = np.full(weeks, newcomers)
    there = np.cumsum(came) - came / 2  # who came this week were there for half of it
    repeats = there * 0.5 * np.broadcast_to(factor, weeks)
    repeats[0] = came[0] * 0.25 * np.broadcast_to(factor, weeks)[0]
    ends = ENDS - np.arange(weeks - 1, -1, -1) * WEEK
    return pd.DataFrame({"ends": ends, "newcomers": came, "repeats": repeats})


def wave(weeks: int) -> np.ndarray:
    """Return twice as much in ten weeks of each year, which begin forty weeks after its start."""
    return np.where((np.arange(weeks) % 52 >= 40) & (np.arange(weeks) % 52 < 50), 2.0, 1.0)


def believed(found: float, bought: float) -> float:
    """Return what is left of an index: 0.04² for BTYD's misses, and 2 orders' variance each."""
    return found * found**2 / (found**2 + 0.04**2 + 2 / bought)


def season(weeks: int, factor: np.ndarray | float = 1.0) -> Season:
    found = fit_season(weekly(weeks, factor), STEADY)
    assert found is not None
    return found


def test_growth_is_no_season():
    """Ever more customers order as often as each did before."""
    assert season(100).ahead(ENDS, 90) == pytest.approx(0, abs=0.01)


def test_what_was_sold_twice_as_much_last_year_will_be_again():
    """From the fortieth week of a year, ten weeks of two beside 62 orders in 52 weeks."""
    found = season(196, wave(196)).ahead(ENDS, 70)
    assert found == pytest.approx(believed(np.log(2 * 52 / 62), 1e6), abs=0.02)


def test_half_a_window_in_season_counts_half():
    """Five weeks of two and five of one make fifteen for ten."""
    found = season(201, wave(201)).ahead(ENDS, 70)
    assert found == pytest.approx(believed(np.log(1.5 * 52 / 62), 1e6), abs=0.02)


def test_other_days_sell_less_than_the_year_does():
    found = season(208, wave(208)).ahead(ENDS, 70)
    assert found == pytest.approx(believed(np.log(52 / 62), 1e6), abs=0.02)


def test_days_that_nobody_knows_yet_are_those_of_two_years_before():
    """Forty weeks after the data end the year before ends before they do; 92 weeks after, two."""
    found = season(208, wave(208))
    for later in (40, 92):
        ahead = found.ahead(ENDS + later * WEEK, 70)
        assert ahead == pytest.approx(believed(np.log(2 * 52 / 62), 1e6), abs=0.02)


def test_what_rises_all_the_time_is_no_season():
    """A tenth more each year: beside the year around it, no window stands out."""
    found = season(208, np.exp(0.1 * np.arange(208) / 52))
    for weeks in (0, -10, -20):
        assert found.ahead(ENDS + weeks * WEEK, 70) == pytest.approx(0, abs=0.01)


def test_a_year_ago_when_nearly_all_were_new_tells_nothing():
    found = season(70)
    assert found.ahead(ENDS - 10 * WEEK, 70) == 0  # begins in the eighth week of all
    assert fit_season(weekly(65), STEADY) is None


def test_few_orders_are_believed_in_part():
    """The same wave where one joins in a hundred weeks, whose ten weeks sold fifteen orders."""
    business = weekly(196, wave(196), newcomers=0.01)
    assert business["repeats"][144:154].sum() == pytest.approx(15, abs=0.5)
    few = fit_season(business, STEADY)
    assert few.ahead(ENDS, 70) == pytest.approx(believed(np.log(2 * 52 / 62), 15), abs=0.02)


def test_no_season_sells_more_than_three_times_another():
    assert season(196, wave(196) ** 4).ahead(ENDS, 70) == pytest.approx(MOST)


def test_a_swing_is_beside_the_season_that_was_learned_from_as_far_as_it_is_followed():
    """After rows of 1.2 times the usual, by as much less; followed half, its root."""
    found = Swing(season(196, wave(196)), float(np.log(1.2)), 1.0)
    assert found.factor(ENDS, 70) == pytest.approx(np.exp(found.season.ahead(ENDS, 70)) / 1.2)
    half = Swing(found.season, found.learned, 0.5)
    assert half.factor(ENDS, 70) == pytest.approx(found.factor(ENDS, 70) ** 0.5)
    assert Swing.from_dict(found.to_dict()) == found


# --- holidays that move

FEASTS = (80 * 7, 128 * 7, 184 * 7)  # days: a year lies between, but the second is 4 weeks early


def feasted(weeks: int, holidays: tuple[int, ...] = FEASTS) -> Season:
    """Twice as much is bought in the two weeks before each feast and in the one after."""
    begins = np.arange(weeks) * 7
    near = np.any([(begins >= day - 14) & (begins < day + 7) for day in FEASTS], axis=0)
    known = [tuple(ENDS + day * DAY - weeks * WEEK for day in holidays)] if holidays else []
    found = fit_season(weekly(weeks, np.where(near, 2.0, 1.0)), STEADY, known)
    assert found is not None
    return found


def test_a_holiday_sells_where_it_is_and_not_where_it_was():
    """Six weeks from the 178th on have two of the feast; those of the year before had three.

    Beside 55 orders in the 52 weeks around: 8 for 6, and not 9.
    """
    found = feasted(178).ahead(ENDS, 42)
    assert found == pytest.approx(believed(np.log(8 / 6 * 52 / 55), 1e6), abs=0.015)
    blind = feasted(178, holidays=()).ahead(ENDS, 42)
    assert blind == pytest.approx(believed(np.log(9 / 6 * 52 / 55), 1e6), abs=0.015)


def test_days_of_a_feast_that_has_moved_away_are_like_their_neighbours():
    """Four weeks from the 178th on have none of it; those of the year before had three."""
    found = feasted(178).ahead(ENDS, 28)
    assert found == pytest.approx(believed(np.log(52 / 55), 1e6), abs=0.015)


def test_a_holiday_of_which_no_earlier_date_is_near_moves_nothing():
    alone = feasted(178, holidays=(184 * 7, 300 * 7)).ahead(ENDS, 42)
    assert alone == pytest.approx(feasted(178, holidays=()).ahead(ENDS, 42))


def test_a_season_with_holidays_comes_back_from_json():
    found = feasted(178)
    assert Season.from_dict(json.loads(json.dumps(found.to_dict()))) == found
