"""Instants (microseconds since 1970 UTC) from and to the times that people write."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

_SECOND = 1_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def to_instant(when: dt.datetime, time_zone: str) -> int:
    """Return the instant of a time; a naive one is read in the time zone.

    >>> to_instant(dt.datetime(1970, 1, 2), "UTC")
    86400000000
    """
    aware = when if when.tzinfo else when.replace(tzinfo=ZoneInfo(time_zone))
    return (aware - _EPOCH) // dt.timedelta(microseconds=1)


def to_time(instant: int, time_zone: str) -> dt.datetime:
    """Return the local time of an instant."""
    return (_EPOCH + dt.timedelta(microseconds=int(instant))).astimezone(ZoneInfo(time_zone))


def midnight_before(instant: int, time_zone: str) -> int:
    """Return the latest local midnight that is not after the instant."""
    local = to_time(instant, time_zone)
    return to_instant(dt.datetime.combine(local.date(), dt.time()), time_zone)


def midnight_after(instant: int, time_zone: str) -> int:
    """Return the first local midnight that is later than the instant."""
    tomorrow = to_time(instant, time_zone).date() + dt.timedelta(days=1)
    return to_instant(dt.datetime.combine(tomorrow, dt.time()), time_zone)


def show(instant: int, time_zone: str) -> str:
    """Return the local date, with the time of day where it is not midnight."""
    local = to_time(instant, time_zone)
    return local.strftime("%Y-%m-%d" if local.time() == dt.time() else "%Y-%m-%d %H:%M:%S")
