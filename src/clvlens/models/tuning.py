"""Better settings for each model, searched on temporal folds before the test; never on the test.

Every model has a study and a space of its own, and is judged alone; trials go from one model to
the next in turn. A study is resumable: it lives in SQLite, every trial has an index, and what a
trial tries depends on its index and on the finished trials before it alone. So a search that was
killed and run again ends where an uninterrupted one does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, Trial, TrialState

from clvlens.bootstrap import Interval, bootstrap_interval
from clvlens.config import ModelConfig
from clvlens.files import whole_file
from clvlens.models.blend import ANCHORED, KINDS, LINEAR
from clvlens.models.folds import CHURN, Fold, joint_losses, single_losses, temporal_folds
from clvlens.panel.panel import Panel

WORSE = 1.05  # a trial that loses so many times what the default does on the first fold is pruned
STARTUP = 5  # trials of a model drawn at random before any are learned from
INDEX, TOLD = "index", "told"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
POWERED = ("tweedie", ANCHORED)
MANY_LEAVES = ("ziln", "quantile")  # several outputs a leaf, so that each needs more rows

Progress = Callable[[str], None]
Report = Callable[[str, int, dict, float | None], None]


@dataclass(frozen=True)
class Single:
    """One model's search: the default's loss alone, the best, and its settings."""

    model: str
    default_loss: float
    loss: float
    params: dict[str, float]


@dataclass(frozen=True)
class Tuned:
    """The winners together beside the default: mean loss over the folds, 1 for constant means.

    `gain` is the default's loss less the winners', with a 90 % interval over customers. Where it
    is none, the settings are the default's.
    """

    settings: ModelConfig
    loss: float
    default_loss: float
    gain: Interval
    trials: int
    singles: tuple[Single, ...] = ()
    notes: tuple[str, ...] = ()


def tune(
    panel: Panel,
    storage: Path,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    progress: Progress = lambda _: None,
    report: Report = lambda *_: None,
) -> Tuned:
    """Try settings until so many trials are finished, or so many minutes are over.

    The first trial of each model is the configuration's own settings; the same data and settings
    resume the studies in `storage`. `report` is told model, index, settings and loss (None if
    pruned) of every trial that it was not told of before. Raises `ModelError` where no fold has
    enough to learn from.
    """
    folds, notes = temporal_folds(panel)
    base = panel.config.model
    names = _tunable(base, folds)
    title = f"{panel.fingerprint[:16]} {base.model_dump_json()}"
    studies = {name: _open(storage, f"{name} {title}") for name in names}
    ends = time.monotonic() + 60 * minutes if minutes else np.inf
    for turn in range(trials) if trials else count():
        if turn and time.monotonic() >= ends:
            break
        name, index = names[turn % len(names)], turn // len(names)
        if index not in _finished(studies[name]):
            progress(f"trial {turn + 1}" + (f" of {trials}" if trials else "") + f": {name}")
            _try(studies[name], name, index, base, folds)
        _tell(studies[name], name, report)
    singles = tuple(_best(name, study) for name, study in studies.items() if _finished(study))
    progress("compare the winners with the default")
    done = sum(len(_finished(study)) for study in studies.values())
    return _together(folds, base, singles, done, notes)


def _tunable(base: ModelConfig, folds: list[Fold]) -> list[str]:
    """Return churn and the methods of value with settings; anchored ones only where BTYD is."""
    names = [name for name in base.candidates if name in KINDS]
    if ANCHORED in names and any(fold.partner is None for fold in folds):
        names.remove(ANCHORED)
    return [CHURN, *names]


def _open(storage: Path, name: str) -> optuna.Study:
    """Open a study; trials that a killed process left running have failed."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if not storage.exists():
        with whole_file(storage) as temporary:  # half a schema could never be opened again
            made = optuna.storages.RDBStorage(f"sqlite:///{temporary}")
            made.engine.dispose()
    study = optuna.create_study(
        storage=f"sqlite:///{storage}", study_name=name, direction="minimize", load_if_exists=True
    )
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    return study


def _finished(study: optuna.Study) -> dict[int, FrozenTrial]:
    """Return the finished trials by index."""
    trials = study.get_trials(deepcopy=False, states=FINISHED)
    return {trial.user_attrs[INDEX]: trial for trial in trials}


def _try(study: optuna.Study, name: str, index: int, base: ModelConfig, folds: list[Fold]) -> None:
    """Run one trial. What it tries depends on its index and the finished trials alone."""
    study.sampler = optuna.samplers.TPESampler(
        seed=1000 * base.seed + index, n_startup_trials=STARTUP, multivariate=True
    )
    trial = study.ask()
    trial.set_user_attr(INDEX, index)
    settings = base.with_method(name, _suggest(trial, name) if index else {})
    losses = []
    for step, fold in enumerate(folds):
        losses.append(float(np.nanmean(single_losses(fold, name, settings)["loss"])))
        trial.report(losses[-1], step)
        default = losses if index == 0 else list(_finished(study)[0].intermediate_values.values())
        if step == 0 and len(folds) > 1 and losses[0] > WORSE * default[0]:
            study.tell(trial, state=TrialState.PRUNED)
            return
    study.tell(trial, float(np.mean(losses)))


def _suggest(trial: Trial, name: str) -> dict[str, float]:
    """Draw from a model's space; the number of its trees is found by each fit itself."""
    if name == LINEAR:
        return {"penalty": trial.suggest_float("penalty", 0.003, 3.0, log=True)}
    many = name in MANY_LEAVES
    drawn: dict[str, float] = {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 6 if many else 8),
        "min_child_weight": trial.suggest_float(
            "min_child_weight", 5.0 if many else 1.0, 200.0 if many else 100.0, log=True
        ),
    }
    if name in POWERED:
        drawn["power"] = trial.suggest_float("power", 1.1, 1.9)
    return drawn


def _tell(study: optuna.Study, name: str, report: Report) -> None:
    """Report every finished trial once, in order, also across interruptions."""
    told = study.user_attrs.get(TOLD, 0)
    finished = _finished(study)
    for index in range(told, len(finished)):
        trial = finished[index]
        pruned = trial.state is TrialState.PRUNED
        report(name, index, trial.params, None if pruned else trial.value)
        study.set_user_attr(TOLD, index + 1)


def _best(name: str, study: optuna.Study) -> Single:
    done = _finished(study)
    losses = {i: float(t.value or 0) for i, t in done.items() if t.state is TrialState.COMPLETE}
    best = min(losses, key=lambda index: (losses[index], index))
    return Single(name, losses[0], losses[best], dict(done[best].params))


def _together(
    folds: list[Fold],
    base: ModelConfig,
    singles: tuple[Single, ...],
    trials: int,
    notes: tuple[str, ...],
) -> Tuned:
    """Hold all winners together against the default; what is best alone may not be together."""
    settings = base
    for one in singles:
        settings = settings.with_method(one.model, one.params)
    theirs = _row_losses(folds, base)
    ours = theirs if settings == base else _row_losses(folds, settings)
    gain = _gain(ours, theirs)
    if gain.estimate < 0:
        said = f"the winners of each model lose {-gain.estimate:.4f} more together: not taken"
        return Tuned(base, _mean(theirs), _mean(theirs), _gain(theirs, theirs), trials, singles,
                     (*notes, said))  # fmt: skip
    return Tuned(settings, _mean(ours), _mean(theirs), gain, trials, singles, notes)


def _row_losses(folds: list[Fold], settings: ModelConfig) -> pd.DataFrame:
    return pd.concat(
        [joint_losses(fold, settings).assign(fold=place) for place, fold in enumerate(folds)]
    )


def _mean(losses: pd.DataFrame) -> float:
    """Return the mean over folds of each fold's mean loss."""
    return float(np.mean(losses.groupby("fold")["loss"].agg("mean")))


def _gain(ours: pd.DataFrame, theirs: pd.DataFrame) -> Interval:
    """Return the default's mean loss less the winner's; every fold weighs the same."""
    size = ours.groupby("fold")["loss"].transform("size").to_numpy()
    share = 1 / size / ours["fold"].nunique() * len(ours)
    return bootstrap_interval(
        lambda loss, rival: float(np.mean(rival - loss)),
        ours["loss"].to_numpy() * share,
        theirs["loss"].to_numpy() * share,
        groups=ours["customer_id"].to_numpy(),
    )
