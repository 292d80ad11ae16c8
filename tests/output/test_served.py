"""The model answers HTTP requests as MLflow serves it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pandas as pd
import pytest

from clvlens.output.serving import package

START_SECONDS = 120


@contextmanager
def served(model, log):
    """Serve a packed model on the loopback until the block ends; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port))
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model), *words]
    with log.open("w") as told:
        server = subprocess.Popen(command, stdout=told, stderr=told, start_new_session=True)
    try:
        ends = time.monotonic() + START_SECONDS
        while not is_ready(f"http://127.0.0.1:{port}/ping"):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < ends, log.read_text()
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def is_ready(address):
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status == 200
    except OSError:
        return False


def ask(address, rows):
    body = json.dumps({"dataframe_split": rows.to_dict("split", index=False)}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/invocations", body, headers)
    with urllib.request.urlopen(request) as answer:
        return pd.DataFrame(json.load(answer)["predictions"])


@pytest.mark.slow
def test_a_served_model_answers_what_the_model_predicts(tmp_path, model_folder, customer_model):
    columns = customer_model.encoder.columns
    rows = pd.DataFrame([[8.0, 3.0, 1.0, 0.0], [1.0, 80.0, 0.0, 1.0]], columns=columns)
    with served(package(tmp_path, model_folder, columns, "a run"), tmp_path / "log") as address:
        answered = ask(address, rows[columns[::-1]])
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            ask(address, rows.drop(columns=columns[0]))
        told = refused.value.read().decode()
    pd.testing.assert_frame_equal(answered, customer_model.predict_encoded(rows.to_numpy()))
    assert columns[0] in told
