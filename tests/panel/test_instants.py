"""Instants and local midnights, on the days when clocks change too."""

import datetime as dt

import pytest

from clvlens.panel.instants import midnight_after, midnight_before, show, to_instant, to_time

HOUR = 3_600_000_000


def berlin(*parts: int) -> int:
    return to_instant(dt.datetime(*parts), "Europe/Berlin")


def test_an_instant_is_microseconds_since_1970_in_utc():
    assert to_instant(dt.datetime(1970, 1, 2, 0, 0, 0, 5), "UTC") == 24 * HOUR + 5
    assert berlin(1970, 1, 1) == -HOUR
    assert to_time(-HOUR, "Europe/Berlin") == dt.datetime(1969, 12, 31, 23, tzinfo=dt.UTC)


def test_a_time_with_a_zone_keeps_it():
    assert to_instant(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "Europe/Berlin") == 0


@pytest.mark.parametrize(("day", "hours"), [((2024, 3, 31), 23), ((2024, 10, 27), 25)])
def test_a_day_on_which_the_clocks_change_ends_at_midnight(day, hours):
    midnight = berlin(*day)
    assert midnight_after(midnight, "Europe/Berlin") == midnight + hours * HOUR
    assert midnight_before(midnight + (hours - 1) * HOUR, "Europe/Berlin") == midnight


def test_midnight_is_its_own_before_and_not_its_own_after():
    midnight = berlin(2024, 5, 1)
    assert midnight_before(midnight, "Europe/Berlin") == midnight
    assert midnight_before(midnight - 1, "Europe/Berlin") == berlin(2024, 4, 30)
    assert midnight_after(midnight - 1, "Europe/Berlin") == midnight


def test_midnights_are_shown_as_dates():
    assert show(berlin(2024, 5, 1), "Europe/Berlin") == "2024-05-01"
    assert show(berlin(2024, 5, 1, 13, 30), "Europe/Berlin") == "2024-05-01 13:30:00"
