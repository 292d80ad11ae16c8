"""What is to be tracked, kept here until the tracking store has all of it.

A parcel is a folder in `data/NAME/unsent`: its figures and words in `parcel.json`, its artifacts
below `artifacts`, and `model` where a model is to be registered. Every verb writes one before it
sends anything. A run bears the key of its parcels as a tag, so that sending again finds it. MLflow
can log in the background too, but from a queue in memory, which a killed process takes along.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from clvlens.config import Config
from clvlens.errors import TrackingError
from clvlens.files import whole_folder
from clvlens.locks import alone
from clvlens.output.location import locate

PARCEL, ARTIFACTS, MODEL = "parcel.json", "artifacts", "model"
RUN_PAGE = "run:/"  # before an artifact in `words`: its address on the run's page, known later

Crown = Literal["never", "vacant", "always"]


@dataclass(frozen=True)
class Parcel:
    """What one run is to get, beside the artifacts and the model that lie with it.

    `run` is the key of the run, `begins` its name where this is its first parcel. `columns` are
    the encoder's, and `digest` the manifest's, of a model to be registered. `crown` is when the
    run's version becomes champion; `at` is the instant of the metrics, in milliseconds since 1970.
    """

    run: str
    experiment: str
    begins: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    words: str = ""
    columns: tuple[str, ...] = ()
    digest: str = ""
    crown: Crown = "never"
    at: int = field(default_factory=lambda: time.time_ns() // 1_000_000)


def new_key() -> str:
    """Return a key that no other run has."""
    return uuid.uuid4().hex


def begun(config: Config, name: str, params: Mapping[str, object], **more: object) -> Parcel:
    """Return the parcel of a run that begins in the experiment of a configuration."""
    shown = {key: str(value) for key, value in params.items()}
    experiment = locate(config).experiment
    return Parcel(**{"run": new_key(), "experiment": experiment, "begins": name, "params": shown,
                     **more})  # fmt: skip


def unsent(config: Config) -> Path:
    """Return where parcels of a run are kept."""
    return config.data_folder / "unsent"


def keep(
    config: Config, parcel: Parcel, artifacts: Mapping[str, Path], model: Path | None = None
) -> Path:
    """Keep a parcel with copies of what goes with it, after all that are kept, and return it.

    `artifacts` are files and folders by the place on the run's page that they go to; `""` is its
    root, where a folder's contents lie singly.
    """
    with alone(unsent(config) / ".numbered", waits=True):
        last = max(map(number_of, kept(config)), default=0)
        place = unsent(config) / f"{last + 1:06d}-{parcel.run}"
        with whole_folder(place) as folder:
            for at, path in artifacts.items():
                _copy(path, folder / ARTIFACTS / at)
            if model is not None:
                _copy(model, folder / MODEL)
            text = json.dumps(asdict(parcel), indent=1, sort_keys=True)
            (folder / PARCEL).write_text(text, encoding="utf-8")
    return place


def kept(config: Config) -> list[Path]:
    """Return the parcels that are kept, oldest first."""
    return sorted(unsent(config).glob("[0-9]*-*"))


def number_of(folder: Path) -> int:
    """Return the place of a parcel among those that are kept."""
    return int(folder.name.partition("-")[0])


def key_of(folder: Path) -> str:
    """Return the key of the run that a parcel is about."""
    return folder.name.partition("-")[2]


def read_parcel(folder: Path) -> Parcel:
    """Return what a parcel says. Raises `TrackingError` where it cannot be read."""
    try:
        values = json.loads((folder / PARCEL).read_text(encoding="utf-8"))
        return Parcel(**{**values, "columns": tuple(values["columns"])})
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise TrackingError(
            f"{folder} cannot be read, and what it held for the tracking store is lost ({error}); "
            "remove it to send the others"
        ) from None


def remove(folder: Path) -> None:
    """Take a parcel away at once, so that being killed meanwhile leaves no half of it."""
    gone = folder.replace(folder.with_name(f".{folder.name}"))
    shutil.rmtree(gone, ignore_errors=True)


def _copy(path: Path, to: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, to, dirs_exist_ok=True)
    else:
        to.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
