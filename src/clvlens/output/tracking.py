"""Runs, their artifacts and their models, kept in MLflow.

Everything goes through a client of its own, never through MLflow's current run, so that trackers
don't disturb each other or the user's own runs. Kept is what the caller hands over: no input
examples, no user or script names, no system metrics.
"""

from __future__ import annotations

import atexit
import functools
import json
import logging
import math
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar

from clvlens.config import Config
from clvlens.errors import ModelError, TrackingError
from clvlens.models.store import check_manifest
from clvlens.output.interrupted import PROCESS, end_interrupted, process_tag
from clvlens.output.location import MANNERS, answers, locate, page, without_password

os.environ.update({**MANNERS, **os.environ})

import mlflow.artifacts
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy.exc import SQLAlchemyError

from clvlens.output.serving import MODEL_FOLDER, package

CHAMPION = "champion"
DIGEST = "clv.model_digest"
NOTE = "mlflow.note.content"
LONGEST_NOTE = 5000  # characters that every MLflow keeps of a description
NOBODY = {
    "mlflow.user": "clvlens",
    "mlflow.source.name": "clvlens",
    "mlflow.source.type": "LOCAL",
}
PATIENCE_SECONDS = 5

P = ParamSpec("P")
R = TypeVar("R")
Status = Literal["FINISHED", "FAILED", "KILLED"]


@contextmanager
def _told(uri: str) -> Iterator[None]:
    """Turn whatever MLflow raises into one line that says where and what to do."""
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        problem = " ".join(str(error).split())
        problem = problem if len(problem) < 400 else f"{problem[:400]} …"
        message = f"the tracking store {uri} failed: {problem}; mend it or change tracking.uri"
        raise TrackingError(without_password(message)) from error


def _reported(
    method: Callable[Concatenate[Tracker, P], R],
) -> Callable[Concatenate[Tracker, P], R]:
    @functools.wraps(method)
    def reported(self: Tracker, *args: P.args, **kwargs: P.kwargs) -> R:
        with _told(self.uri):
            return method(self, *args, **kwargs)

    return reported


class Tracker:
    """A way into one experiment of one tracking store.

    Every method raises `TrackingError` where the store does not take or give what is asked.
    """

    def __init__(self, config: Config) -> None:
        """Open the store, making it on first use; a server must answer within seconds.

        Runs that a killed process left running are ended.
        """
        place = locate(config)
        self.uri = place.uri
        self.host = place.host
        self.name = config.title
        if place.is_server and not answers(f"{self.host}/health", PATIENCE_SECONDS):
            raise TrackingError(
                f"no tracking server answers at {self.host}; start it, or leave "
                "tracking.uri out to keep experiments in data/mlflow"
            )
        with _told(self.uri):
            if place.database and not place.database.exists():
                _create_database(place.database)
            self._client = MlflowClient(self.uri, self.uri)
            self.experiment_id = _experiment(self._client, place.experiment, place.artifacts)
            end_interrupted(self._client, self.experiment_id)

    @_reported
    def begin(self, name: str, params: Mapping[str, object], tags: Mapping[str, str]) -> str:
        """Start a run and return its id."""
        tags = {**NOBODY, PROCESS: process_tag(), **tags}
        run = self._client.create_run(self.experiment_id, tags=tags, run_name=name).info.run_id
        kept = [Param(key, str(value)) for key, value in params.items()]
        self._client.log_batch(run, params=kept)
        return run

    @_reported
    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Keep metrics to six digits, as pages show them all; left out are nan and infinity."""
        now = int(time.time() * 1000)
        kept = [
            Metric(key, float(f"{value:.6g}"), now, step=0)
            for key, value in metrics.items()
            if math.isfinite(value)
        ]
        self._client.log_batch(run_id, metrics=kept)

    @_reported
    def log_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Keep tags, by which runs are filtered."""
        self._client.log_batch(run_id, tags=[RunTag(key, str(tags[key])) for key in tags])

    @_reported
    def log_folder(self, run_id: str, folder: Path, at: str = "") -> None:
        """Keep every file of a folder as an artifact, at the root or below `at`."""
        self._client.log_artifacts(run_id, str(folder), at or None)

    @_reported
    def log_file(self, run_id: str, path: Path) -> None:
        """Keep a file as an artifact at the root."""
        self._client.log_artifact(run_id, str(path))

    @_reported
    def describe(self, run_id: str, markdown: str) -> None:
        """Describe a run, and the experiment by its newest run: both are read without a click."""
        self._client.set_tag(run_id, NOTE, _shortened(markdown, LONGEST_NOTE))
        newest = f"[Open the newest run]({self.link(run_id, host='')}) · {markdown}"
        self._client.set_experiment_tag(self.experiment_id, NOTE, _shortened(newest, LONGEST_NOTE))

    @_reported
    def register(self, run_id: str, model_folder: Path, columns: Sequence[str], digest: str) -> int:
        """Keep a saved model as the next version of the run's registered model, and return that.

        `columns` are the encoder's, `digest` is what `check_manifest` said of the folder: both
        are compared when the model is loaded or downloaded.
        """
        client = self._client
        with tempfile.TemporaryDirectory() as folder:
            packed = package(Path(folder), model_folder, columns, run_id)
            model = client.create_logged_model(self.experiment_id, self.name, run_id)
            client.log_model_artifacts(model.model_id, str(packed))
        client.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
        if self._aliases(self.name) is None:
            client.create_registered_model(self.name)
        version = client.create_model_version(
            self.name,
            model.artifact_location,
            run_id,
            tags={DIGEST: digest},
            model_id=model.model_id,
        ).version
        shown = json.dumps([{"name": self.name, "version": version}])
        client.set_logged_model_tags(model.model_id, {"mlflow.modelVersions": shown})
        return int(version)

    @_reported
    def champion(self) -> int | None:
        """Return the version that predicts unless told otherwise, or nothing."""
        return (self._aliases(self.name) or {}).get(CHAMPION)

    @_reported
    def promote(self, version: int) -> None:
        """Make a version the champion."""
        self._client.set_registered_model_alias(self.name, CHAMPION, str(version))

    @_reported
    def describe_version(self, version: int, markdown: str) -> None:
        """Describe a version of the registered model."""
        self._client.update_model_version(
            self.name, str(version), _shortened(markdown, LONGEST_NOTE)
        )

    @_reported
    def download(self, model: str) -> Path:
        """Return a temporary copy of a saved model, gone when the program ends.

        `model` is an alias, a version, `models:/name@alias` or `models:/name/version`. Raises
        `ModelError` where there is no such version, or its files are not those registered.
        """
        name, wanted = _parts(model, self.name)
        version = self._version(name, wanted)
        folder = Path(tempfile.mkdtemp(prefix="clvlens-model-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        source = self._client.get_model_version_download_uri(name, str(version))
        copy = mlflow.artifacts.download_artifacts(
            f"{source}/artifacts/{MODEL_FOLDER}",
            dst_path=str(folder),
            tracking_uri=self.uri,
            registry_uri=self.uri,
        )
        registered = self._client.get_model_version(name, str(version)).tags.get(DIGEST)
        if check_manifest(Path(copy)) != registered:
            raise ModelError(
                f"version {version} of {name} is not what was registered; train the model again"
            )
        return Path(copy)

    @_reported
    def end(self, run_id: str, status: Status = "FINISHED") -> None:
        """End a run."""
        self._client.set_terminated(run_id, status)

    def link(self, run_id: str, host: str | None = None, artifact: str = "") -> str:
        """Return the address of a run's page or of one artifact on it.

        `host` is the server's by default; without one (`""`) the address is for descriptions.
        """
        host = self.host if host is None else host
        return page(host, self.experiment_id, run_id, artifact)

    def _aliases(self, name: str) -> dict[str, int] | None:
        """Return the version behind each alias of a registered model; nothing if there is none."""
        try:
            aliases = self._client.get_registered_model(name).aliases
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        return {alias: int(version) for alias, version in aliases.items()}

    def _version(self, name: str, wanted: str) -> int:
        aliases = self._aliases(name)
        if aliases is None:
            raise ModelError(f"no model named {name} is registered; train one first: clvlens train")
        found = self._client.search_model_versions(f"name = '{name}'")
        versions = sorted(int(version.version) for version in found)
        if wanted in aliases:
            return aliases[wanted]
        if wanted.isdigit() and int(wanted) in versions:
            return int(wanted)
        known = [*map(str, versions), *sorted(aliases)]
        raise ModelError(f"{name} has no version {wanted!r}; known are {', '.join(known)}")


def _create_database(database: Path) -> None:
    """Make the schema under another name, so that being killed meanwhile leaves no half of it.

    Where two processes do so at once, the second leaves the file of the first alone.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)  # it names every step
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".new-") as folder:
        temporary = Path(folder) / database.name
        artifacts = database.parent / "artifacts"
        SqlAlchemyStore(f"sqlite:///{temporary}", str(artifacts)).engine.dispose()
        try:
            database.hardlink_to(temporary)
        except OSError:  # the other process's file, or a file system without links
            if not database.exists():
                temporary.replace(database)


def _experiment(client: MlflowClient, name: str, artifacts: Path | None) -> str:
    known = client.get_experiment_by_name(name)
    if known is not None:
        return known.experiment_id
    try:
        return client.create_experiment(name, artifacts and artifacts.as_uri())
    except MlflowException:
        known = client.get_experiment_by_name(name)  # another process may have been faster
        if known is None:
            raise
        return known.experiment_id


def _parts(model: str, name: str) -> tuple[str, str]:
    """Return the registered model and the version or alias that an address speaks of."""
    address = re.fullmatch(r"models:/([^/@]+)[/@]([^/@]+)", model)
    return (address[1], address[2]) if address else (name, model)


def _shortened(text: str, longest: int) -> str:
    """Return a text cut after its last whole line that fits."""
    if len(text) <= longest:
        return text
    return text[: longest - 2].rpartition("\n")[0] + "\n…"
