"""A simulated business, and how the same configuration asks DuckDB or Spark about it."""

import os
import sys
from collections.abc import Collection
from pathlib import Path

import yaml

from clvlens.config import Config, load_config
from clvlens.simulation.settings import Settings
from clvlens.simulation.writing import write

SMALL = {
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": 4,
}
ALONE = {"kind": "spark", "master": "local[2]", "settings": SMALL}
CUTOFFS = {"fit": ["2023-08-01"], "test": ["2024-04-15"]}
SOME = ("orders", "customers", "tickets")
WHY = "Spark is an extra: make setup-spark"

os.environ["PYSPARK_PYTHON"] = sys.executable  # which executors run, wherever they are


def simulated(folder: Path, customers: int, histories: Collection[str] = ()) -> Path:
    """Write a business, and return the configuration of all its histories, or of some."""
    write(Settings(customers=customers), folder / "tables")
    source = folder / "tables" / "config.yaml"
    described = yaml.safe_load(source.read_text(encoding="utf-8"))
    described |= {"name": "shop", "cutoffs": CUTOFFS}
    described["target"] |= {"churn": "non_contractual" if histories else "contractual"}
    described["data"] = {
        name: table
        for name, table in described["data"].items()
        if name in (histories or described["data"])
    }
    source.write_text(yaml.safe_dump(described), encoding="utf-8")
    return source


def asking(source: Path, engine: object, name: str = "other") -> Config:
    """Return the same run on another engine, under a name of its own."""
    described = yaml.safe_load(source.read_text(encoding="utf-8"))
    other = source.with_name(f"{name}.yaml")
    other.write_text(yaml.safe_dump(described | {"name": name, "engine": engine}), encoding="utf-8")
    return load_config(other)
