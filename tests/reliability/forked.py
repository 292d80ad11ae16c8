"""Real verbs on a small shop, each in a process forked once what the verbs import is there.

The process that forks never runs a verb itself: threads of its own would not reach its children.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from tests.reliability.shop import days, orders
from tests.support.business import write_config, write_csv
from tests.support.command import clvlens as run

import clvlens.cli.learning
import clvlens.cli.syncing
import clvlens.cli.tuning
import clvlens.cli.using  # noqa: F401
from clvlens.errors import ClvlensError
from clvlens.models.store import check_manifest

MODEL = {"trees": 3, "max_depth": 2, "intervals": False, "candidates": ["hurdle", "btyd"]}
WRITTEN = "data/shop/predictions.csv"
WINNER = "data/shop/tuned.yaml"
STORE = "data/mlflow/mlflow.db"


def prepared(folder: Path, customers: int = 150) -> Path:
    """Return the configuration of a shop whose tables are written."""
    write_csv(folder / "orders.csv", orders(customers, days(360)[::20]))
    data = {"orders": {"path": "orders.csv"}}
    return write_config(folder, data, target={"horizon_days": 40}, model=MODEL)


def child(words: tuple[object, ...], first: Callable[[], None] = lambda: None) -> int:
    """Fork a process that runs a command, and return its number; what it says is in `said`."""
    number = os.fork()
    if number == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        first()
        with contextlib.redirect_stdout(io.StringIO()):
            ran = run(*words)
        with contextlib.suppress(OSError):
            said_at(os.getpid()).write_text(ran.err)
        os._exit(ran.code)
    return number


def said_at(number: int) -> Path:
    """Return where a child leaves what it said on stderr: beside the project, on another disk."""
    return Path(os.environ.get("SAID", ".")) / f".said-{number}"


def ended(number: int) -> tuple[int, str]:
    """Wait for a child; return its exit code, negative for a signal, and what it said."""
    _, status = os.waitpid(number, 0)
    place = said_at(number)
    said = place.read_text() if place.exists() else ""
    place.unlink(missing_ok=True)
    return os.waitstatus_to_exitcode(status), said


def finished(words: tuple[object, ...]) -> float:
    """Run a command to its end in a process of its own, and return the seconds it took."""
    began = time.monotonic()
    code, said = ended(child(words))
    if code != 0:
        raise AssertionError(f"{words} left with {code}: {said}")
    return time.monotonic() - began


def half_written(folder: Path, before: dict[str, str]) -> list[str]:
    """Return what under its final name is neither as before nor whole."""
    found = []
    try:
        check_manifest(folder / "models" / "shop")
    except ClvlensError as error:
        found.append(f"model: {error}")
    for path in (place for place in (folder / "data" / "shop").rglob("*") if place.is_file()):
        name = str(path.relative_to(folder))
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if name in before and digest(path) != before[name]:
            found.append(f"{name} has other bytes")
        try:
            READ.get(path.suffix, Path.read_bytes)(path)
        except (ValueError, yaml.YAMLError, pa.ArrowException, sqlite3.Error) as error:
            found.append(f"{name} is not whole: {error}")
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of what must not change: predictions, and the winner of tuning."""
    names = (name for name in (WRITTEN, WINNER) if (folder / name).exists())
    return {name: digest(folder / name) for name in names}


def running(folder: Path) -> int:
    """Return how many tracked runs are still said to be running."""
    with contextlib.closing(sqlite3.connect(folder / STORE)) as store:
        return store.execute("SELECT count(*) FROM runs WHERE status = 'RUNNING'").fetchone()[0]


def _read_csv(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        if len({len(row) for row in csv.reader(file)}) != 1:
            raise ValueError("its rows are not of one width")


def _read_database(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        told = database.execute("PRAGMA integrity_check").fetchone()[0]
    if told != "ok":
        raise ValueError(told)


READ: dict[str, Callable[[Path], object]] = {
    ".json": lambda path: json.loads(path.read_bytes()),
    ".yaml": lambda path: yaml.safe_load(path.read_text()),
    ".parquet": lambda path: pq.ParquetFile(path).read(use_threads=False),
    ".csv": _read_csv,
    ".db": _read_database,
}


def report(found: object) -> None:
    """Print what was found for the test that waits for it."""
    sys.stdout.write(json.dumps(found))
