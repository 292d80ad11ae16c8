"""MLflow's own pages, served to this computer alone and opened at the newest run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, NoReturn

from clvlens.config import Config
from clvlens.errors import ClvlensError
from clvlens.output.location import (
    MANNERS,
    MODE,
    Location,
    answers,
    locate,
    page,
    without_password,
)

ADDRESS = "127.0.0.1"
PORTS_TRIED = 20
START_SECONDS = 120
STOP_SECONDS = 10

Say = Callable[[str], None]


def serve(config: Config, port: int = 5000, run_id: str | None = None, say: Say = print) -> None:
    """Serve a run's page, the newest by default, until interrupted.

    Says the address once the page can be opened. A port that is taken is left for the next free
    one; a store that is a server already is not served again. Raises `ClvlensError` where nothing
    was tracked yet or the server fails.
    """
    place = locate(config)
    if place.is_server:
        say(f"open {_entrance(place.host, place.experiment, run_id)}")
        return
    if place.database and not place.database.exists():
        raise ClvlensError(f"{place.database} does not exist; track a run first: clvlens train")
    port = _free_port(port)
    host = f"http://{ADDRESS}:{port}"
    with _terminable(), _server(place, port) as wait, suppress(KeyboardInterrupt):
        say(f"open {_entrance(host, place.experiment, run_id)}\nstop with Ctrl-C")
        wait()


def _entrance(host: str, experiment: str, run_id: str | None) -> str:
    """Return the address of a run's page; of a list where there is no run, or nobody may ask."""
    known = _ask(host, "experiments/search", max_results=1000).get("experiments", [])
    number = next((one["experiment_id"] for one in known if one["name"] == experiment), None)
    if number is None:
        return f"{host}/#/experiments?{MODE}"
    runs = _ask(host, "runs/search", experiment_ids=[number], max_results=1).get("runs", [])
    newest = run_id or next((run["info"]["run_id"] for run in runs), None)
    return page(host, number, newest) if newest else f"{host}/#/experiments/{number}?{MODE}"


def _ask(host: str, question: str, **body: object) -> dict:
    """Return the answer to a question in MLflow's REST API; an empty one where it is refused."""
    request = urllib.request.Request(
        f"{host}/api/2.0/mlflow/{question}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        return {}
    except (OSError, ValueError) as error:
        raise ClvlensError(
            f"no tracking server answers at {host} ({error}); start it, or leave "
            "tracking.uri out to keep experiments in data/mlflow"
        ) from error


def _free_port(first: int) -> int:
    """Return the first port from `first` on which nothing listens."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe, suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((ADDRESS, port))
            return port
    raise ClvlensError(
        f"ports {first} to {first + PORTS_TRIED - 1} cannot be listened on; give another --port"
    )


@contextmanager
def _server(place: Location, port: int) -> Iterator[Callable[[], None]]:
    """Run MLflow's server; yield, once it answers, a way to wait for its end."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--host", ADDRESS, "--port", str(port), "--backend-store-uri", place.uri]
    command += ["--uvicorn-opts", "--log-level=warning"]
    if place.artifacts:
        command += ["--default-artifact-root", place.artifacts.as_uri()]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**MANNERS, **os.environ, "MLFLOW_LOGGING_LEVEL": "ERROR"},
            start_new_session=True,  # so that Ctrl-C reaches us alone, and we stop it in order
        )
        try:
            _await(process, port, log)
            yield lambda: _fail(log) if process.wait() else None
        finally:
            _stop(process)


def _await(process: subprocess.Popen, port: int, log: IO[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while not answers(f"http://{ADDRESS}:{port}/health", 5):
        if process.poll() is not None or time.monotonic() > until:
            _fail(log)
        time.sleep(0.2)


def _fail(log: IO[bytes]) -> NoReturn:
    """Raise with the last line of the server's log that speaks of an error."""
    log.seek(0)
    lines = ["it said nothing", *log.read().decode(errors="replace").splitlines()]
    told = [line for line in lines if "Error" in line or "ERROR" in line] or lines
    message = f"MLflow's server does not run: {told[-1]}; mend that or give another --port"
    raise ClvlensError(without_password(message))


def _stop(process: subprocess.Popen) -> None:
    """Stop the server and the workers that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def _terminable() -> Iterator[None]:
    """Let a request to terminate end this program in order, with the exit code of one."""

    def leave(number: int, _: object) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
