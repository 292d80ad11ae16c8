"""Every error that a user can meet, each with the exit code of the command line.

0 done · 2 bad input or configuration · 3 done but not tracked · 4 done, and an alarm was raised.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class ClvlensError(Exception):
    """Something the user can mend; the message says what, where and what to do."""

    exit_code = 2


class ConfigError(ClvlensError):
    """The configuration cannot be read or contradicts itself."""


class DataError(ClvlensError):
    """A table does not hold what its history needs."""

    def __init__(self, faults: Iterable[Fault | str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class TimeError(ClvlensError):
    """A cutoff or horizon does not fit the data."""


class ModelError(ClvlensError):
    """A model cannot be fitted, saved, loaded or trusted."""


class OutOfMemoryError(ClvlensError):
    """The work does not fit into the memory that it may take."""


class TrackingError(ClvlensError):
    """The work is done and saved here, but the tracking server did not take it."""

    exit_code = 3


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with one table, said so that it can be mended."""

    table: str
    problem: str
    mend: str
    column: str | None = None

    def __str__(self) -> str:
        where = f"{self.table}.{self.column}" if self.column else self.table
        return f"{where}: {self.problem}; {self.mend}"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest known name, or the list of what is known.

    >>> nearest("custmer_id", ["customer_id", "amount"])
    "did you mean 'customer_id'?"
    """
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
