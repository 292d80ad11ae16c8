"""What `levers` leaves behind: the page, the table as CSV and JSON, the picture of them all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from clvlens.config import Config
from clvlens.files import whole_file, whole_folder
from clvlens.output.lever_figures import all_levers
from clvlens.output.lever_page import lever_page
from clvlens.output.lever_report import LeverReport
from clvlens.output.records import money_unit, save_plots

PAGE = "levers.html"
# By this tag MLflow shows a file of columns and data as a table.
TABLE_TAG = {"mlflow.loggedArtifacts": '[{"path": "levers.json", "type": "table"}]'}
DIGITS = 4


def lever_report(
    config: Config, effects: pd.DataFrame, associated: pd.Series, opportunity: pd.DataFrame
) -> LeverReport:
    """Return what is told of a run's levers; `associated` is empty where there is no model."""
    unit = money_unit(config)
    return LeverReport(config.name, config.currency, unit, effects, associated, opportunity)


def write_levers(config: Config, report: LeverReport) -> Path:
    """Write the lever page and its tables; no row is a customer."""
    effects = report.effects.assign(
        associated_part=report.effects["lever"].map(report.associated), associated_unit=report.unit
    ).round(DIGITS)
    with whole_folder(config.data_folder / "levers") as folder:
        effects.to_csv(folder / "levers.csv", index=False)
        report.opportunity.round(DIGITS).to_csv(folder / "opportunity_by_lever.csv", index=False)
        effects.to_json(folder / "levers.json", orient="split", index=False, indent=1)
        (folder / PAGE).write_text(lever_page(report), encoding="utf-8")
        if report.told:
            save_plots({"levers": all_levers(report, report.told)}, folder / "plots")
    return config.data_folder / "levers"


def write_opportunity(config: Config, by_customer: pd.DataFrame) -> Path:
    """Write whom the levers could reach; the file names customers, and no server gets it."""
    path = config.data_folder / "opportunity.csv"
    with whole_file(path) as temporary:
        by_customer.round(DIGITS).to_csv(temporary, index=False)
    return path
