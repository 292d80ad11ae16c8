"""A verb that is killed outright leaves what was there, or what it made, and never a half."""

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
KILLS = 100


@pytest.mark.parametrize("verb", ["train", "predict", "tune"])
def test_a_hundred_kills_leave_nothing_half_written(verb, tmp_path, record_property):
    command = (sys.executable, "-m", "tests.reliability.kills", verb, str(KILLS), "1")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    ran = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    tries = found["killed"]  # the others had ended before
    record_property(*tried("kills", verb, tries, tries - len(found["wrong"])))
    assert found["wrong"] == []
    assert found["killed"] > KILLS / 2
