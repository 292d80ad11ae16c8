"""Predictions as a table and as a file: one row a customer, cutoff and horizon."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from clvlens.config import Config
from clvlens.errors import ClvlensError, ConfigError
from clvlens.evaluation.lifetime import SOURCES, lifetime_values
from clvlens.evaluation.segments import segments
from clvlens.files import whole_file
from clvlens.models.rows import Floats
from clvlens.panel.remarks import FORMULA

ENDINGS = (".csv", ".parquet")
BATCH = 100_000  # rows that are turned into text at once
MONEY = (*SOURCES, *SOURCES.values())


def prediction_table(
    config: Config,
    rows: pd.DataFrame,
    predicted: pd.DataFrame,
    reasons: pd.DataFrame | None,
    version: str,
) -> pd.DataFrame:
    """Return the columns of a prediction file, in their order.

    `rows` has customer_id, cutoff and features; `predicted` and `reasons` its index. Money is in
    the run's currency over the horizon, rounded to cents. Columns that a run does not ask for
    (`clv` and its bounds, reasons) are left out.
    """
    written = {at: _written(at, config.time_zone) for at in rows["cutoff"].unique()}
    table = pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "cutoff": rows["cutoff"].map(written),
            "horizon_days": config.target.horizon_days,
            "currency": config.currency,
        }
    ).join(predicted)
    if config.clv is not None:
        table = table.join(lifetime_values(config, rows, predicted))
    value, churn = (predicted[name].to_numpy() for name in ("predicted_value", "churn_probability"))
    table["value_decile"] = deciles(value)
    table["segment"] = segments(value, churn, config.segments)
    if reasons is not None:
        table = table.join(reasons)
    table["model_version"] = version
    for name in table:  # one by one: a large table is not copied as a whole
        if name in MONEY or name.endswith("_amount"):
            table[name] = table[name].round(2) + 0.0  # which turns -0 into 0
        elif name.endswith("churn_probability"):
            table[name] = table[name].round(4)
        elif name == "expected_orders":
            table[name] = table[name].round(3)
    return table


def deciles(value: Floats) -> np.ndarray:
    """Return tenths by value, 10 the highest; equal values share the higher tenth."""
    ranks = pd.Series(value).rank(method="max", pct=True).to_numpy()
    return np.ceil(ranks * 10).astype(int)


def write_predictions(table: pd.DataFrame, path: Path, *, raw_ids: bool = False) -> Path:
    """Write a table as CSV or Parquet, by the ending; the file appears whole or not at all.

    In a CSV, text that a spreadsheet would compute gets an apostrophe, unless `raw_ids` are asked.
    Raises `ConfigError` for an unknown ending, `ClvlensError` where the disk does not take it.
    """
    _check_ending(path)
    is_csv = path.suffix == ".csv"
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    try:
        with whole_file(path) as temporary, _writer(temporary, schema, is_csv) as writer:
            for start in range(0, max(len(table), 1), BATCH):
                part = table.iloc[start : start + BATCH]
                part = without_formulas(part) if is_csv and not raw_ids else part
                writer.write_table(pa.Table.from_pandas(part, schema, preserve_index=False))
    except OSError as error:
        mend = "make room, or name another place with --out"
        raise ClvlensError(f"{path} cannot be written: {error}; {mend}") from None
    return path


def _writer(
    path: Path, schema: pa.Schema, is_csv: bool
) -> pa.csv.CSVWriter | pa.parquet.ParquetWriter:
    if is_csv:
        return pa.csv.CSVWriter(path, schema)
    return pa.parquet.ParquetWriter(path, schema, compression="zstd")


def write_totals(totals: pd.DataFrame, predictions: Path) -> Path:
    """Write totals as CSV beside the file of predictions that they add up."""
    path = predictions.with_name(f"{predictions.stem}_totals.csv")
    with whole_file(path) as temporary:
        totals.to_csv(temporary, index=False)
    return path


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in which no text begins as a formula does; numbers with a sign stay.

    An apostrophe before it is how spreadsheets write text (OWASP ASVS 1.2.10).
    """
    texts = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{
        name: table[name].mask(
            table[name].astype("string").str.contains(FORMULA, na=False), "'" + table[name]
        )
        for name in texts
    })  # fmt: skip


def check_place(path: Path, config: Config | None = None) -> Path:
    """Return the path of a prediction file, if one can be written there.

    Raises `ConfigError` for a folder, an unknown ending, a folder that is absent or not ours, and
    for what the run itself reads: a table of the configuration, or its YAML.
    """
    if config is not None:
        refuse_read(path, config, "--out")
    if path.is_dir():
        raise ConfigError(f"--out {path} is a folder; name a file in it, such as predictions.csv")
    _check_ending(path)
    folder = path.absolute().parent
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"--out {path}: {folder} is a file; name one in a folder")
    if not folder.exists():
        raise ConfigError(f"--out {path}: {folder} does not exist; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"--out {path}: {folder} cannot be written to; name another")
    return path


def refuse_read(path: Path, config: Config, option: str) -> None:
    """Raise `ConfigError` where a file to be written is one that the run reads."""
    asked = path.absolute().resolve()
    read = {"the configuration": config.source}
    for name, table in config.data.items():
        if table.path and not table.package:
            read[f"data.{name}.path"] = config.root / table.path
    for name, file in read.items():
        if file is None:
            continue
        folders = asked.parents if file.is_dir() else ()
        if file.resolve() in (asked, *folders):
            raise ConfigError(f"{option} {path} is what {name} names, or in it; name another")


def _check_ending(path: Path) -> None:
    if path.suffix not in ENDINGS:
        raise ConfigError(f"--out {path}: the format is unknown; end it in {' or '.join(ENDINGS)}")


def _written(cutoff: pd.Timestamp, time_zone: str) -> str:
    when = cutoff.tz_convert(time_zone)
    return when.strftime("%Y-%m-%d") if when == when.normalize() else when.isoformat()
