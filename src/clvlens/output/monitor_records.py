"""What `monitor` leaves behind: tables, plots and the few figures that head its run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from clvlens.config import Config
from clvlens.files import whole_folder
from clvlens.output import monitor_figures as figures
from clvlens.output.page import save_plots
from clvlens.output.records import save_tables
from clvlens.output.stamps import write_stamp

HEADED = ("total_bias", "spearman", "ngini", "ece", "coverage_90")


def write_monitoring(config: Config, tables: Mapping[str, pd.DataFrame], digest: str) -> Path:
    """Write the findings as CSV, with plots of what there is; no row is a customer."""
    path = config.data_folder / "monitor"
    with whole_folder(path) as folder:
        save_tables(tables, folder)
        save_plots(_plots(config, tables), folder / "plots")
        write_stamp(folder, digest)
    return path


def headline(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Return the figures of the newest matured cutoff, and how many alarms there are."""
    newest = tables["matured"].sort_values("cutoff").iloc[-1]
    found = {f"matured_{name}": float(newest[name]) for name in HEADED if name in newest}
    return {**found, "alarms": float(len(tables["alarms"]))}


def _plots(config: Config, tables: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    plots = {}
    if len(tables["history_drift"]):
        plots["history_drift"] = figures.drift_by_month(tables["history_drift"])
    if len(tables["snapshot_drift"]):
        plots["snapshot_drift"] = figures.snapshot_drift(tables["snapshot_drift"])
    if len(tables["satisfaction_by_month"]):
        plots["satisfaction"] = figures.satisfaction(
            tables["satisfaction_by_month"], config.currency
        )
    return plots
