"""A user's own estimator of value: fitted, kept and restored by its own methods, without a pickle.

Anything will do that has the methods of `Estimator`. Its class is code of the user's: a model's
folder names it, and nobody imports it from there; whoever loads the model hands the class in.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clvlens.errors import ModelError
from clvlens.models.rows import Floats, Rows


class Estimator(Protocol):
    """What a model of one's own must be able to do.

    Rows are a frame of the encoded features: numbers, missing where nothing is known, one column
    a category. Money is what a customer brought within the label window.
    """

    def fit(self, rows: pd.DataFrame, money: Floats) -> object:
        """Learn from rows and what they brought."""

    def predict(self, rows: pd.DataFrame) -> ArrayLike:
        """Return expected money, a finite number a row."""
        ...

    def save(self, folder: Path) -> object:
        """Write files that a copy needs into an empty folder."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return a copy of what was saved."""
        ...


@dataclass(frozen=True)
class OwnValue:
    """E[value | x] as an estimator of the user's says it, in money over the label window."""

    estimator: Estimator
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The module and the name of the estimator's class."""
        return _name(type(self.estimator))

    def predict(self, X: Floats) -> Floats:
        """Return the expected value a row. Shape (rows,).

        Raises `ModelError` where a row has none.
        """
        rows = pd.DataFrame(X, columns=list(self.columns))
        value = np.asarray(self.estimator.predict(rows), dtype="float64")
        if value.shape != (len(X),) or not np.isfinite(value).all():
            raise ModelError(f"{self.name}.predict gave no finite number for each of {len(X)} rows")
        return value

    def files(self) -> dict[str, bytes]:
        """Return what the estimator saves, by name; `ModelError` where that is not files alone."""
        with TemporaryDirectory() as folder:
            self.estimator.save(Path(folder))
            paths = sorted(Path(folder).iterdir())
            if not paths or not all(path.is_file() for path in paths):
                raise ModelError(f"{self.name}.save wrote no files, or folders; write files alone")
            return {path.name: path.read_bytes() for path in paths}


def fit_own(estimator: Estimator, columns: list[str], rows: Rows) -> OwnValue:
    """Fit a copy of an estimator, which itself stays as it was."""
    fitted = deepcopy(estimator)
    fitted.fit(pd.DataFrame(rows.X, columns=columns), rows.y)
    return OwnValue(fitted, tuple(columns))


def restore_own(
    named: str, own: type[Estimator] | None, columns: list[str], files: Mapping[str, bytes]
) -> OwnValue:
    """Return what was saved by the class `named`, which the caller must hand in as `own`.

    Raises `ModelError` where it is not handed in, or another class is.
    """
    simple = named.rpartition(".")[2]
    if own is None:
        raise ModelError(
            f"value is predicted by {named}, which is code of yours and is not imported unasked; "
            f"hand the class in, from Python: load_model(folder, own={simple})"
        )
    if own.__name__ != simple:
        raise ModelError(f"the model was saved by {named}, and {_name(own)} was handed in")
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return OwnValue(own.load(Path(folder)), tuple(columns))


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"
