"""How the command line words and sets what it prints."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from clvlens.config import Config
from clvlens.errors import ModelError, TimeError, TrackingError

NOT_TRACKED = "Not tracked: the training of this model was not; for a run: clvlens train"


def command(verb: str, config: Config) -> str:
    """Return the command that runs a verb on the same configuration, a trial as a trial."""
    trial = "" if config.customers is None else f" --customers {config.customers}"
    return f"clvlens {verb} --config {shlex.quote(str(config.source))}{trial}"


def completed(text: str, config: Config) -> str:
    """Return a text in which every command that it ends a thought with has its options."""
    verbs = "check|panel|train|evaluate|explain|levers|predict|value|monitor|report|ui|sync"
    return re.sub(
        rf"clvlens ({verbs})(?=$|[;,)\n])",
        lambda found: command(found[1], config),
        text,
    )


def served(link: str, config: Config) -> str:
    """Return the line that leads to a tracked run."""
    return completed(f"MLflow run: {link} (served by clvlens ui)", config)


@contextmanager
def kept_though(what: str) -> Iterator[None]:
    """Let a tracking error that comes after the work say that the work is kept, and where."""
    try:
        yield
    except TrackingError as error:
        raise TrackingError(f"{what}, but not tracked: {error}") from error


@contextmanager
def left_out(config: Config) -> Iterator[None]:
    """Let one of the further horizons be left out, with a word, where history does not allow it."""
    try:
        yield
    except (TimeError, ModelError) as error:
        if not config.beside:
            raise
        days = config.target.horizon_days
        print(f"  note: {days} days are left out, as history does not allow them: {error}")


def table(frame: pd.DataFrame) -> str:
    """Return a frame as aligned text: words to the left, numbers to the right, nan as –."""
    columns = []
    for name in frame.columns:
        cells = [str(name), *_cells(frame[name])]
        width = max(map(len, cells))
        is_number = pd.api.types.is_numeric_dtype(frame[name])
        columns.append([c.rjust(width) if is_number else c.ljust(width) for c in cells])
    return "\n".join("  " + "  ".join(row).rstrip() for row in zip(*columns, strict=True))


def notes(lines: tuple[str, ...]) -> None:
    """Print what the reader should bear in mind."""
    for line in lines:
        print(f"  note: {line}")


def decimals(largest: float) -> int:
    """Return as many decimals as a number of this size leaves room for."""
    return 3 if abs(largest) < 10 else 2 if abs(largest) < 1000 else 0


def _cells(column: pd.Series) -> list[str]:
    if pd.api.types.is_float_dtype(column):
        digits = decimals(column.abs().max())
        return ["–" if pd.isna(value) else f"{value:,.{digits}f}" for value in column]
    if pd.api.types.is_integer_dtype(column):
        return [f"{value:,}" for value in column]
    return [str(value) for value in column]
