"""`simulate`: a business to try everything on, whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pandas as pd

from clvlens.cli.show import table
from clvlens.cli.stages import Stages
from clvlens.errors import ConfigError
from clvlens.simulation import Settings, write
from clvlens.simulation.settings import Format, Regime


def simulate(
    out: Path,
    stage: Stages,
    truth: bool,
    customers: int,
    seed: int,
    regime: str,
    form: str,
    *dirt: float | str,
) -> Path:
    """Write the simulated business, with `truth` what is true of it; return its configuration.

    `dirt` are the further settings, in their order from `noise` on.
    """
    _check_may_replace(out)
    settings = Settings(customers, seed, cast("Regime", regime), cast("Format", form), *dirt)
    stage(f"simulate {settings.customers:,} customers")
    rows = write(settings, out, with_truth=truth)
    stage.end()
    print(table(pd.DataFrame(rows.items(), columns=["table", "rows"])))
    if truth:
        told = ": what moving each lever changes; never learn from it"
        stage.wrote(out / "truth.csv", told=told)
    stage.wrote(out)
    stage.found(rows=rows)
    return out / "config.yaml"


def _check_may_replace(out: Path) -> None:
    """Refuse a folder with anything else than a former simulation in it."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; name a new folder")
    if not out.exists() or not any(out.iterdir()):
        return
    config = out / "config.yaml"
    if not config.exists() or not config.read_text("utf-8").startswith("# A simulated"):
        raise ConfigError(f"--out {out} holds other files; name a new folder")
