"""Better settings for the models, searched on temporal folds before the test; never on the test.

A study is resumable: it lives in SQLite, every trial has an index, and what a trial tries depends
on its index and on the finished trials before it alone. So a study that was killed and run again
ends where an uninterrupted one does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial, Trial, TrialState
from sklearn.model_selection import GroupKFold

from clvlens import metrics
from clvlens.bootstrap import Interval, bootstrap_interval
from clvlens.config import ModelConfig
from clvlens.errors import ModelError
from clvlens.files import whole_file
from clvlens.models.boosting import Floats
from clvlens.models.training import LEAST_CUSTOMERS, LEAST_OF_A_KIND, train_model
from clvlens.panel.panel import Panel

WORSE = 1.05  # a trial that loses so many times what the default does on the first fold is pruned
STARTUP = 8  # trials drawn at random before any are learned from
CUSTOMER_FOLDS = 3
POWER = 1.5  # of the Tweedie deviance, between counts (1) and amounts (2)
INDEX, TOLD = "index", "told"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)

Progress = Callable[[str], None]
Report = Callable[[int, dict, float | None], None]


@dataclass(frozen=True)
class Fold:
    """Rows of a panel to learn from, and rows to judge on."""

    panel: Panel
    learn: pd.DataFrame
    judge: pd.DataFrame


@dataclass(frozen=True)
class Tuned:
    """The winner of a study beside the default: mean loss over the folds, 1 for constant means.

    `gain` is the default's loss less the winner's, with a 90 % interval over customers.
    """

    settings: ModelConfig
    loss: float
    default_loss: float
    gain: Interval
    trials: int
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

    The first trial is the configuration's own settings; the same data and settings resume the
    study in `storage`. `report` is told index, settings and loss (None if pruned) of every trial
    that it was not told of before. Raises `ModelError` where no fold has enough to learn from.
    """
    folds, notes = temporal_folds(panel)
    base = panel.config.model
    study = _open(storage, f"{panel.fingerprint[:16]} {base.model_dump_json()}")
    ends = time.monotonic() + 60 * minutes if minutes else np.inf
    for index in range(trials) if trials else count():
        if index and time.monotonic() >= ends:
            break
        if index not in _finished(study):
            progress(f"trial {index + 1}" + (f" of {trials}" if trials else ""))
            _try(study, index, base, folds)
        _tell(study, report)
    done = _finished(study)
    complete = {index: t for index, t in done.items() if t.state is TrialState.COMPLETE}
    best = min(complete, key=lambda index: (complete[index].value, index))
    settings = _settings(base, complete[best].params)
    progress("compare the winner with the default")
    ours, theirs = (_row_losses(folds, shape) for shape in (settings, base))
    return Tuned(settings, _mean(ours), _mean(theirs), _gain(ours, theirs), len(done), notes)


def temporal_folds(panel: Panel) -> tuple[list[Fold], tuple[str, ...]]:
    """Return folds whose rows to judge on come after every label of the rows to learn from.

    Each cutoff before the test is judged on once, if earlier labels had ended by then. Where none
    had, folds are of customers at the same cutoffs, and a note says so.
    """
    rows = panel.frame.loc[panel.frame["role"] != "test"]
    ends = rows["cutoff"] + pd.to_timedelta(
        panel.plan.label_days + panel.config.target.embargo_days, unit="D"
    )
    folds = [
        Fold(panel, rows.loc[ends <= cutoff], rows.loc[rows["cutoff"] == cutoff])
        for cutoff in sorted(rows["cutoff"].unique())
    ]
    folds = [fold for fold in folds if _has_enough(fold.learn) and _has_enough(fold.judge)]
    if folds:
        return folds, ()
    if not _has_enough(rows):
        raise ModelError(
            "there is too little before the test to tune on; add cutoffs.fit, or train untuned"
        )
    split = GroupKFold(CUSTOMER_FOLDS).split(rows, groups=rows["customer_id"])
    note = "no cutoff before the test is late enough to judge on: folds are of customers instead"
    return [Fold(panel, rows.iloc[learn], rows.iloc[judge]) for learn, judge in split], (note,)


def _has_enough(rows: pd.DataFrame) -> bool:
    left, stayed = ((rows["target_churned"] == kind).sum() for kind in (1, 0))
    many = rows["customer_id"].nunique() >= LEAST_CUSTOMERS
    paid = np.any(rows["target_value"] > 0)
    return bool(many and min(left, stayed) >= LEAST_OF_A_KIND and paid)


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


def _try(study: optuna.Study, index: int, base: ModelConfig, folds: list[Fold]) -> None:
    """Run one trial. What it tries depends on its index and the finished trials alone."""
    study.sampler = optuna.samplers.TPESampler(
        seed=1000 * base.seed + index, n_startup_trials=STARTUP, multivariate=True
    )
    trial = study.ask()
    trial.set_user_attr(INDEX, index)
    settings = _settings(base, _suggest(trial) if index else {})
    losses = []
    for step, fold in enumerate(folds):
        losses.append(float(np.mean(_losses(fold, settings)["loss"])))
        trial.report(losses[-1], step)
        default = losses if index == 0 else list(_finished(study)[0].intermediate_values.values())
        if step == 0 and len(folds) > 1 and losses[0] > WORSE * default[0]:
            study.tell(trial, state=TrialState.PRUNED)
            return
    study.tell(trial, float(np.mean(losses)))


def _suggest(trial: Trial) -> dict[str, float]:
    """The space of the trees behind every model; their number is found by each fit itself."""
    return {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 8),
        "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 100.0, log=True),
    }


def _settings(base: ModelConfig, params: dict) -> ModelConfig:
    return base.model_copy(update=params)


def _tell(study: optuna.Study, report: Report) -> None:
    """Report every finished trial once, in order, also across interruptions."""
    told = study.user_attrs.get(TOLD, 0)
    finished = _finished(study)
    for index in range(told, len(finished)):
        trial = finished[index]
        pruned = trial.state is TrialState.PRUNED
        report(index, trial.params, None if pruned else trial.value)
        study.set_user_attr(TOLD, index + 1)


def _predicted(fold: Fold, settings: ModelConfig) -> pd.DataFrame:
    """Return predictions over the label window for the rows to judge on."""
    config = fold.panel.config.model_copy(
        update={"model": settings.model_copy(update={"intervals": False})}
    )
    panel = replace(fold.panel, config=config, frame=fold.learn.assign(role="fit"))
    days = panel.plan.label_days
    about = {"churn": config.target.churn, "horizon_days": days, "label_days": days}
    return train_model(panel, about).predict(fold.judge)


def _losses(fold: Fold, settings: ModelConfig) -> pd.DataFrame:
    """Return each judged row's loss: the mean of value's and churn's, each over a constant's.

    Value loses its Tweedie deviance (power 1.5; refunds count as 0), churn its log loss.
    """
    predicted = _predicted(fold, settings)
    value, churn = (predicted[name].to_numpy() for name in ("predicted_value", "churn_probability"))
    actual = fold.judge["target_value"].to_numpy().clip(0.0)
    mean = float(np.mean(fold.learn["target_value"].clip(lower=0.0)))
    spent = _deviance(actual, value) / _deviance(actual, np.full(len(actual), mean)).mean()
    churned = fold.judge["target_churned"].to_numpy()
    known = ~np.isnan(churned)
    rate = np.full(known.sum(), float(np.mean(fold.learn["target_churned"])))
    left = np.full(len(churned), np.nan)
    left[known] = _surprise(churned[known], churn[known])
    left[known] /= metrics.log_loss(churned[known], rate)
    # A customer who cannot churn says nothing of churn, and counts as the others do on average.
    loss = (spent + np.where(known, left, np.nanmean(left))) / 2
    return pd.DataFrame({"customer_id": fold.judge["customer_id"].to_numpy(), "loss": loss})


def _deviance(actual: Floats, predicted: Floats) -> Floats:
    """Tweedie deviance of each row, for a power between 1 and 2 (Jørgensen 1987)."""
    mean, p = np.maximum(predicted, 1e-6), POWER
    return 2 * (
        actual ** (2 - p) / ((1 - p) * (2 - p))
        - actual * mean ** (1 - p) / (1 - p)
        + mean ** (2 - p) / (2 - p)
    )


def _surprise(happened: Floats, probability: Floats) -> Floats:
    return -np.log(np.where(happened == 1, probability, 1 - probability))


def _row_losses(folds: list[Fold], settings: ModelConfig) -> pd.DataFrame:
    parts: Iterator[pd.DataFrame] = map(partial(_losses, settings=settings), folds)
    return pd.concat([part.assign(fold=fold) for fold, part in enumerate(parts)])


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
