import os
import subprocess
import sys

import pytest
from mlflow import MlflowClient

from clvlens.output.interrupted import process_tag
from clvlens.output.tracking import Tracker


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot ask after a process")
def test_the_run_of_a_process_that_is_gone_is_ended_by_the_next(configured):
    tracker = Tracker(configured("interrupted"))
    client = MlflowClient(tracker.uri)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    machine = process_tag().split("-")[0]
    gone = tracker.begin("killed", {}, {"clv.process": f"{machine}-{ended.pid}"})
    elsewhere = tracker.begin("elsewhere", {}, {"clv.process": f"another-{ended.pid}"})
    own = tracker.begin("own", {}, {})
    Tracker(configured("interrupted"))
    told = {run: client.get_run(run).info.status for run in (gone, elsewhere, own)}
    assert told == {gone: "KILLED", elsewhere: "RUNNING", own: "RUNNING"}
