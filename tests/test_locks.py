import os
import signal
import subprocess
import sys
from threading import Thread

import pytest

from clvlens.errors import ClvlensError
from clvlens.locks import alone

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
HOLD = """
import sys, time
from pathlib import Path
from clvlens.locks import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process, which holds the lock."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / ".lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_second_is_refused_with_the_number_of_the_first(holder, tmp_path):
    with (
        pytest.raises(ClvlensError, match=rf"another clvlens, process {holder.pid}; wait for it"),
        alone(tmp_path / ".lock"),
    ):
        pass


def test_a_lock_is_let_go_of_when_its_holder_is_killed(holder, tmp_path):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with alone(tmp_path / ".lock"):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())
    assert list(tmp_path.iterdir()) == []


def test_who_may_wait_comes_one_after_the_other(tmp_path):
    count = 0

    def add():
        nonlocal count
        with alone(tmp_path / ".lock", waits=True):
            before = count
            os.sched_yield()
            count = before + 1

    threads = [Thread(target=lambda: [add() for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == 800
    assert list(tmp_path.iterdir()) == []
