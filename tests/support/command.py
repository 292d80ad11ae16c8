"""The command line in this process, where importing its libraries takes time but once."""

import io
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from clvlens.cli import main

CUSTOMERS = 400

VERBS = (
    *("check", "panel", "train", "evaluate", "explain", "levers", "predict", "value", "monitor"),
    "report",
)


@dataclass(frozen=True)
class Ran:
    """What a command left with, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> list[str]:
        """What it said of itself on stderr, beside the progress."""
        return [line for line in self.err.splitlines() if not line.startswith("  ")]


def clvlens(*words: object) -> Ran:
    """Run a command as the program does."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["clvlens", *map(str, words)]
    with (
        _signals_as_before(),
        patch.object(sys, "argv", argv),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as left:
            return Ran(int(left.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("a command ends with an exit code")


@dataclass(frozen=True)
class Project:
    """A folder with a configuration, and what each verb did there."""

    folder: Path
    config: Path
    ran: dict[str, Ran]

    @property
    def name(self) -> str:
        return f"{self.config.stem}-trial-{CUSTOMERS}"

    @property
    def data(self) -> Path:
        return self.folder / "data" / self.name

    @property
    def model(self) -> Path:
        return self.folder / "models" / self.name

    def run(self, verb: str, *words: object) -> Ran:
        return clvlens(verb, "--config", self.config, "--customers", CUSTOMERS, *words)

    def copy(self, folder: Path) -> "Project":
        """Return one that begins where this one stands; MLflow keeps artifacts of both here."""
        shutil.copytree(self.folder, folder)
        return Project(folder, folder / self.config.relative_to(self.folder), self.ran)


@contextmanager
def _signals_as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
