"""`explain`, `predict` and `ui`: what a trained model says."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import suppress
from pathlib import Path

import pandas as pd

from clvlens import pipeline
from clvlens.cli.publishing import publish
from clvlens.cli.show import completed, notes, served, table
from clvlens.cli.stages import Stages
from clvlens.cli.totalling import print_totals, totalled
from clvlens.config import Config
from clvlens.errors import ConfigError, ModelError, TrackingError
from clvlens.evaluation.lifetime import assumption
from clvlens.levers.attribution import Attribution, theme_meanings
from clvlens.models.customer import CustomerModel
from clvlens.models.horizons import trained_beside
from clvlens.models.store import check_manifest, load_model
from clvlens.output import records
from clvlens.output.predictions import check_place, write_predictions, write_totals
from clvlens.output.tracking import Tracker
from clvlens.panel.panel import build_panel

PREVIEW = (
    *("customer_id", "predicted_value", "value_low_90", "value_high_90"),
    *("churn_probability", "segment", "reason_1", "reason_1_amount"),
)
FOUND = ("customers", "predicted_value", "value_low_90", "value_high_90")
UNGRADED = "this model has no grade yet: clvlens evaluate"


def explain(config: Config, stage: Stages) -> None:
    """Attribute the saved model's predictions, draw them, and add them to the run."""
    model, digest = _model(config)
    built = build_panel(config, stage)
    attribution, ids = pipeline.explain(model, built, progress=stage)
    stage("draw")
    folder = records.write_explanation(config, attribution, ids, digest)
    stage.end()
    _print_attribution(config, attribution)
    stage.wrote(folder)
    stage.found(mean_absolute_part=attribution.importance().to_dict())
    publish(config, digest, f"the explanation is saved in {folder}", {"": folder})


def predict(
    config: Config,
    cutoff: dt.datetime | None,
    out: Path | None,
    named: str | None,
    reasons: int | Path,
    raw_ids: bool,
    stage: Stages,
) -> None:
    """Write predictions of everybody known before a cutoff."""
    wanted = _listed(reasons) if isinstance(reasons, Path) else reasons
    path = check_place(out, config) if out else config.data_folder / "predictions.csv"
    model, digest = _model(config, named)
    beside = trained_beside(config) if named is None else ()
    others = [_model(own) for own in beside]
    found = records.read_grade(config, digest)
    if found is None:
        print(completed(f"clvlens: warning: {UNGRADED}", config), file=sys.stderr)
    elif found.is_poor:
        print(f"clvlens: warning: grade {found.letter}: {found.words}", file=sys.stderr)
    version = digest[: records.HASH_LENGTH]
    has_model = {own.target.horizon_days for own in beside}
    remarks = [
        f"{days} days have no model and no rows: history did not allow one, or the training was "
        "interrupted"
        for days in config.target.more_horizons
        if named is None and days not in has_model
    ]
    frame = pipeline.predict(
        model,
        config,
        cutoff,
        reasons=wanted,
        version=version,
        beside={their[: records.HASH_LENGTH]: other for other, their in others},
        progress=stage,
        remark=remarks.append,
    )
    write_predictions(frame, path, raw_ids=raw_ids)
    asked = zip((config, *beside), ((model, digest), *others), strict=True)
    totals = totalled([(own, *read) for own, read in asked], frame)
    summed = write_totals(totals, path)
    stage.end()
    _print_predictions(config, frame)
    print_totals(config, totals)
    notes(tuple(remarks))
    if found is not None:
        print(f"Grade {found.letter}: {found.words}")
    stage.wrote(path, summed)
    stage.found(currency=config.currency, cutoff=frame["cutoff"].max())
    for row in totals[totals["segment"] == "all"].to_dict("records"):
        stage.found_over(row.pop("horizon_days"), **{name: row[name] for name in FOUND})
    stage.found(grade=found and found.letter)
    run = records.read_run(config, digest)
    if run is not None and run.link:
        print(served(run.link, config))


def _listed(path: Path) -> frozenset[str]:
    """Return the customers that a file names, one a line."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"--reasons-for {path} cannot be read: {error}; give a text file with one id a line"
        ) from None
    return frozenset(line.strip() for line in lines if line.strip())


def ui(config: Config, port: int) -> None:
    """Serve the tracking store until interrupted."""
    from clvlens.output.ui import serve

    record = None
    with suppress(ModelError):  # runs can be looked at without a model at hand
        record = records.read_run(config, check_manifest(config.model_folder))
    serve(config, port, record.run_id if record else None)


def _model(config: Config, named: str | None = None) -> tuple[CustomerModel, str]:
    """Return the saved model, or a named one, and its digest."""
    folder = Path(named) if named else config.model_folder
    if named and not folder.is_dir():
        if config.tracking.offline:
            raise ModelError(f"--model {named} is no folder, and offline nothing can be fetched")
        try:
            folder = Tracker(config).download(named)
        except TrackingError as error:  # nothing is done yet
            raise ModelError(f"--model {named} cannot be fetched: {error}") from error
    return load_model(folder, config.model.device), check_manifest(folder)


def _print_predictions(config: Config, frame: pd.DataFrame) -> None:
    """Print the customers of highest value, each with the first reason."""
    shown = [name for name in PREVIEW if name in frame]
    frame = frame.query(f"horizon_days == {config.target.horizon_days}")
    top = frame.sort_values("predicted_value", ascending=False, kind="stable").head(5)[shown]
    if "reason_1" in top:
        amounts = top.pop("reason_1_amount").map("{:+,.2f}".format)
        top["reason_1"] = amounts + " " + top["reason_1"]
    print(f"The {len(top)} of highest value ({records.money_unit(config)})")
    print(table(top))
    if config.clv is not None:
        print(f"  clv: {assumption(config)}")


def _print_attribution(config: Config, attribution: Attribution) -> None:
    meanings = theme_meanings(attribution.features)
    top = attribution.importance().head(8)
    print("\nWhat predicted value is associated with (not: caused by)")
    unit = f"± {records.money_unit(config)}, mean of customers"
    frame = pd.DataFrame({"what": [meanings[theme] for theme in top.index], unit: top.to_numpy()})
    print(table(frame))
    error = attribution.relative_error
    print(f"  parts add up to predictions within {error:.0e} of the largest\n")
