"""Models on disk: UBJ and JSON behind a manifest of sha256 digests, never a pickle."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import xgboost as xgb

from clvlens.errors import ModelError
from clvlens.files import sha256, whole_folder
from clvlens.models.boosting import Boosted
from clvlens.models.churn import ChurnClassifier
from clvlens.models.customer import CustomerModel
from clvlens.models.encoding import Encoder
from clvlens.models.intervals import ValueInterval
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.value import HurdleRegressor
from clvlens.panel.panel import FeatureInfo

FORMAT = 1
ESTIMATORS: dict[str, type[Boosted]] = {
    "value": HurdleRegressor,
    "churn": ChurnClassifier,
    "orders": OrderCountRegressor,
    "interval": ValueInterval,
}


def save_model(model: CustomerModel, folder: Path) -> Path:
    """Write a model into a folder that appears whole or not at all."""
    with whole_folder(folder) as temporary:
        metadata = {
            "format": FORMAT,
            "about": model.about,
            "encoder": model.encoder.to_dict(),
            "features": [asdict(feature) for feature in model.features],
            "estimators": {},
        }
        for name in ESTIMATORS:
            estimator = getattr(model, name)
            if estimator is not None:
                metadata["estimators"][name] = _describe(estimator)
                for part, booster in estimator.boosters_.items():
                    booster.save_model(temporary / f"{name}-{part}.ubj")
        _write(temporary / "metadata.json", metadata)
        files = sorted(path.name for path in temporary.iterdir())
        digests = {name: sha256(temporary / name) for name in files}
        _write(temporary / "manifest.json", {"format": FORMAT, "sha256": digests})
    return folder


def load_model(folder: Path) -> CustomerModel:
    """Return a model after checking every file against the manifest.

    Raises `ModelError` where a file is missing, changed or unknown, or the format is newer.
    """
    check_manifest(folder)
    metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
    encoder = Encoder.from_dict(metadata["encoder"])
    estimators = {
        name: _restore(folder, name, about, len(encoder.columns))
        for name, about in metadata["estimators"].items()
    }
    features = tuple(FeatureInfo(**feature) for feature in metadata["features"])
    return CustomerModel(encoder, features, **estimators, about=metadata["about"])


def check_manifest(folder: Path) -> str:
    """Check every file of a model, and return the digest that names it.

    No file is parsed before its bytes are known to be those that were written.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        written, digests = manifest["format"], dict(manifest["sha256"])
    except FileNotFoundError:
        raise ModelError(f"{folder} holds no model; train one first: clvlens train") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelError(f"{folder}/manifest.json is damaged; train the model again") from None
    if written != FORMAT:
        raise ModelError(f"{folder} has format {written}, this clvlens reads {FORMAT}; update it")
    present = {path.name for path in folder.iterdir()} - {"manifest.json"}
    if present != set(digests):
        odd = sorted(present ^ set(digests))[0]
        raise ModelError(f"{folder}: {odd} is missing or was added; train the model again")
    for name, digest in digests.items():
        if sha256(folder / name) != digest:
            raise ModelError(f"{folder}/{name} was changed or damaged; train the model again")
    return sha256(folder / "manifest.json")


def _describe(estimator: Boosted) -> dict:
    return {
        "settings": estimator.get_params(),
        "state": estimator.state_,
        "parts": list(estimator.boosters_),
    }


def _restore(folder: Path, name: str, about: dict, features: int) -> Boosted:
    boosters = {}
    for part in about["parts"]:
        boosters[part] = xgb.Booster(model_file=folder / f"{name}-{part}.ubj")
    return ESTIMATORS[name].restored(about["settings"], boosters, about["state"], features)


def _write(path: Path, values: dict) -> None:
    path.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")
