"""Where experiments are kept and how their pages are addressed, without importing MLflow.

By default one SQLite file, `data/mlflow/mlflow.db`, with the artifacts beside it. MLflow writes
absolute artifact paths into that file: a project that moves to another folder keeps its runs, but
their artifacts are then found by symbolic link or not at all.
"""

from __future__ import annotations

import http.client
import re
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from clvlens.config import Config

LOCAL_HOST = "http://127.0.0.1:5000"
MODE = "workflowType=machine_learning"  # MLflow opens in one for language models, without runs

# MLflow is told to stay quiet, to call nobody, to copy no project files into models, and to give
# up on a dead server soon. Whatever the user has set already wins.
MANNERS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
}


@dataclass(frozen=True)
class Location:
    """A tracking store: its URI, the experiment in it, and for SQLite the file and artifacts."""

    uri: str
    experiment: str
    database: Path | None = None

    @property
    def artifacts(self) -> Path | None:
        """Where artifacts go; nothing where the server decides that."""
        return self.database and self.database.parent / "artifacts"

    @property
    def is_server(self) -> bool:
        """Whether a server answers at the URI, so that none has to be started."""
        return self.uri.startswith(("http://", "https://"))

    @property
    def host(self) -> str:
        """The address of the pages: the server's own, or that of `clvlens ui`."""
        return without_password(self.uri).rstrip("/") if self.is_server else LOCAL_HOST


def locate(config: Config) -> Location:
    """Return where a run is tracked; a relative SQLite path is read from the project's folder."""
    experiment = config.tracking.experiment or config.title
    uri = config.tracking.uri or "sqlite:///data/mlflow/mlflow.db"
    if not uri.startswith("sqlite:///"):
        return Location(uri, experiment)
    database = (config.root / uri.removeprefix("sqlite:///")).resolve()
    return Location(f"sqlite:///{database}", experiment, database)


def page(host: str, experiment: str, run: str, artifact: str = "") -> str:
    """Return the address of a run's page, or of one artifact on it.

    Without a host, the address works from every page of the same server.
    """
    path = f"experiments/{experiment}/runs/{run}" + (f"/artifacts/{artifact}" if artifact else "")
    return f"{host and host.rstrip('/') + '/'}#/{path}?{MODE}"


def answers(url: str, seconds: float) -> bool:
    """Whether a server answers, with a page, an error or a certificate to be argued about."""
    try:
        with urllib.request.urlopen(url, timeout=seconds):
            return True
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as error:
        return isinstance(error.reason, ssl.SSLError)
    except (OSError, http.client.HTTPException):
        return False


def without_password(text: str) -> str:
    """Return a text whose addresses name neither user nor password."""
    return re.sub(r"//[^/@\s]+@", "//", text)
