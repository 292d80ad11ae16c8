"""`train` and `evaluate`: models, and how good they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from clvlens import pipeline
from clvlens.cli.legend import legend
from clvlens.cli.publishing import deliver, publish
from clvlens.cli.show import kept_though, left_out, notes, table
from clvlens.cli.stages import Stages
from clvlens.cli.totalling import shown_totals
from clvlens.config import Config
from clvlens.errors import ClvlensError, TrackingError
from clvlens.evaluation.backtest import MODEL, Evaluation
from clvlens.evaluation.duel import lead
from clvlens.evaluation.grade import Grade, grade, grade_slices
from clvlens.locks import alone
from clvlens.models.asked import check_can_be_judged
from clvlens.models.blend import ValueBlend
from clvlens.models.customer import BTYD_SHARE, CustomerModel
from clvlens.models.horizons import trained_beside
from clvlens.models.store import check_manifest, load_model, save_model
from clvlens.output import records
from clvlens.output.parcels import begun, keep
from clvlens.output.tracking import Tracker
from clvlens.panel.panel import Panel, build_panel

SCORES = ("ngini", "spearman", "top_decile_capture", "mae", "rmse", "total_bias", "dmape")
CHURN_SCORES = ("auc", "auc_pr", "log_loss", "brier", "ece")


def train(config: Config, stage: Stages) -> None:
    """Fit a model for each horizon; all are saved and registered once the last is fitted.

    Whoever interrupts it keeps the models of one training before, or has those of this one. One
    training of a run goes on at a time.
    """
    with alone(config.data_folder / ".training"):
        fitted: dict[int, CustomerModel] = {}
        for own in config.horizons:
            with left_out(own):
                fitted[own.target.horizon_days] = pipeline.train(build_panel(own, stage), stage)
        _save(config, fitted)
        for own in config.horizons:
            if model := fitted.get(own.target.horizon_days):
                _name_horizon(own, config)
                _register(own, model, stage)


def _save(config: Config, fitted: dict[int, CustomerModel]) -> None:
    """Save the models of all horizons; one that history no longer allows goes, as it is older."""
    for own in config.horizons:
        if model := fitted.get(own.target.horizon_days):
            save_model(model, own.model_folder)
        else:
            shutil.rmtree(own.model_folder, ignore_errors=True)


def evaluate(config: Config, promote: bool, stage: Stages) -> None:
    """Grade each horizon's model; make it champion where it is better than the champion."""
    for own in (config, *trained_beside(config)):
        _name_horizon(own, config)
        _evaluate(own, promote, stage)


def _name_horizon(own: Config, config: Config) -> None:
    if config.target.more_horizons:
        print(f"\nOver {own.target.horizon_days} days")


def _register(config: Config, model: CustomerModel, stage: Stages) -> None:
    """Say what a saved model is, and track its training."""
    digest = check_manifest(config.model_folder)
    training = records.write_training(config, model, digest)
    stage.end()
    if isinstance(model.value, ValueBlend):
        print(model.value.words())
    share = model.about.get(BTYD_SHARE)
    if share is not None:
        print(f"churn is {1 - share:.2f} × trees + {share:.2f} × BTYD")
    stage.wrote(config.model_folder)
    stage("track")
    version = _track(config, model, training, digest)
    stage.end()
    days, features = config.target.horizon_days, len(model.features)
    stage.found_over(days, registered=config.title, version=version, features=features)
    if version is not None:
        print(f"Registered {config.title} version {version}")


def _evaluate(config: Config, promote: bool, stage: Stages) -> None:
    digest = check_manifest(config.model_folder)
    model = load_model(config.model_folder, config.model.device)
    built = build_panel(config, stage)
    evaluation = pipeline.evaluate(model, built, stage)
    stage("draw")
    verdict = grade(evaluation)
    folder = records.write_evaluation(config, model, evaluation, verdict, digest)
    stage.end()
    _print_evaluation(config, evaluation, verdict)
    stage.wrote(folder)
    figures = records.headline_metrics(evaluation, verdict)
    told = {"grade": verdict.letter, "says": verdict.words, "best_baseline": verdict.best_baseline}
    stage.found_over(config.target.horizon_days, **told, **figures)
    what = f"the evaluation is saved in {folder}"
    is_worse = verdict.letter == "D"
    crown = "always" if promote else "never" if is_worse else "vacant"
    sent = publish(config, digest, what, {"": folder}, metrics=figures, crown=crown)
    if sent is not None:
        with kept_though("the evaluation is tracked; whether its model becomes champion is open"):
            print(_crown(Tracker(config), sent.version, model, built))


def _track(config: Config, model: CustomerModel, training: Path, digest: str) -> int | None:
    """Track the training of the saved model, and return its version if it has one by now."""
    run = begun(
        config, config.title, _params(config, model), tags=_tags(model),
        columns=tuple(model.encoder.columns), digest=digest,
    )  # fmt: skip
    keep(config, run, {"": training}, config.model_folder)
    records.write_run(config, records.RunRecord(key=run.run), digest)
    sent = deliver(config, f"the model is saved in {config.model_folder}", run.run)
    return sent and sent.version


def _crown(tracker: Tracker, version: int, model: CustomerModel, built: Panel) -> str:
    """Move the alias `champion` where the paired difference is in favour; say what was done."""
    champion = tracker.champion()
    if champion is None:
        return "No champion yet: a baseline ranks better; --promote overrules"
    if champion == version:
        return f"Version {version} is the champion"
    try:
        rival = load_model(tracker.download(str(champion)))
        check_can_be_judged(rival, built)
        gain = lead(model, rival, built)
    except TrackingError:
        raise
    except ClvlensError as error:
        return f"Champion stays version {champion}, which cannot be compared: {error}"
    seen = f"nGini {gain.estimate:+.4f}, 90 % interval {gain.low:+.4f} to {gain.high:+.4f}"
    if gain.low > 0:
        tracker.promote(version)
        return f"Version {version} is now the champion: {seen} against version {champion}"
    return f"Champion stays version {champion}: version {version} has {seen}; --promote overrules"


def _params(config: Config, model: CustomerModel) -> dict[str, object]:
    return {
        **config.model.model_dump(),
        "value": config.target.value,
        "horizon_days": model.about["horizon_days"],
        "label_days": model.about["label_days"],
        "features": len(model.features),
        **{f"cutoffs_{role}": ", ".join(at) for role, at in model.about["cutoffs"].items()},
    }


def _tags(model: CustomerModel) -> dict[str, str]:
    return {
        "clv.stage": "train",
        "clv.cutoff": max(at for cutoffs in model.about["cutoffs"].values() for at in cutoffs),
        "clv.horizon_days": str(model.about["horizon_days"]),
        "clv.data_fingerprint": model.about["data_fingerprint"],
    }


def _print_evaluation(config: Config, evaluation: Evaluation, verdict: Grade) -> None:
    for target, metrics in (("value", SCORES), ("churn", CHURN_SCORES)):
        rows = evaluation.scores[evaluation.scores["target"] == target]
        wide = rows.pivot(index="method", columns="metric", values="estimate")
        wide = wide.reindex(columns=list(metrics)).sort_values(metrics[0], ascending=False)
        wide = pd.concat([wide.loc[[MODEL]], wide.drop(MODEL)]).reset_index()
        unit = records.money_unit(config) if target == "value" else records.churn_meaning(config)
        print(f"\n{target.capitalize()} on the test cutoffs ({unit})")
        print(table(wide))
        print()
        print(table(legend(evaluation, metrics)))
    if len(evaluation.kinds):
        print("\nKinds of churn")
        print(table(evaluation.kinds))
    print(f"\nBy slice (means and widths in {records.money_unit(config)})")
    print(table(evaluation.by_slice))
    if len(evaluation.totals):
        print(f"\nTotals, with intervals that know nothing of these ({records.money_unit(config)})")
        print(table(shown_totals(evaluation.totals)))
    print("\nGrades by slice")
    print(table(grade_slices(evaluation)))
    notes(evaluation.notes)
    print(f"\nGrade {verdict.letter}: {verdict.words}\n  {verdict.difference}\n")
