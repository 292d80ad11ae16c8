"""What a run leaves behind: files under data/, and the same on the tracking server.

Files are written first, so that nothing is lost where the server fails. Nothing that goes to the
server carries an identifier of a customer: examples bear keyed hashes, whose key stays here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd

from clvlens.config import Config
from clvlens.evaluation.backtest import MODEL, Evaluation
from clvlens.evaluation.grade import Grade, grade_slices
from clvlens.evaluation.totals import seen_misses
from clvlens.files import whole_file, whole_folder
from clvlens.levers.attribution import Attribution, theme_meanings
from clvlens.models.customer import CustomerModel
from clvlens.output import figures, value_figures
from clvlens.output.dependence import dependence
from clvlens.output.model_card import model_card
from clvlens.output.page import save_plots
from clvlens.output.stamps import DIGEST, write_stamp

EXAMPLES = 20
HASH_LENGTH = 12
RULES = {"__all__": {"among"}}
PLACE = {"path", "database"}
PRIVATE = {
    "tracking": True,
    "engine": True,
    "population": {"leave_out": RULES},
    "data": {
        "__all__": {**dict.fromkeys(PLACE, True), "lookup": {"__all__": PLACE}, "keep": RULES}
    },
}

Kept = TypeVar("Kept")


@dataclass(frozen=True)
class RunRecord:
    """Which tracked run, and which registered version, belongs to a model on disk.

    Until the tracking store has the run there is its `key` alone, by which it is found later.
    """

    run_id: str = ""
    version: int = 0
    link: str = ""
    key: str = ""


def money_unit(config: Config) -> str:
    """Return the unit of predicted value: `USD revenue over 90 days`."""
    return f"{config.currency} {config.target.value} over {config.target.horizon_days} days"


def churn_meaning(config: Config) -> str:
    """Return what churn is in this run."""
    return {
        "non_contractual": "no order in the horizon",
        "contractual": "no subscription left at the end of the horizon, of those who had one",
        "contractual_any": "a subscription ended in the horizon, of those who had one",
    }[config.target.churn]


def write_run(config: Config, record: RunRecord, digest: str) -> None:
    """Remember the tracked run of the model with this digest, for the verbs that follow."""
    with whole_file(config.data_folder / "run.json") as temporary:
        dump(temporary, {**asdict(record), DIGEST: digest})


def read_run(config: Config, digest: str) -> RunRecord | None:
    """Return the tracked run of the model with this digest, if there is one."""
    return _read(config.data_folder / "run.json", RunRecord, digest)


def write_training(config: Config, model: CustomerModel, digest: str) -> Path:
    """Write what a training was made of: the feature dictionary, the settings, the metadata.

    Where the data lie, and the values of rules, which may name customers, are left out.
    """
    with whole_folder(config.data_folder / "training") as folder:
        features = pd.DataFrame([asdict(feature) for feature in model.features])
        features.to_csv(folder / "features.csv", index=False)
        (folder / "run").mkdir()
        dump(folder / "run" / "metadata.json", model.about)
        dump(folder / "run" / "config.json", config.model_dump(mode="json", exclude=PRIVATE))
        write_stamp(folder, digest)
    return config.data_folder / "training"


def write_evaluation(
    config: Config, model: CustomerModel, evaluation: Evaluation, grade: Grade, digest: str
) -> Path:
    """Write card, scores, slices, deciles, grade and plots; no row of them is a customer."""
    unit = money_unit(config)
    plots = {
        "leaderboard": figures.leaderboard(evaluation),
        "calibration_by_decile": figures.calibration_by_decile(evaluation, unit),
        "gain_curve": figures.gain_curve(evaluation),
        "churn_reliability": figures.churn_reliability(evaluation),
        "slices": figures.slices(evaluation, unit),
    }
    if "coverage_90" in evaluation.by_decile:
        plots["coverage"] = figures.coverage(evaluation)
    if len(evaluation.survival):
        plots["survival"] = value_figures.survival(evaluation.survival)
    with whole_folder(config.data_folder / "evaluation") as folder:
        for name in ("scores", "differences", "by_slice", "by_decile"):
            getattr(evaluation, name).to_csv(folder / f"{name}.csv", index=False)
        if len(evaluation.kinds):
            evaluation.kinds.to_csv(folder / "kinds.csv", index=False)
        for name in ("totals", "survival"):
            if len(getattr(evaluation, name)):
                getattr(evaluation, name).to_csv(folder / f"{name}.csv", index=False)
        grades = grade_slices(evaluation).merge(evaluation.leads, on=["slice", "customers"])
        grades.to_csv(folder / "grades_by_slice.csv", index=False)
        tested = sorted(at.isoformat() for at in evaluation.predictions["cutoff"].unique())
        dump(folder / "test.json", {"cutoffs": tested})
        dump(folder / "grade.json", {**grade.to_dict(), DIGEST: digest})
        card = model_card(model, evaluation, grade, unit)
        (folder / "model_card.md").write_text(card, encoding="utf-8")
        save_plots(plots, folder / "plots")
    return config.data_folder / "evaluation"


def read_grade(config: Config, digest: str) -> Grade | None:
    """Return the grade of the model with this digest, if it was evaluated."""
    return _read(config.data_folder / "evaluation" / "grade.json", Grade, digest)


def read_misses(config: Config, digest: str, cutoff: str) -> tuple[float, ...]:
    """Return by what the totals of the model with this digest missed, as known at a cutoff."""
    if read_grade(config, digest) is None:
        return ()
    when = pd.Timestamp(cutoff)
    when = when.tz_localize(config.time_zone) if when.tz is None else when
    try:
        judged = pd.read_csv(config.data_folder / "evaluation" / "totals.csv")
        return seen_misses(judged, when, config.target.horizon_days)
    except (OSError, ValueError, LookupError):
        return ()


def headline_metrics(evaluation: Evaluation, grade: Grade) -> dict[str, float]:
    """Return the few figures that head a run, each beside the best baseline's."""
    baseline, found = grade.best_baseline, {}
    for metric in ("ngini", "spearman", "mae", "total_bias"):
        found[metric] = evaluation.score(MODEL, metric)
        found[f"{metric}_baseline"] = evaluation.score(baseline, metric)
    found["churn_auc"] = evaluation.score(MODEL, "auc")
    found["churn_ece"] = evaluation.score(MODEL, "ece")
    found["coverage_90"] = float(evaluation.by_slice.iloc[0].get("coverage_90", float("nan")))
    return found


def write_explanation(
    config: Config, attribution: Attribution, ids: pd.Series, digest: str
) -> Path:
    """Write importance, parts by lever, plots, and examples under keyed hashes.

    Which customer an example is stands in `examples.csv` beside the folder, which stays here.
    """
    unit = money_unit(config)
    meanings = theme_meanings(attribution.features)
    importance = attribution.importance().rename("mean_absolute_part")
    rows = _examples(attribution)
    hashes = pseudonyms(config, ids.iloc[rows])
    plots = {
        "importance": figures.importance(attribution, unit),
        "beeswarm": figures.beeswarm(attribution, unit),
        "dependence": dependence(attribution, unit),
    }
    examples = {
        name: figures.waterfall(attribution, row, f"Customer {name}", unit)
        for name, row in zip(hashes, rows, strict=True)
    }
    with whole_folder(config.data_folder / "explanation") as folder:
        table = importance.rename_axis("theme").reset_index()
        table.insert(1, "meaning", table["theme"].map(meanings))
        table.assign(unit=unit).to_csv(folder / "importance.csv", index=False)
        levers = attribution.by_lever().agg(["mean", lambda part: part.abs().mean()]).T
        levers.columns = ["mean_part", "mean_absolute_part"]
        levers.rename_axis("lever").assign(unit=unit).to_csv(folder / "by_lever.csv")
        save_plots(plots, folder / "plots")
        save_plots(examples, folder / "examples")
        write_stamp(folder, digest)
    with whole_file(config.data_folder / "examples.csv") as temporary:
        known = pd.DataFrame({"example": hashes, "customer_id": ids.iloc[rows].to_numpy()})
        known.to_csv(temporary, index=False)
    return config.data_folder / "explanation"


def pseudonyms(config: Config, ids: pd.Series) -> list[str]:
    """Return keyed hashes of ids; without the key beside the data nobody can try ids out."""
    path = config.data_folder / "example.key"
    if not path.exists():
        with whole_file(path) as temporary:
            temporary.touch(0o600)
            temporary.write_bytes(secrets.token_bytes(32))
    key = path.read_bytes()
    return [
        hmac.new(key, str(name).encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH] for name in ids
    ]


def _examples(attribution: Attribution) -> list[int]:
    """Return rows spread evenly over the predictions, lowest to highest."""
    ranked = attribution.prediction.argsort(kind="stable")
    count = min(EXAMPLES, len(ranked))
    return [int(ranked[i * (len(ranked) - 1) // max(count - 1, 1)]) for i in range(count)]


def save_tables(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as CSV into a folder."""
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)


def dump(path: Path, values: object) -> None:
    """Write JSON values into a file."""
    path.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")


def _read(path: Path, kind: type[Kept], digest: str) -> Kept | None:
    """Return what was kept of the model with this digest; nothing where it cannot be read."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return kind(**values) if values.pop(DIGEST) == digest else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
