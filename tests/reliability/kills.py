"""One verb stopped by a signal at random instants of its work, and what is left after each.

    python -m tests.reliability.kills VERB COUNT SIGNAL

Each try is a process of its own that runs the real verb on a small shop and is sent the signal by
the system. Prints how many it met and what went wrong, as JSON.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from tests.reliability.forked import (
    child,
    digest,
    digests,
    ended,
    finished,
    half_written,
    prepared,
    report,
    running,
)

WORDS = {"train": (), "predict": (), "tune": ("--trials", "7")}
STUDY = "data/shop/tuning.db"
SEED = 1
LONGEST = 1.1  # of a whole run: as runs differ, the last moments are met too


def main(verb: str, count: int, name: str) -> dict[str, object]:
    """Stop a verb so many times; return how often it was still at work, and what was wrong."""
    folder, draw, sent = Path.cwd(), random.Random(SEED), signal.Signals[name]
    config = prepared(folder)
    for first in ("train", "predict"):
        finished((first, "--config", config))
    words = (verb, "--config", config, *WORDS[verb])
    whole = finished(words)
    before = digests(folder)
    wrong, met, code = [], 0, 0
    for place in range(count):
        if code == 0:  # a new study once one has ended; tries that met one are followed by others
            (folder / STUDY).unlink(missing_ok=True)
        number = child(words)
        time.sleep(draw.uniform(0, LONGEST * whole))
        os.kill(number, sent)
        code, said = ended(number)
        met += code != 0
        found = [*half_written(folder, before), *_misbehaved(folder, sent, code, said)]
        if found:
            wrong.append(f"try {place}: {'; '.join(found)}")
    for last in dict.fromkeys((verb, "train", "predict")):
        finished((last, "--config", config, *WORDS[last]))
    wrong += [
        f"after all, {name} has other bytes"
        for name in before
        if digest(folder / name) != before[name]
    ]
    wrong += [f"after all, {name} is left" for name in hidden(folder)]
    if running(folder):
        wrong.append(f"{running(folder)} runs are still said to be running")
    if left := list((folder / "data" / "shop" / "unsent").glob("[0-9]*")):
        wrong.append(f"{len(left)} parcels were not sent")
    return {"met": met, "wrong": wrong}


def _misbehaved(folder: Path, sent: signal.Signals, code: int, said: str) -> list[str]:
    """Return what is wrong with how a process left that a signal asked, or forced, to."""
    if sent is signal.SIGKILL:
        return [] if code in (0, -sent) else [f"it left with {code}: {said}"]
    found = [] if code in (0, -sent, 128 + sent) else [f"it left with {code}: {said}"]
    if code == -sent:  # before the program had begun to listen
        return found
    return (
        found
        + [f"{name} is left" for name in hidden(folder)]
        + (["it shows a traceback"] if "Traceback" in said else [])
    )


def hidden(folder: Path) -> list[str]:
    """Return what lies hidden beside outputs."""
    return [path.name for place in ("data/shop", "models") for path in (folder / place).glob(".*")]


if __name__ == "__main__":
    report(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
