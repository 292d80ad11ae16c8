"""Where experiments are kept."""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from typing import Annotated

from pydantic import AfterValidator

from clvlens.histories.strict import Strict

STORES = {"http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks", "file"}


def _of_a_store(uri: str) -> str:
    scheme = re.split(r"[:+]", uri)[0]
    plugins = {plugin.name for plugin in entry_points(group="mlflow.tracking_store")}
    if scheme not in STORES | plugins:
        raise ValueError(
            f"{scheme} is no kind of tracking store; use http://host:5000, sqlite:///file.db or "
            "postgresql://user@host/name"
        )
    return uri


class Tracking(Strict):
    """Where experiments are kept: SQLite in data/mlflow by default; offline, they wait for sync."""

    uri: Annotated[str, AfterValidator(_of_a_store)] | None = None
    experiment: str | None = None
    offline: bool = False
