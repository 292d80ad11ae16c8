"""Runs, their artifacts and their models, kept in MLflow.

Everything goes through a client of its own, never through MLflow's current run, so that trackers
don't disturb each other or the user's own runs. Kept is what the caller hands over: no input
examples, no user or script names, no system metrics.
"""

from __future__ import annotations

import atexit
import functools
import json
import math
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeVar

from clvlens.config import Config
from clvlens.errors import ModelError, TrackingError
from clvlens.models.store import check_manifest
from clvlens.output.interrupted import PROCESS, end_interrupted, process_tag
from clvlens.output.location import MANNERS, answers, locate, page

os.environ.update({**MANNERS, **os.environ})

import mlflow.artifacts
from mlflow import MlflowClient
from mlflow.entities import (
    LoggedModel,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    RunTag,
)
from mlflow.exceptions import MlflowException

from clvlens.output.opening import create_database, experiment_of, told
from clvlens.output.serving import MODEL_FOLDER, package

CHAMPION = "champion"
DIGEST = "clv.model_digest"
KEY = "clv.key"
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


def _reported(
    method: Callable[Concatenate[Tracker, P], R],
) -> Callable[Concatenate[Tracker, P], R]:
    @functools.wraps(method)
    def reported(self: Tracker, *args: P.args, **kwargs: P.kwargs) -> R:
        with told(self.uri):
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
        with told(self.uri):
            if place.database and not place.database.exists():
                create_database(place.database)
            self._client = MlflowClient(self.uri, self.uri)
            self.experiment_id = experiment_of(self._client, place.experiment, place.artifacts)
            end_interrupted(self._client, self.experiment_id)

    @_reported
    def begin(self, name: str, params: Mapping[str, object], tags: Mapping[str, str]) -> str:
        """Start a run and return its id."""
        tags = {**NOBODY, PROCESS: process_tag(), **tags}
        run = self._client.create_run(self.experiment_id, tags=tags, run_name=name).info.run_id
        self.log_params(run, params)
        return run

    @_reported
    def run_of(self, key: str) -> str | None:
        """Return the run that bears a key, if there is one: this or a killed process began it."""
        found = self._client.search_runs([self.experiment_id], f"tags.`{KEY}` = '{key}'")
        return found[0].info.run_id if found else None

    @_reported
    def log_params(self, run_id: str, params: Mapping[str, object]) -> None:
        """Keep parameters, which never change."""
        kept = [Param(key, str(value)) for key, value in params.items()]
        self._client.log_batch(run_id, params=kept)

    @_reported
    def log_metrics(self, run_id: str, metrics: Mapping[str, float], at: int | None = None) -> None:
        """Keep metrics to six digits, as pages show them all; left out are nan and infinity.

        `at` is when they were measured, in milliseconds since 1970: now, unless told otherwise.
        """
        now = time.time_ns() // 1_000_000 if at is None else at
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
    def describe(self, run_id: str, markdown: str) -> None:
        """Describe a run, and the experiment by its newest run: both are read without a click."""
        self._client.set_tag(run_id, NOTE, _shortened(markdown, LONGEST_NOTE))
        newest = f"[Open the newest run]({self.link(run_id, host='')}) · {markdown}"
        self._client.set_experiment_tag(self.experiment_id, NOTE, _shortened(newest, LONGEST_NOTE))

    @_reported
    def register(self, run_id: str, model_folder: Path, columns: Sequence[str], digest: str) -> int:
        """Keep a saved model as the run's version of the registered model, and return that.

        `columns` are the encoder's, `digest` is what `check_manifest` said of the folder: both
        are compared when the model is loaded or downloaded. What an interrupted process has left
        of the same is completed; a run has one version.
        """
        model = self._logged_model(run_id, model_folder, columns)
        version = self.version_of(run_id)
        if version is None:
            if self._aliases(self.name) is None:
                self._client.create_registered_model(self.name)
            made = self._client.create_model_version(
                self.name,
                model.artifact_location,
                run_id,
                tags={DIGEST: digest},
                model_id=model.model_id,
                await_creation_for=0,  # a server that takes longer goes on by itself
            )
            version = int(made.version)
        shown = json.dumps([{"name": self.name, "version": str(version)}])
        self._client.set_logged_model_tags(model.model_id, {"mlflow.modelVersions": shown})
        return version

    @_reported
    def version_of(self, run_id: str) -> int | None:
        """Return the version that a run has registered, if it has."""
        own = f"name = '{self.name}' and run_id = '{run_id}'"
        found = self._client.search_model_versions(own)
        return int(found[0].version) if found else None

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

    def _logged_model(self, run_id: str, model_folder: Path, columns: Sequence[str]) -> LoggedModel:
        """Return the run's model, its files with it."""
        client, own = self._client, f"source_run_id = '{run_id}'"
        known = client.search_logged_models([self.experiment_id], own)
        model = known[0] if known else None
        if model is None or model.status != LoggedModelStatus.READY:
            with tempfile.TemporaryDirectory() as folder:
                packed = package(Path(folder), model_folder, columns, run_id)
                if model is None:
                    model = client.create_logged_model(self.experiment_id, self.name, run_id)
                client.log_model_artifacts(model.model_id, str(packed))
            client.finalize_logged_model(model.model_id, "READY")
        outputs = client.get_run(run_id).outputs
        if not (outputs and outputs.model_outputs):
            client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
        return model

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


def _parts(model: str, name: str) -> tuple[str, str]:
    """Return the registered model and the version or alias that an address speaks of."""
    address = re.fullmatch(r"models:/([^/@]+)[/@]([^/@]+)", model)
    return (address[1], address[2]) if address else (name, model)


def _shortened(text: str, longest: int) -> str:
    """Return a text cut after its last whole line that fits."""
    if len(text) <= longest:
        return text
    return text[: longest - 2].rpartition("\n")[0] + "\n…"
