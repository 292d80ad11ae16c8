"""A verb that is stopped leaves what was there, or what it made, and never a half."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.reliability.table import tried

pytestmark = [
    pytest.mark.slow,
    pytest.mark.reliability,
    pytest.mark.skipif(os.name == "nt", reason="Windows has neither fork nor SIGKILL"),
]
ROOT = Path(__file__).parents[2]
KILLS, INTERRUPTIONS = 100, 20


def stopped(folder: Path, verb: str, times: int, name: str) -> dict:
    """Stop a verb so many times in a process of its own, and return what was found."""
    command = (sys.executable, "-m", "tests.reliability.kills", verb, str(times), name)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("verb", ["train", "predict", "tune"])
def test_a_hundred_kills_leave_nothing_half_written(verb, tmp_path, record_property):
    found = stopped(tmp_path, verb, KILLS, "SIGKILL")
    record_property(*tried("kills", verb, KILLS, KILLS - len(found["wrong"])))
    assert found["wrong"] == []
    assert found["met"] > KILLS / 2  # the others had ended before


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_verb_that_is_asked_to_stop_says_so_and_takes_its_traces_along(
    name, tmp_path, record_property
):
    found = stopped(tmp_path, "train", INTERRUPTIONS, name)
    held = INTERRUPTIONS - len(found["wrong"])
    record_property(*tried("faults", f"{name} in train", INTERRUPTIONS, held))
    assert found["wrong"] == []
    assert found["met"] > INTERRUPTIONS / 2
