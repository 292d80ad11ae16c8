"""`simulate`: a business to try everything on, whose truth is known."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from clvlens.cli.show import Stages, table
from clvlens.simulation import Settings, write


def simulate(settings: Settings, out: Path, stage: Stages, *, truth: bool = False) -> None:
    """Write the simulated business, and with `truth` what is true of it."""
    stage(f"simulate {settings.customers:,} customers")
    rows = write(settings, out, with_truth=truth)
    stage.end()
    print(table(pd.DataFrame(rows.items(), columns=["table", "rows"])))
    if truth:
        print(f"Wrote {out / 'truth.csv'}: what moving each lever changes; learn from the tables")
    print(f"Wrote {out}")
