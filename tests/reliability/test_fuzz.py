"""Random damage ends in a refusal or in the rows that are there: no crash, none lost in silence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.reliability.table import tried

pytestmark = [pytest.mark.slow, pytest.mark.reliability]
ROOT = Path(__file__).parents[2]
BATCH = 200
BATCHES = [*(("csv", seed) for seed in range(6)), *(("parquet", seed) for seed in range(4)),
           ("gz", 0)]  # fmt: skip


@pytest.mark.parametrize(("form", "seed"), BATCHES)
def test_damaged_files_are_refused_or_read_whole(form, seed, record_property):
    case = f"{form}-{seed}"
    command = (sys.executable, "-m", "tests.reliability.fuzz", form, str(seed), str(BATCH))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout) if ran.returncode == 0 else {}
    held = found.get("refused", 0) + found.get("read", 0)
    record_property(*tried("damaged files", case, BATCH, held))
    assert ran.returncode == 0, ran.stderr[-1000:]
    assert found["cases"] == {}
    assert held == BATCH
