"""One verb killed outright at random instants of its work, and what is left after each kill.

    python -m tests.reliability.kills VERB COUNT SEED

Each try is a process of its own, forked once the libraries are there, that runs the real verb on
a small shop and is killed by the system. Prints what went wrong, as JSON.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

from tests.reliability.shop import days, orders
from tests.support.business import write_config, write_csv
from tests.support.command import clvlens

from clvlens.errors import ClvlensError
from clvlens.models.store import check_manifest

MODEL = {"trees": 5, "max_depth": 2, "intervals": False}
WORDS = {"train": (), "predict": (), "tune": ("--trials", "2")}
WRITTEN = "data/shop/predictions.csv"
STUDY, WINNER = "data/shop/tuning.db", "data/shop/tuned.yaml"


def prepared(folder: Path) -> Path:
    """Return the configuration of a shop that was trained and predicted once."""
    write_csv(folder / "orders.csv", orders(150, days(360)[::20]))
    data = {"orders": {"path": "orders.csv"}}
    return write_config(folder, data, target={"horizon_days": 40}, model=MODEL)


def child(words: tuple[object, ...]) -> int:
    """Fork a process that runs a command, and return its number."""
    number = os.fork()
    if number == 0:
        with contextlib.redirect_stdout(io.StringIO()):
            code = clvlens(*words).code
        os._exit(code)
    return number


def finished(words: tuple[object, ...]) -> float:
    """Run a command to its end in a process of its own, and return the seconds it took."""
    began = time.monotonic()
    _, status = os.waitpid(child(words), 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise AssertionError(f"{words} left with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - began


def half_written(folder: Path, before: dict[str, str]) -> list[str]:
    """Return what under its final name is neither as before nor whole."""
    found = []
    try:
        check_manifest(folder / "models" / "shop")
    except ClvlensError as error:
        found.append(f"model: {error}")
    places = [folder / "data" / "shop", *(folder / "data" / "shop").rglob("*")]
    for path in (place for place in places if place.is_file()):
        name = str(path.relative_to(folder))
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        if name in before and digest(path) != before[name]:
            found.append(f"{name} has other bytes")
        if path.suffix == ".json":
            try:
                json.loads(path.read_bytes())
            except ValueError:
                found.append(f"{name} is no JSON")
        if path.suffix == ".csv":
            with path.open(newline="", encoding="utf-8") as file:
                widths = {len(row) for row in csv.reader(file)}
            found += [f"{name} is ragged"] if len(widths) != 1 else []
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def running(folder: Path) -> int:
    """Return how many tracked runs are still said to be running."""
    with contextlib.closing(sqlite3.connect(folder / "data" / "mlflow" / "mlflow.db")) as store:
        return store.execute("SELECT count(*) FROM runs WHERE status = 'RUNNING'").fetchone()[0]


def main(verb: str, count: int, seed: int) -> dict[str, object]:
    """Kill a verb so many times; return how often it left all well, and what was wrong."""
    folder, draw = Path.cwd(), random.Random(seed)
    config = prepared(folder)
    for first in ("train", "predict"):
        finished((first, "--config", config))
    words = (verb, "--config", config, *WORDS[verb])
    whole = finished(words)
    before = {name: digest(folder / name) for name in (WRITTEN, WINNER) if (folder / name).exists()}
    wrong, killed = [], 0
    for place in range(count):
        if place % 4 == 0:  # a new study; the next three tries resume it
            (folder / STUDY).unlink(missing_ok=True)
        number = child(words)
        time.sleep(draw.uniform(0, whole))
        os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        killed += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        if found := half_written(folder, before):
            wrong.append(f"kill {place}: {'; '.join(found)}")
    for last in dict.fromkeys((verb, "train", "predict")):
        finished((last, "--config", config, *WORDS[last]))
    after = {name: digest(folder / name) for name in before}
    wrong += [
        f"after all kills, {name} has other bytes" for name in before if after[name] != before[name]
    ]
    if running(folder):
        wrong.append(f"{running(folder)} runs are still said to be running")
    return {"killed": killed, "wrong": wrong}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
