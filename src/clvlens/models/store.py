"""Models on disk: UBJ and JSON behind a manifest of sha256 digests, never a pickle."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from clvlens.errors import ModelError
from clvlens.files import whole_folder
from clvlens.models.blend import ValueBlend
from clvlens.models.boosting import Boosted, check_device
from clvlens.models.churn import ChurnClassifier
from clvlens.models.customer import CustomerModel
from clvlens.models.encoding import Encoder
from clvlens.models.intervals import ValueInterval
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.own import Estimator, OwnValue, restore_own
from clvlens.models.value import HurdleRegressor
from clvlens.panel.panel import FeatureInfo

OWN = "own-"  # before the names of files that an estimator of the user's wrote
FORMAT = 3  # 1 had one hurdle in place of a blend, 2 no line beside the trees of churn
ESTIMATORS: dict[str, type[Boosted] | type[ValueBlend]] = {
    "value": ValueBlend,
    "churn": ChurnClassifier,
    "orders": OrderCountRegressor,
    "interval": ValueInterval,
    "involuntary": ChurnClassifier,
}


def save_model(model: CustomerModel, folder: Path) -> Path:
    """Write a model into a folder that appears whole or not at all."""
    own = model.value if isinstance(model.value, OwnValue) else None
    fitted = _estimators(model)
    metadata = {
        "format": FORMAT,
        "about": model.about,
        "encoder": model.encoder.to_dict(),
        "features": [asdict(feature) for feature in model.features],
        "estimators": {name: _describe(estimator) for name, estimator in fitted.items()},
    }
    files = {f"{OWN}{name}": content for name, content in (own.files() if own else {}).items()}
    if own:
        metadata["own"] = own.name
    files["metadata.json"] = _json(metadata)
    for name, estimator in fitted.items():
        for part, booster in estimator.boosters_.items():
            files[f"{name}-{part}.ubj"] = bytes(booster.save_raw("ubj"))
    digests = {name: sha256(content).hexdigest() for name, content in files.items()}
    files["manifest.json"] = _json({"format": FORMAT, "sha256": digests})
    with whole_folder(folder) as temporary:
        for name, content in files.items():
            (temporary / name).write_bytes(content)
    return folder


def load_model(
    folder: Path, device: str = "cpu", *, own: type[Estimator] | None = None
) -> CustomerModel:
    """Return a model after checking every file against the manifest.

    Its trees are asked on the `device`, `cpu` or `cuda`, wherever they were grown. A model with an
    estimator of the user's needs its class as `own`: nothing is imported because a folder says so.
    Raises `ModelError` where a file is missing, changed or unknown, the format is newer, what was
    written is no model, its class is not handed in, or XGBoost cannot use the device.
    """
    check_device(device)
    files = _checked(folder)
    try:
        model = _restore(files, own)
    except ModelError as error:
        raise ModelError(f"{folder}: {error}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"{folder} describes no model that works; train it again") from error
    for estimator in _estimators(model).values():
        for booster in estimator.boosters_.values():
            booster.set_param({"device": device})
    return model


def check_manifest(folder: Path) -> str:
    """Check every file of a model, and return the digest that names it."""
    return sha256(_checked(folder)["manifest.json"]).hexdigest()


def _checked(folder: Path) -> dict[str, bytes]:
    """Return the files of a model, once their bytes are known to be those that were written.

    Only the manifest is parsed. It must be written as we write it, or a changed space would pass.
    """
    try:
        paths = {path.name: path for path in folder.iterdir()}
        real = [path for path in paths.values() if path.is_file() and not path.is_symlink()]
        files = {path.name: path.read_bytes() for path in real}
        raw = files["manifest.json"]
    except (FileNotFoundError, NotADirectoryError, KeyError):
        raise ModelError(f"{folder} holds no model; train one first: clvlens train") from None
    except OSError as error:
        raise ModelError(f"{folder} cannot be read: {error.strerror}; see to its rights") from None
    try:
        manifest = json.loads(raw)
        written, digests = manifest["format"], dict(manifest["sha256"])
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{folder}/manifest.json is damaged; train the model again") from None
    if type(written) is not int or not 1 <= written <= FORMAT:  # true is no 1
        raise ModelError(f"{folder} has format {written}, this clvlens reads {FORMAT}; update it")
    if raw != _json({"format": written, "sha256": digests}):
        raise ModelError(f"{folder}/manifest.json is damaged; train the model again")
    for name in sorted({*paths, *digests} - {"manifest.json"}):
        if name not in paths or name not in digests:
            raise ModelError(f"{folder}: {name} is missing or was added; train the model again")
        if name not in files or sha256(files[name]).hexdigest() != digests[name]:
            raise ModelError(f"{folder}/{name} was changed or damaged; train the model again")
    return files


def _restore(files: dict[str, bytes], own: type[Estimator] | None) -> CustomerModel:
    """Return the model that the files describe, once it could predict a customer of no history."""
    metadata = json.loads(files["metadata.json"])
    if metadata["format"] != json.loads(files["manifest.json"])["format"]:
        raise ValueError("manifest and metadata speak of different formats")
    encoder = Encoder.from_dict(metadata["encoder"])
    features = tuple(FeatureInfo(**feature) for feature in metadata["features"])
    estimators: dict[str, Any] = {}
    for name, about in metadata["estimators"].items():
        boosters = {
            part: xgb.Booster(model_file=bytearray(files[f"{name}-{part}.ubj"]))
            for part in about["parts"]
        }
        alone = name == "value" and "weights" not in about["state"]  # as format 1 had it
        kind = HurdleRegressor if alone else ESTIMATORS[name]
        estimators[name] = kind.restored(about["settings"], boosters, about["state"])
    if "own" in metadata:
        saved = {n.removeprefix(OWN): held for n, held in files.items() if n.startswith(OWN)}
        estimators["value"] = restore_own(metadata["own"], own, encoder.columns, saved)
    model = CustomerModel(encoder, features, **estimators, about=metadata["about"])
    unexplained = set(encoder.sources) - {feature.name for feature in features}
    predicted = model.predict_encoded(np.full((1, len(encoder.columns)), np.nan))
    if unexplained or not np.isfinite(predicted.to_numpy()).all():
        raise ValueError(f"features without a meaning: {unexplained}; predictions: {predicted}")
    return model


def _describe(estimator: Boosted | ValueBlend) -> dict:
    return {
        "settings": estimator.get_params(),
        "state": estimator.state_,
        "parts": list(estimator.boosters_),
    }


def _estimators(model: CustomerModel) -> dict[str, Any]:
    """Return the estimators of clvlens that the model has, by name."""
    found = {name: getattr(model, name) for name in ESTIMATORS}
    return {name: one for name, one in found.items() if one and not isinstance(one, OwnValue)}


def _json(values: dict) -> bytes:
    return (json.dumps(values, indent=1, sort_keys=True) + "\n").encode()
