"""The model as MLflow serves it: this code over our own files, never a pickle.

MLflow copies this file beside the model and runs the copy wherever the model is loaded; clvlens
must be installed there. Importing it sets MLflow's current model, and does nothing else.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterable, Sequence
from importlib.metadata import packages_distributions, version
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pandas as pd
from mlflow.models import Model, ModelSignature, set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

from clvlens.errors import ModelError, nearest
from clvlens.models.customer import CustomerModel
from clvlens.models.store import load_model

MODEL_FOLDER = "model_folder"
CUTOFF = "cutoff"
REQUIREMENTS = ("clvlens", "mlflow", "numpy", "pandas", "scikit-learn")


class ServedModel(PythonModel):
    """Rows of the encoder's columns in, predictions over the horizon out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the model after checking its files against their manifest."""
        self.model = load_model(Path(context.artifacts[MODEL_FOLDER]))

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict | None = None,
    ) -> pd.DataFrame:
        """Return predictions, one row each row of input, columns as `CustomerModel.predict`.

        Columns are matched by name: their order is free, and further ones are ignored. The
        parameter `cutoff` says of which day the features are, for the season. Raises `ModelError`
        naming what is missing, or where the cutoff is no date.
        """
        columns = self.model.encoder.columns
        missing = [name for name in columns if name not in model_input.columns]
        if missing:
            known = map(str, model_input.columns)
            raise ModelError(
                f"{len(missing)} columns that the model reads are missing, first {missing[0]!r}; "
                f"send every column of its signature; {nearest(missing[0], known)}"
            )
        swing = _swing(self.model, (params or {}).get(CUTOFF, ""))
        return self.model.predict_encoded(model_input[columns].to_numpy("float64"), swing)


def _swing(model: CustomerModel, cutoff: str) -> float:
    if not cutoff:
        return 1.0
    try:
        return float(model.swing([pd.Timestamp(cutoff)])[0])
    except ValueError as error:
        raise ModelError(f"cutoff {cutoff!r} is no date; write it as 2024-01-31") from error


def package(folder: Path, model_folder: Path, columns: Sequence[str], run_id: str) -> Path:
    """Write a saved model into `folder` as MLflow wants it, and return where.

    MLflow notes the paths of what it is given, so it is given copies. Raises `ModelError` where
    the model is damaged or reads other columns.
    """
    copy = shutil.copytree(model_folder, folder / MODEL_FOLDER)
    model = load_model(copy)
    if list(columns) != model.encoder.columns:
        raise ModelError(f"{model_folder} reads other columns than those named; train it again")
    outputs = model.predict_encoded(np.zeros((1, len(columns)))).columns
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*An input example was not provided")
        mlflow.pyfunc.save_model(
            folder / "package",
            python_model=shutil.copy(__file__, folder / "serving.py"),
            artifacts={MODEL_FOLDER: str(copy)},
            signature=ModelSignature(
                _doubles(columns),
                _doubles(outputs),
                ParamSchema([ParamSpec(CUTOFF, DataType.string, "")]),
            ),
            pip_requirements=_requirements(),
            mlflow_model=Model(run_id=run_id),
        )
    return folder / "package"


def _doubles(names: Iterable[str]) -> Schema:
    return Schema([ColSpec(DataType.double, name) for name in names])


def _requirements() -> list[str]:
    """Return what a serving environment needs; XGBoost comes in packages of several names."""
    names = [*REQUIREMENTS, packages_distributions()["xgboost"][0]]
    return [f"{name}=={version(name)}" for name in names]


set_model(ServedModel())
