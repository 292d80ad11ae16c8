"""Full disks, second processes, clocks: each fault leaves what was there, and says so."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.reliability.table import tried

pytestmark = [
    pytest.mark.slow,
    pytest.mark.reliability,
    pytest.mark.skipif(sys.platform != "linux", reason="faults are made as Linux lets one"),
]
ROOT = Path(__file__).parents[2]
CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long back(void) { const char *s = getenv("CLOCK_BACK"); return s ? atol(s) : 0; }

int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, at);
    if (id == CLOCK_REALTIME) at->tv_sec -= back();
    return code;
}

int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk can be mounted by root alone")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def held(fault: str, folder: Path, record_property, **environment: str) -> None:
    """Try a fault in a process of its own, and hold it to what was promised."""
    said = folder.parent / "said"
    said.mkdir()
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    ran = subprocess.run(
        [sys.executable, "-m", "tests.reliability.faults", fault],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": path, "SAID": str(said), **environment},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    times = found["tried"]
    record_property(*tried("faults", fault, times, max(times - len(found["wrong"]), 0)))
    assert found["wrong"] == []


@pytest.mark.parametrize("fault", ["full disk", "read-only disk"])
def test_a_disk_that_takes_nothing_is_named_and_keeps_what_it_has(fault, disk, record_property):
    held(fault, disk, record_property)


@pytest.mark.parametrize("fault", ["files that may not grow", "two at once", "sync killed"])
def test_nothing_is_lost_or_mixed(fault, tmp_path, record_property):
    (tmp_path / "shop").mkdir()
    held(fault, tmp_path / "shop", record_property)


def test_no_clock_changes_a_byte(tmp_path, record_property):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("without a compiler, the clock cannot be set back for one process alone")
    (tmp_path / "clock.c").write_text(CLOCK)
    words = ["-shared", "-fPIC", "-o", "clock.so", "clock.c", "-ldl"]
    subprocess.run([compiler, *words], cwd=tmp_path, check=True)
    (tmp_path / "shop").mkdir()
    library = str(tmp_path / "clock.so")
    held("clock set back, other time zones", tmp_path / "shop", record_property, LD_PRELOAD=library)
