"""`tune`: better settings, if there are any."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

from clvlens.cli.publishing import deliver
from clvlens.cli.show import notes
from clvlens.cli.stages import Stages
from clvlens.config import Config, ModelConfig
from clvlens.errors import ConfigError
from clvlens.files import whole_file
from clvlens.locks import alone
from clvlens.models import tuning
from clvlens.models.tuning import Tuned
from clvlens.output.parcels import begun, keep
from clvlens.panel.panel import build_panel

SHOWN = ("trees", "learning_rate", "max_depth", "min_child_weight")


def tune(config: Config, trials: int | None, minutes: float | None, stage: Stages) -> None:
    """Search settings on the folds before the test, keep the winner, and track every trial."""
    with alone(config.data_folder / ".tuning"):
        _tune(config, trials, minutes, stage)


def _tune(config: Config, trials: int | None, minutes: float | None, stage: Stages) -> None:
    built = build_panel(config, stage)
    experiment = f"{config.tracking.experiment or config.title}-tuning"
    study = f"{built.fingerprint} {config.model.model_dump_json()}"

    def report(index: int, params: dict, loss: float | None) -> None:
        settings = {**config.model.model_dump(), **params}
        figures = {} if loss is None else {"loss": loss}
        key = hashlib.sha256(f"{study} {index}".encode()).hexdigest()[:32]  # told twice, kept once
        trial = begun(
            config, f"trial {index + 1}", settings, run=key, experiment=experiment,
            tags={"clv.stage": "tune"}, metrics=figures,
        )  # fmt: skip
        keep(config, trial, {})

    tuned = tuning.tune(
        built,
        config.data_folder / "tuning.db",
        trials=trials if trials or minutes else 20,
        minutes=minutes,
        progress=stage,
        report=report,
    )
    path = _write(config, tuned)
    stage.end()
    _print(config, tuned)
    stage.wrote(path, told="; it is used by: clvlens train --tuned")
    stage.found(trials=tuned.trials, loss=tuned.loss, default_loss=tuned.default_loss)
    stage("track")
    deliver(config, f"the winner is saved in {path}")


def tuned_settings(config: Config) -> Config:
    """Return the configuration with the winner's settings.

    Raises `ConfigError` where there are none, or they cannot be read.
    """
    path = config.data_folder / "tuned.yaml"
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))["model"]
        model = ModelConfig.model_validate(settings)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; tune first: clvlens tune") from None
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        told = " ".join(str(error).split())[:200]
        raise ConfigError(f"{path} cannot be read: {told}; tune again: clvlens tune") from None
    return config.model_copy(update={"model": model})


def _write(config: Config, tuned: Tuned) -> Path:
    with whole_file(config.data_folder / "tuned.yaml") as temporary:
        temporary.write_text(yaml.safe_dump({"model": tuned.settings.model_dump()}))
    return config.data_folder / "tuned.yaml"


def _print(config: Config, tuned: Tuned) -> None:
    notes(tuned.notes)
    for name, settings, loss in (
        ("default", config.model, tuned.default_loss),
        ("winner", tuned.settings, tuned.loss),
    ):
        shown = ", ".join(f"{key} {getattr(settings, key):.3g}" for key in SHOWN)
        print(f"  {name:8} loss {loss:.4f}  ({shown})")
    gain = tuned.gain
    between = f"90 % interval {gain.low:+.4f} to {gain.high:+.4f}"
    print(f"  the default loses {gain.estimate:+.4f} more, {between}, after {tuned.trials} trials")
    print("  (loss: mean of value's and churn's, where predicting constant means loses 1)")
    if not gain.low > 0:
        print("  no better beyond chance: the default will do")
