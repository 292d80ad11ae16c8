import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from tests.support.serving import started

from clvlens.errors import ClvlensError, TrackingError
from clvlens.models.store import check_manifest
from clvlens.output.location import MANNERS, answers
from clvlens.output.tracking import Tracker
from clvlens.output.ui import serve


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(url: str, **body: object) -> str:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_the_newest_run_is_served_until_the_server_is_told_to_stop(
    configured, tmp_path, number, code
):
    config = configured("served", tmp_path)
    tracker = Tracker(config)
    tracker.begin("the older", {}, {})
    run = tracker.begin("the newer", {}, {})
    tracker.log_folder(run, _report(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = started(tmp_path, config, port)
        address = process.stdout.readline().strip().removeprefix("open ")
    host = address.split("/#/")[0]
    assert host != f"http://127.0.0.1:{port}"
    assert address == tracker.link(run, host)
    assert "<title>MLflow</title>" in read(host + "/")
    found = json.loads(read(f"{host}/api/2.0/mlflow/runs/get?run_id={run}"))
    assert found["run"]["info"]["run_name"] == "the newer"
    assert read(f"{host}/get-artifact?run_id={run}&path=levers.html") == "<h1>levers</h1>"
    process.send_signal(number)
    assert process.wait(30) == code
    assert not answers(host, 1)


@pytest.mark.slow
def test_a_remote_server_takes_runs_and_models_and_gives_them_back(
    configured, tmp_path, customer_model, model_folder
):
    port = free_port()
    host = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/runs.db"]
    command += ["--artifacts-destination", str(tmp_path / "kept")]
    server = subprocess.Popen(command, env={**MANNERS, **os.environ}, cwd=tmp_path)
    try:
        while not answers(host, 1):
            assert server.poll() is None
        tracker = Tracker(configured("remote", tmp_path, uri=host))
        run = tracker.begin("train", {"trees": 10}, {})
        tracker.log_folder(run, _report(tmp_path))
        columns, digest = customer_model.encoder.columns, check_manifest(model_folder)
        assert tracker.register(run, model_folder, columns, digest) == 1
        tracker.promote(1)
        assert tracker.champion() == 1
        assert check_manifest(tracker.download("champion")) == digest
        assert [path.name for path in (tmp_path / "kept").rglob("*.html")] == ["levers.html"]
        assert not (tmp_path / "data").exists()
        said = []
        serve(configured("remote", tmp_path, uri=host), say=said.append)
        assert said == [f"open {tracker.link(run)}"]
    finally:
        server.terminate()
        server.wait(30)
    with pytest.raises(TrackingError, match=f"the tracking store {host} failed"):
        tracker.end(run)
    with pytest.raises(ClvlensError, match=f"no tracking server answers at {host}"):
        serve(configured("remote", tmp_path, uri=host))


def test_there_is_nothing_to_serve_before_a_run_was_tracked(configured, tmp_path):
    with pytest.raises(ClvlensError, match=r"mlflow\.db does not exist; track a run first"):
        serve(configured("new", tmp_path))


def test_a_port_that_does_not_exist_is_refused(configured):
    Tracker(configured("new"))
    with pytest.raises(ClvlensError, match="ports 70000 to 70019 cannot be listened on"):
        serve(configured("new"), 70_000)


@pytest.mark.slow
def test_a_store_that_the_server_cannot_read_is_told_with_its_words(configured, tmp_path):
    (tmp_path / "data" / "mlflow").mkdir(parents=True)
    (tmp_path / "data" / "mlflow" / "mlflow.db").write_text("no database, but a text " * 100)
    with pytest.raises(ClvlensError, match=r"MLflow's server does not run: .*not a database"):
        serve(configured("broken", tmp_path))


def _report(folder):
    report = folder / "report"
    report.mkdir()
    (report / "levers.html").write_text("<h1>levers</h1>")
    return report
