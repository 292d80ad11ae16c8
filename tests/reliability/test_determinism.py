"""The same orders give the same bytes: run again, on more threads, shuffled, in another format."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.reliability.runs import cases
from tests.reliability.table import tried

pytestmark = [pytest.mark.slow, pytest.mark.reliability]
ROOT = Path(__file__).parents[2]
THREADS = (1, 2, 8)


def test_thirty_six_ways_to_run_write_one_file(tmp_path, record_property):
    found = {}
    for threads in THREADS:
        folder = tmp_path / str(threads)
        folder.mkdir()
        path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
        env = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)}
        command = (sys.executable, "-m", "tests.reliability.runs", str(threads))
        ran = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr[-2000:]
        found |= json.loads(ran.stdout.splitlines()[-1])
    assert set(found) == {name for threads in THREADS for name in cases(threads)}
    hashes = list(found.values())
    commonest = max(map(hashes.count, set(hashes)))
    record_property(*tried("determinism", "one hash of predictions.csv", 36, commonest))
    assert set(hashes) == {hashes[0]}, {name: digest[:8] for name, digest in found.items()}
