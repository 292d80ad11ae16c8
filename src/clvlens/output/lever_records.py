"""What `levers` leaves behind: the page, the table as CSV and JSON, the picture of them all."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from clvlens.config import Config
from clvlens.files import whole_file, whole_folder
from clvlens.output.lever_figures import all_levers
from clvlens.output.lever_page import lever_page
from clvlens.output.lever_report import LeverReport
from clvlens.output.page import save_plots
from clvlens.output.records import money_unit
from clvlens.output.stamps import write_stamp

PAGE = "levers.html"
# By this tag MLflow shows a file of columns and data as a table.
TABLE_TAG = {"mlflow.loggedArtifacts": '[{"path": "levers.json", "type": "table"}]'}
DIGITS = 4
PART = "mean_absolute_part"  # of predicted value, by lever


def lever_report(
    config: Config, effects: pd.DataFrame, associated: pd.Series, opportunity: pd.DataFrame
) -> LeverReport:
    """Return what is told of a run's levers; `associated` is empty where there is no model."""
    unit = money_unit(config)
    return LeverReport(config.name, config.currency, unit, effects, associated, opportunity)


def write_levers(config: Config, report: LeverReport, digest: str) -> Path:
    """Write the lever page and its tables; no row is a customer.

    `digest` is that of the model whose associations are shown; `""` without a model.
    """
    effects = report.effects.assign(
        associated_part=report.effects["lever"].map(report.associated), associated_unit=report.unit
    ).round(DIGITS)
    with whole_folder(config.data_folder / "levers") as folder:
        effects.to_csv(folder / "levers.csv", index=False)
        report.opportunity.round(DIGITS).to_csv(folder / "opportunity_by_lever.csv", index=False)
        report.associated.rename(PART).rename_axis("lever").to_csv(folder / "associated.csv")
        effects.to_json(folder / "levers.json", orient="split", index=False, indent=1)
        (folder / PAGE).write_text(lever_page(report), encoding="utf-8")
        if report.told:
            save_plots({"levers": all_levers(report, report.told)}, folder / "plots")
        write_stamp(folder, digest)
    return config.data_folder / "levers"


def read_levers(config: Config) -> LeverReport:
    """Return what `write_levers` wrote; JSON tells an empty text from a missing number.

    Raises `OSError`, `ValueError` or `LookupError` where a file is missing or damaged.
    """
    folder = config.data_folder / "levers"
    told = json.loads((folder / "levers.json").read_text(encoding="utf-8"))
    effects = pd.DataFrame(told["data"], columns=told["columns"])
    associated = pd.read_csv(folder / "associated.csv", index_col="lever")[PART]
    try:
        opportunity = pd.read_csv(folder / "opportunity_by_lever.csv")
    except pd.errors.EmptyDataError:
        opportunity = pd.DataFrame()
    if len(opportunity) and "planned" not in opportunity:
        raise LookupError("opportunity_by_lever.csv is of an older clvlens: it lacks planned")
    return lever_report(config, effects, associated, opportunity)


def write_opportunity(config: Config, by_customer: pd.DataFrame) -> Path:
    """Write whom the levers could reach; the file names customers, and no server gets it."""
    path = config.data_folder / "opportunity.csv"
    with whole_file(path) as temporary:
        by_customer.round(DIGITS).to_csv(temporary, index=False)
    return path
