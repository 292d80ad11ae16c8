"""Writes the business: tables in chunks, a configuration for them, and what is true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from clvlens.files import whole_folder
from clvlens.simulation import truth
from clvlens.simulation.columns import TABLES
from clvlens.simulation.levers import World
from clvlens.simulation.noise import blocks
from clvlens.simulation.settings import COHORT_ENDS, HORIZON, LAST_DAY, OPENED, Settings
from clvlens.simulation.tables import build, inhabit

CONFIG = """\
# A simulated subscription-and-shop business: {customers:,} customers, seed {seed}, regime {regime}.
name: {name}
currency: USD
data_ends: {ends}

data:
{tables}
target:
  horizon_days: 180

levers:
  horizon_days: {horizon}
"""


class Sink(Protocol):
    """What takes tables one after another."""

    def write_table(self, table: pa.Table) -> None:
        """Append the rows of a table."""
        ...


def draw(settings: Settings) -> dict[str, pd.DataFrame]:
    """Return the tables of a small business in memory.

    >>> {name: len(rows) for name, rows in draw(Settings(customers=50)).items()}["customers"]
    50
    """
    drawn = [build(inhabit(noise, settings)) for noise in blocks(settings.seed, settings.customers)]
    return {name: pa.concat_tables(part[name] for part in drawn).to_pandas() for name in drawn[0]}


def write(
    settings: Settings, out: Path, *, with_truth: bool = False, truth_customers: int = 400_000
) -> dict[str, int]:
    """Write the tables and `config.yaml` into the folder `out`; return the rows by table.

    Holds one block of customers at a time. With `with_truth` also `truth.csv`, `truth.json` and
    `truth_by_customer.parquet`, which nothing that learns may read. An existing folder is
    replaced whole, once all is written.
    """
    rows = dict.fromkeys(TABLES, 0)
    with whole_folder(Path(out)) as folder:
        with ExitStack() as stack:
            sinks: dict[str, Sink] = {}
            for noise in blocks(settings.seed, settings.customers):
                world = inhabit(noise, settings)
                tables = build(world)
                if with_truth:
                    tables["truth_by_customer"] = _own_truth(world, tables["customers"])
                for name, table in tables.items():
                    if name not in sinks:
                        sinks[name] = stack.enter_context(_sink(folder, name, table, settings))
                    sinks[name].write_table(table)
                    rows[name] = rows.get(name, 0) + table.num_rows
        (folder / "config.yaml").write_text(_config(settings, Path(out)), encoding="utf-8")
        if with_truth:
            _write_truth(folder, settings, truth.measure(settings, truth_customers))
    return rows


@contextmanager
def _sink(folder: Path, name: str, table: pa.Table, settings: Settings) -> Iterator[Sink]:
    if settings.format == "csv" and name in TABLES:
        with pyarrow.csv.CSVWriter(folder / f"{name}.csv", table.schema) as sink:
            yield sink
    else:
        path = folder / f"{name}.parquet"
        with pyarrow.parquet.ParquetWriter(path, table.schema, compression="zstd") as sink:
            yield sink


def _own_truth(world: World, customers: pa.Table) -> pa.Table:
    """Return each written customer's own effects by policy; null where not eligible.

    Of those too whose horizon passes the last day; the averages in `truth.csv` leave them out.
    """
    own = pa.Table.from_pandas(truth.effects(world), preserve_index=False)
    return own.add_column(0, "customer_id", customers.column("customer_id"))


def _config(settings: Settings, out: Path) -> str:
    lag = f"\n    lag_days: {settings.late_days:g}" if settings.late_days else ""
    tables = "".join(f"  {name}:\n    path: {name}.{settings.format}{lag}\n" for name in TABLES)
    name = "".join(c if c.isalnum() or c in "_-" else "_" for c in out.resolve().name)
    return CONFIG.format(
        customers=settings.customers,
        seed=settings.seed,
        regime=settings.regime,
        name=name or "simulated",
        ends=(OPENED + np.timedelta64(LAST_DAY, "D")).astype("datetime64[D]"),
        tables=tables,
        horizon=HORIZON,
    )


def _write_truth(folder: Path, settings: Settings, measured: pd.DataFrame) -> None:
    measured.to_csv(folder / "truth.csv", index=False)
    told = {
        "outcome": "USD paid, net of refunds, in the horizon that begins with the decision",
        "churn": "nothing ordered or paid in that horizon",
        "horizon_days": HORIZON,
        "cohort_signed_up_before": str(OPENED + np.timedelta64(COHORT_ENDS, "D")),
        "settings": asdict(settings),
        "levers": measured.to_dict("records"),
    }
    (folder / "truth.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
