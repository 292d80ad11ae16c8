"""What a verb says while it works, on stderr, and what it leaves, for machines.

A person at a terminal sees the stage, how long it has lasted and, where a stage says which of how
many it is (`trial 3 of 20`), how long the rest will take. Whoever reads from a pipe sees nothing.
"""

from __future__ import annotations

import io
import json
import math
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import typer

from clvlens.errors import OutOfMemoryError, TrackingError

if TYPE_CHECKING:
    from rich.progress import Progress

NUMBERED = re.compile(r"\b(\d+) of (\d+)$")


class Stages:
    """Names the stage that begins, and tells each with the time it took when it ends.

    `facts` are what a verb wrote and found, in plain values.
    """

    def __init__(self, *, is_shown: bool = True) -> None:
        self.facts: dict[str, Any] = {"wrote": []}
        self._is_shown = is_shown
        self._current: tuple[str, float] | None = None
        self._series: tuple[str, int, float] | None = None
        self._line: Progress | None = None

    def __call__(self, name: str) -> None:
        """End the current stage and begin another."""
        self.end()
        now = time.monotonic()
        self._current = (name, now)
        if self._is_shown and sys.stderr.isatty():
            self._line = _line(name, self._left(name, now))

    def end(self) -> None:
        """End the current stage."""
        if self._line is not None:
            self._line.stop()
            self._line = None
        if self._current is not None and self._is_shown:
            name, since = self._current
            print(f"  {name} … {time.monotonic() - since:.1f} s", file=sys.stderr, flush=True)
        self._current = None

    def wrote(self, *paths: Path, told: str = "") -> None:
        """Print what was written, after the word `Wrote`, and keep it."""
        print(f"Wrote {', and '.join(map(str, paths))}{told}")
        self.facts["wrote"] += map(str, paths)

    def found(self, **figures: object) -> None:
        """Keep headline figures; tables are kept as lists of rows."""
        self.facts.update(figures)

    def found_over(self, days: int, **figures: object) -> None:
        """Keep headline figures of one horizon, each horizon's apart."""
        self.facts.setdefault("horizons", []).append({"horizon_days": days, **figures})

    def named(self, error: Exception) -> str:
        """Return what an error says, after the name of the stage that it came in."""
        return f"{self._current[0]}: {error}" if self._current else str(error)

    def leave(self) -> None:
        """Clear the line of a stage that did not end."""
        if self._line is not None:
            self._line.stop()

    def _left(self, name: str, now: float) -> str:
        """Return how long the stages of a series will take, at the pace of those before."""
        numbered = NUMBERED.search(name)
        if numbered is None:
            return ""
        number, total = map(int, numbered.groups())
        if self._series is None or self._series[0] != numbered[2] or number <= self._series[1]:
            self._series = (numbered[2], number, now)
        _, first, since = self._series
        if number == first:
            return ""
        seconds = (now - since) / (number - first) * (total - number + 1)
        return f", about {_duration(seconds)} left"


@contextmanager
def telling(verb: str, *, is_quiet: bool, as_json: bool) -> Iterator[None]:
    """Let a verb speak as it was asked to; as JSON, one object is all that stdout gets.

    There is none where a verb failed; what went wrong stands on stderr as ever.
    """
    stages = Stages(is_shown=not is_quiet and sys.stderr.isatty())
    token, code = _current.set(stages), 0
    try:
        with redirect_stdout(io.StringIO() if as_json else sys.stdout):
            yield
    except (TrackingError, typer.Exit) as error:
        code = error.exit_code
        raise
    except (OutOfMemoryError, MemoryError) as error:
        as_json = False
        raise OutOfMemoryError(stages.named(_mendable(error))) from error
    except BaseException:
        as_json = False
        raise
    finally:
        stages.leave()
        _current.reset(token)
        if as_json:
            facts = {"verb": verb, "exit_code": code, **stages.facts}
            print(json.dumps(_plain(facts), ensure_ascii=False, allow_nan=False))


def _mendable(error: Exception) -> Exception:
    """Return what to do where this process got no more memory, which other libraries leave out."""
    if isinstance(error, OutOfMemoryError):
        return error
    mend = "let it take more, or take fewer customers: population.sample"
    return OutOfMemoryError(f"no more memory ({error or 'the system gives none'}); {mend}")


def current_stages() -> Stages:
    """Return what the running verb speaks through."""
    return _current.get()


_current: ContextVar[Stages] = ContextVar("stages")


def _line(name: str, left: str) -> Progress:
    """Return a line, already shown, that counts the seconds of a stage until it is stopped."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    line = Progress(
        TextColumn(" "),
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )
    line.add_task(name, total=None, left=left)
    line.start()
    return line


def _duration(seconds: float) -> str:
    """Return a length of time in the unit that a person would use.

    >>> _duration(42.4), _duration(600), _duration(9000)
    ('42 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _plain(value: object) -> Any:
    """Return what JSON can hold: a frame is its rows, a missing number is null."""
    if isinstance(value, pd.DataFrame):
        return _plain(value.to_dict("records"))
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str | None) else str(value)
