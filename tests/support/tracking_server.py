"""MLflow's tracking server on the loopback, which can be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mlflow import MlflowClient

from clvlens.output.location import answers
from clvlens.output.opening import create_database

START_SECONDS = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class TrackingServer:
    """A server that keeps what it is sent in a folder, also while it is down."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, and return once the server answers."""
        database = self.folder / "mlflow.db"
        if not database.exists():
            create_database(database)
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1", "--port",
                   str(self.port), "--backend-store-uri", f"sqlite:///{database}",
                   "--artifacts-destination", str(self.folder / "artifacts")]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        ends = time.monotonic() + START_SECONDS
        while not answers(f"{self.uri}/health", 1):
            assert self.process.poll() is None, "the server left"
            assert time.monotonic() < ends, "the server does not answer"
            time.sleep(0.2)

    def kill(self) -> None:
        """Kill the server outright, with its workers."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def runs(self) -> list[tuple[str, str, str]]:
        """Return experiment, name and status of every run, oldest first."""
        client = MlflowClient(f"sqlite:///{self.folder / 'mlflow.db'}")
        names = {one.experiment_id: one.name for one in client.search_experiments()}
        found = client.search_runs(list(names), order_by=["attributes.start_time"])
        return [(names[run.info.experiment_id], run.info.run_name, run.info.status)
                for run in found]  # fmt: skip

    def versions(self, name: str) -> list[str]:
        """Return the versions of a registered model."""
        client = MlflowClient(f"sqlite:///{self.folder / 'mlflow.db'}")
        return [str(one.version) for one in client.search_model_versions(f"name = '{name}'")]
