"""A model that is not what was written is refused in a line: no crash, none loaded in silence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.reliability.table import tried

pytestmark = [pytest.mark.slow, pytest.mark.reliability]
ROOT = Path(__file__).parents[2]
BATCH = 50


@pytest.mark.parametrize("seed", range(4))
def test_spoiled_models_are_refused(seed, tmp_path, record_property):
    command = (sys.executable, "-m", "tests.reliability.tamper", str(seed), str(BATCH))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    ran = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    found = json.loads(ran.stdout) if ran.returncode == 0 else {"refused": 0}
    record_property(*tried("damaged models", f"seed-{seed}", BATCH, found["refused"]))
    assert ran.returncode == 0, ran.stderr[-1000:]
    assert found["cases"] == {}
