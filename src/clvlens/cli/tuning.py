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

USUAL = 60  # trials of all models together


def tune(config: Config, trials: int | None, minutes: float | None, stage: Stages) -> bool:
    """Search settings on the folds before the test, keep the winner, and track every trial.

    Returns whether the winner is better than the default beyond chance.
    """
    with alone(config.data_folder / ".tuning"):
        return _tune(config, trials, minutes, stage)


def _tune(config: Config, trials: int | None, minutes: float | None, stage: Stages) -> bool:
    built = build_panel(config, stage)
    experiment = f"{config.tracking.experiment or config.title}-tuning"
    study = f"{built.fingerprint} {config.model.model_dump_json()}"

    def report(model: str, index: int, params: dict, loss: float | None) -> None:
        settings = {"model": model, **config.model.shape(model), **params}
        figures = {} if loss is None else {"loss": loss}
        # Told twice, it is kept once.
        key = hashlib.sha256(f"{study} {model} {index}".encode()).hexdigest()[:32]
        trial = begun(
            config, f"{model}, trial {index + 1}", settings, run=key, experiment=experiment,
            tags={"clv.stage": "tune"}, metrics=figures,
        )  # fmt: skip
        keep(config, trial, {})

    tuned = tuning.tune(
        built,
        config.data_folder / "tuning.db",
        trials=trials if trials or minutes else USUAL,
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
    return tuned.gain.low > 0


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
        temporary.write_text(
            yaml.safe_dump({"model": tuned.settings.model_dump(mode="json", exclude_none=True)})
        )
    return config.data_folder / "tuned.yaml"


def _print(config: Config, tuned: Tuned) -> None:
    notes(tuned.notes)
    for one in tuned.singles:
        own = ", ".join(f"{key} {value:.3g}" for key, value in one.params.items())
        print(f"  {one.model:9} {one.default_loss:.4f} → {one.loss:.4f}  ({own or 'as it is'})")
    print(f"  together  {tuned.default_loss:.4f} → {tuned.loss:.4f}")
    gain = tuned.gain
    between = f"90 % interval {gain.low:+.4f} to {gain.high:+.4f}"
    print(f"  the default loses {gain.estimate:+.4f} more, {between}, after {tuned.trials} trials")
    print("  (default → winner; predicting constant means loses 1; together is the mean of value's")
    print("  loss and churn's)")
    if not gain.low > 0:
        print("  no better beyond chance: the default will do")
