"""What the verbs have left of one model, read back: nothing is computed again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from clvlens.config import Config
from clvlens.evaluation.grade import Grade
from clvlens.models.horizons import trained_beside
from clvlens.models.store import check_manifest
from clvlens.output.lever_records import read_levers
from clvlens.output.lever_report import LeverReport
from clvlens.output.records import HASH_LENGTH, read_grade
from clvlens.output.stamps import QUALITY, STAMP, read_stamp
from clvlens.output.value_records import WORDS

# verb → its folder, and the file in it that names the model
FOLDERS = {
    "train": ("training", STAMP),
    "evaluate": ("evaluation", "grade.json"),
    "explain": ("explanation", STAMP),
    "levers": ("levers", STAMP),
    "value": ("value", STAMP),
    "monitor": ("monitor", STAMP),
    "check": (QUALITY, ""),  # of no model
}
PREDICTED = {
    "cutoff": str, "horizon_days": int, "predicted_value": float, "churn_probability": float,
    "segment": str, "model_version": str,
}  # fmt: skip
HERE, ABSENT, STALE = "here", "not there yet", "about another model"


@dataclass(frozen=True)
class Findings:
    """What lies in the folder of a run about the model with this digest.

    Reading raises `OSError`, `ValueError` or `LookupError` where a file is missing or damaged.
    """

    config: Config
    digest: str

    def state(self, verb: str) -> str:
        """Return whether what a verb leaves is here, not there yet, or about another model."""
        if verb == "predict":
            return _state(len(self.predictions) > 0, len(self.own(self.predictions)) > 0)
        if verb == "check":
            return _state(self._place("histories.csv").exists(), True)
        folder, stamp = FOLDERS[verb]
        place = self._place(folder)
        return _state(place.is_dir(), read_stamp(place / stamp) == self.digest)

    def table(self, verb: str, name: str) -> pd.DataFrame:
        """Return a table that a verb has left; empty where it found nothing to write."""
        return _read(self._place(FOLDERS[verb][0], f"{name}.csv"))

    def plot(self, verb: str, name: str) -> Path | None:
        """Return the file of a plot, if there is one."""
        path = self._place(FOLDERS[verb][0], "plots", f"{name}.png")
        return path if path.exists() else None

    def plots(self, verb: str, beginning: str) -> list[Path]:
        """Return the files of the plots of a verb whose names begin so."""
        return sorted(self._place(FOLDERS[verb][0], "plots").glob(f"{beginning}*.png"))

    @cached_property
    def grade(self) -> Grade | None:
        """The grade of the model, if it was evaluated."""
        return read_grade(self.config, self.digest)

    @property
    def about(self) -> dict[str, Any]:
        """What the model predicts and what it learned from."""
        return self._json(FOLDERS["train"][0], "run", "metadata.json")

    @property
    def tested(self) -> list[str]:
        """The cutoffs at which the model was graded, if it was evaluated."""
        if self.grade is None:
            return []
        return self._json(FOLDERS["evaluate"][0], "test.json")["cutoffs"]

    @cached_property
    def levers(self) -> LeverReport:
        """What is told of the levers."""
        return read_levers(self.config)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The columns of the predictions that name nobody; no rows where there is no file."""
        path = self._place("predictions.csv")
        if not path.exists():
            return pd.DataFrame(columns=list(PREDICTED))
        return pd.read_csv(path, usecols=list(PREDICTED), dtype=PREDICTED)

    @property
    def totals(self) -> pd.DataFrame:
        """What predictions add up to over this model's horizon, with bounds; perhaps no rows."""
        found = _read(self._place("predictions_totals.csv"))
        return self.own(found) if len(found) else found

    @cached_property
    def beside(self) -> tuple[Findings, ...]:
        """What there is about the models of further horizons."""
        trained = trained_beside(self.config)
        return tuple(Findings(own, check_manifest(own.model_folder)) for own in trained)

    def own(self, predictions: pd.DataFrame) -> pd.DataFrame:
        """Return the predictions that are this model's, over its horizon."""
        days, version = self.config.target.horizon_days, self.digest[:HASH_LENGTH]
        asked = predictions["horizon_days"] == days
        return predictions[asked & (predictions["model_version"] == version)]

    @property
    def histories(self) -> pd.DataFrame:
        """What `check` found: a row a history."""
        return _read(self._place("histories.csv"))

    @property
    def remarks(self) -> pd.DataFrame:
        """What is odd in the data: a row a remark."""
        return _read(self._place("data_quality.csv"))

    @property
    def words(self) -> dict[str, Any]:
        """What `value` says beside its tables."""
        return self._json(FOLDERS["value"][0], WORDS)

    def _json(self, *names: str) -> dict[str, Any]:
        return json.loads(self._place(*names).read_text(encoding="utf-8"))

    def _place(self, *names: str) -> Path:
        return self.config.data_folder.joinpath(*names)


def _state(there: bool, ours: bool) -> str:
    return (HERE if ours else STALE) if there else ABSENT


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path) if path.exists() else pd.DataFrame()
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
