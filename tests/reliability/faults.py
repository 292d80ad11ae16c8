"""What befalls a verb from outside, and what is left afterwards.

    python -m tests.reliability.faults FAULT

Works in the current folder. Prints how often the fault was tried and what went wrong, as JSON.
"""

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from sqlite3 import connect

from tests.reliability.forked import (
    STORE,
    child,
    digests,
    ended,
    finished,
    half_written,
    prepared,
    report,
    running,
)

from clvlens.config import load_config
from clvlens.output.parcels import keep, kept, new_key, read_parcel

PARCELS, KILLS = 8, 24
FREE = (0, 4_096)  # bytes left on a full disk
GROWN = (2_048, 16_384)  # bytes that a file may have
YEAR = 365 * 86_400  # seconds that the clock is set back; further, orders would be of the future
ZONES = ("Asia/Kolkata", "America/St_Johns")
MANIFEST = "models/shop/manifest.json"

Found = tuple[int, list[str]]


def trained(folder: Path) -> Path:
    """Return the configuration of a shop that was trained and predicted once."""
    config = prepared(folder)
    for verb in ("train", "predict"):
        finished((verb, "--config", config))
    return config


def full_disk() -> Found:
    """Neither training nor predicting finds room on the disk."""
    folder = Path.cwd()
    config = trained(folder)
    found = []
    for verb in ("predict", "train"):
        for free in FREE:
            with _filled(folder, free):
                refused = _refused(config, verb, "No space left on device|disk is full", folder)
            found += [f"{verb} with {free} bytes left: {problem}" for problem in refused]
    return 2 * len(FREE), found + _as_before(config, folder)


def files_too_large() -> Found:
    """The system lets no file grow beyond a few bytes."""
    folder = Path.cwd()
    config = trained(folder)
    found = []
    for verb in ("predict", "train"):
        for size in GROWN:
            limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size))
            refused = _refused(config, verb, "File too large|disk I/O error|full", folder, limit)
            found += [f"{verb} with files of {size} bytes: {problem}" for problem in refused]
    return 2 * len(GROWN), found + _as_before(config, folder)


def read_only() -> Found:
    """The project lies on a disk that can be read alone."""
    folder = Path.cwd()
    config = trained(folder)
    found = []
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    for verb in ("predict", "train"):
        refused = _refused(config, verb, "cannot be written to; see to its rights", folder)
        found += [f"{verb}: {problem}" for problem in refused]
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    return 2, found + _as_before(config, folder)


def two_at_once() -> Found:
    """Two processes write the same places at the same time."""
    folder = Path.cwd()
    config = trained(folder)
    before, found = digests(folder), []
    for verb, codes in (("train", [0, 2]), ("predict", [0, 0])):
        both = [child((verb, "--config", config)) for _ in range(2)]
        left = dict(zip(both, map(ended, both), strict=True))
        if sorted(code for code, _ in left.values()) != codes:
            found.append(f"two of {verb} left with {left}")
        winner = next((number for number, (code, _) in left.items() if code == 0), 0)
        for code, said in left.values():
            if code and f"another clvlens, process {winner};" not in said:
                found.append(f"the second of {verb} said {said}")
        found += half_written(folder, before)
    return 2, found + _as_before(config, folder)


def clocks() -> Found:
    """The clock is set back by a year, or the computer stands in another time zone."""
    folder = Path.cwd()
    config = trained(folder)
    before, found = _bytes(folder), []
    for name, change in (
        *((zone, partial(_stand_in, zone)) for zone in ZONES),
        ("back", _set_back),
    ):
        for verb in ("train", "predict"):
            code, said = ended(child((verb, "--config", config), change))
            if code:
                found.append(f"{verb}, {name}: it left with {code}: {said}")
        if _bytes(folder) != before:
            found.append(f"{name}: other bytes")
    return len(ZONES) + 1, found


def killed_sending() -> Found:
    """`sync` is killed again and again before it has sent all."""
    folder, draw = Path.cwd(), random.Random(1)
    config = prepared(folder)
    finished(("train", "--config", config, "--offline"))
    settings = load_config(config)
    first = kept(settings)[0]
    parcel = read_parcel(first)
    for _ in range(PARCELS - 1):
        keep(settings, replace(parcel, run=new_key(), metrics={"mae": 1.0}),
             {"": first / "artifacts"}, first / "model")  # fmt: skip
    for _ in range(KILLS):
        number = child(("sync", "--config", config))
        time.sleep(draw.uniform(0, 3))
        os.kill(number, signal.SIGKILL)
        ended(number)
    finished(("sync", "--config", config))
    wanted = {"runs": PARCELS, "model_versions": PARCELS, "logged_models": PARCELS,
              "metrics": PARCELS - 1}  # fmt: skip
    with closing(connect(folder / STORE)) as store:
        there = {name: store.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                 for name in wanted}  # fmt: skip
    found = [] if there == wanted else [f"the store has {there} for {wanted}"]
    found += [f"{running(folder)} runs are still running"] if running(folder) else []
    return KILLS, found + [f"{path.name} was not sent" for path in kept(settings)]


def _refused(
    config: Path, verb: str, told: str, folder: Path, first: Callable[[], None] = lambda: None
) -> list[str]:
    """Return what is wrong with how a verb leaves that cannot write; it is to say one line."""
    before = digests(folder)
    code, said = ended(child((verb, "--config", config), first))
    own = [
        line for line in said.splitlines() if line.startswith("clvlens: ") and "warning" not in line
    ]
    found = [] if code in (2, 3) else [f"it left with {code}"]
    found += [] if len(own) == 1 and re.search(told, own[0]) else [f"it said {said}"]
    return found + half_written(folder, before)


def _as_before(config: Path, folder: Path) -> list[str]:
    """Return what differs when both verbs run again with nothing in their way."""
    before = digests(folder)
    for verb in ("train", "predict"):
        finished((verb, "--config", config))
    found = [] if digests(folder) == before else ["run again, other bytes are written"]
    return found + ([f"{running(folder)} runs are still running"] if running(folder) else [])


def _bytes(folder: Path) -> dict[str, str]:
    return {**digests(folder), MANIFEST: (folder / MANIFEST).read_text()}


@contextmanager
def _filled(folder: Path, free: int) -> Iterator[None]:
    """Fill the disk of a folder but for so many bytes."""
    filler = folder / "filler"
    disk = os.statvfs(folder)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - free)
    yield
    filler.unlink()


def _stand_in(zone: str) -> None:
    os.environ["TZ"] = zone
    time.tzset()


def _set_back() -> None:
    """Set the clock back, with the library that the test has loaded before all others."""
    before = time.time()
    os.environ["CLOCK_BACK"] = str(YEAR)
    if time.time() > before - YEAR + 60:
        os._exit(99)


FAULTS = {
    "full disk": full_disk,
    "files that may not grow": files_too_large,
    "read-only disk": read_only,
    "two at once": two_at_once,
    "clock set back, other time zones": clocks,
    "sync killed": killed_sending,
}

if __name__ == "__main__":
    times, wrong = FAULTS[sys.argv[1]]()
    report({"tried": times, "wrong": wrong})
