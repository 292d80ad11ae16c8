"""Small businesses, written as files and read in the way of a user's own."""

import csv
import datetime as dt
from pathlib import Path

import ibis
import pandas as pd
import yaml

from clvlens.config import Config, load_config
from clvlens.panel.instants import to_instant
from clvlens.panel.snapshot import KEYS, snapshot
from clvlens.panel.world import World

Row = dict[str, object]


def write_csv(path: Path, rows: list[Row]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(path: Path, rows: list[Row]) -> None:
    pd.DataFrame(rows).to_parquet(path, index=False)


def write_config(folder: Path, data: dict, **settings: object) -> Path:
    path = folder / "run.yaml"
    settings = {"name": "shop", "currency": "EUR", **settings, "data": data}
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def configure(
    folder: Path,
    tables: dict[str, list[Row]],
    *,
    form: str = "csv",
    options: dict[str, dict] | None = None,
    customers: int | None = None,
    **settings: object,
) -> Config:
    """Write tables and a configuration that names them; `options` are more keys of tables."""
    data = {}
    for name, rows in tables.items():
        write = {"csv": write_csv, "parquet": write_parquet}[form]
        write(folder / f"{name}.{form}", rows)
        data[name] = {"path": f"{name}.{form}", **(options or {}).get(name, {})}
    return load_config(write_config(folder, data, **settings), customers=customers)


def instant(text: str, time_zone: str = "UTC") -> int:
    return to_instant(dt.datetime.fromisoformat(text), time_zone)


def pairs(*rows: tuple[str, int]) -> ibis.Table:
    """Return a table of (customer, cutoff)."""
    return ibis.memtable(pd.DataFrame(rows, columns=list(KEYS)).astype({"cutoff": "int64"}))


def features_at(world: World, *rows: tuple[str, int]) -> pd.DataFrame:
    """Return the features of (customer, cutoff) rows, ordered by both."""
    return world.engine.frame(snapshot(world, pairs(*rows)).order_by(*KEYS))


def bits(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return a frame's columns as text, in which floats differ as soon as one bit does."""
    return {
        name: [value.hex() if isinstance(value, float) else str(value) for value in column]
        for name, column in frame.items()
    }
