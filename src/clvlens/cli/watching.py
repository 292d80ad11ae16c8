"""`monitor`: whether predictions still hold."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from clvlens.cli.publishing import deliver
from clvlens.cli.show import table
from clvlens.cli.stages import Stages
from clvlens.config import Config
from clvlens.errors import ConfigError
from clvlens.models.store import check_manifest, load_model
from clvlens.monitoring import Monitoring
from clvlens.monitoring import monitor as run_monitor
from clvlens.output.monitor_records import headline, write_monitoring
from clvlens.output.parcels import begun, keep
from clvlens.panel.panel import build_panel

ALARM = 4  # the exit code of a threshold exceeded
MATURED = ["cutoff", "customers", "total_bias", "spearman", "ngini", "ece", "coverage_90"]


def monitor(config: Config, predictions: Path | None, stage: Stages) -> int:
    """Score matured predictions, say what moved, track it; return 0, or 4 with an alarm."""
    written = None if predictions is None else _read(predictions)
    digest = check_manifest(config.model_folder)
    model = load_model(config.model_folder)
    found = run_monitor(model, build_panel(config, stage), written, stage)
    stage("draw")
    folder = write_monitoring(config, found.tables(), digest)
    stage.end()
    _print(config, found)
    stage.wrote(folder)
    stage.found(**headline(found.tables()), alarm=found.alarms)
    run = begun(
        config, f"{config.title} monitor", {"model_digest": digest}, tags={"step": "monitor"},
        metrics=headline(found.tables()),
    )  # fmt: skip
    keep(config, run, {"": folder})
    deliver(config, f"the findings are saved in {folder}", run.run)
    return ALARM if len(found.alarms) else 0


def _read(path: Path) -> pd.DataFrame:
    """Return a file of predictions; ids stay text."""
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, dtype={"customer_id": str})
    except (OSError, ValueError) as error:
        raise ConfigError(f"--predictions {path} cannot be read: {error}") from None


def _print(config: Config, found: Monitoring) -> None:
    print("Matured predictions beside what happened")
    matured = found.matured[[name for name in MATURED if name in found.matured]]
    print(table(matured.assign(cutoff=matured["cutoff"].str[:10])))
    if len(found.answers):
        unit = f"{config.currency} {config.target.value} over {config.target.horizon_days} days"
        print(f"\nWhat customers last said, and what came then ({unit}; together, not because)")
        print(table(found.answers))
    months = found.histories["month"]
    if len(months):
        print(f"\nHistories watched from {months.min()} to {months.max()}")
    if found.alarms.empty:
        print("No alarm: nothing is beyond its threshold")
        return
    print(f"\nAlarms: {len(found.alarms)}")
    print(table(found.alarms))
