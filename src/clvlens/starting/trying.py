"""A proposal tried on the reader that a run uses, and corrected until it reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from clvlens.config import Config
from clvlens.errors import ClvlensError, ConfigError, DataError, Fault, TimeError
from clvlens.panel.engine import connect
from clvlens.panel.split import Plan, plan_cutoffs
from clvlens.panel.typed import read_events
from clvlens.panel.world import World, read_world
from clvlens.starting.proposal import Proposed, Start
from clvlens.starting.tables import LeftOut
from clvlens.starting.times import HORIZONS
from clvlens.starting.writing import write_yaml

MANY = 40  # columns that a table may lose


def try_out(start: Start, root: Path) -> tuple[Start, World, Plan]:
    """Return the proposal without what cannot be read, the world that it reads, and its plan.

    Raises `DataError` where orders cannot be read, `TimeError` where they are too few.
    """
    for table in start.tables:
        start = _try_table(start, root, table.name)
    return _try_times(start, root)


def _try_table(start: Start, root: Path, name: str) -> Start:
    for _ in range(MANY):
        try:
            read_events(_config(start, root), connect(), name)
            return start
        except DataError as error:
            start = _corrected(start, name, error)
        except ConfigError as error:
            start = _dropped(start, name, str(error), error)
        if name not in {table.name for table in start.tables}:
            return start
    return start


def _corrected(start: Start, name: str, error: DataError) -> Start:
    """Return the proposal without the columns that do not read; without the table at worst."""
    (table,) = [table for table in start.tables if table.name == name]
    before = table
    history = _history(start, name)
    for fault in error.faults:
        column = fault.column if isinstance(fault, Fault) else None
        if column in table.columns and column not in history:
            table = table.without(str(column), str(fault).split(": ", 1)[-1])
        else:
            return _dropped(start, name, str(error), error)
    return start if table is before else _with(start, table)


def _history(start: Start, name: str) -> set[str]:
    """Return the columns that a table cannot do without."""
    (table,) = [table for table in start.tables if table.name == name]
    if table.custom:
        return {"customer_id"}
    from clvlens.histories import discover

    history = discover()[name]
    needed = {column.name for column in history.columns if column.required}
    return needed | ({str(history.key)} if table.grain == "line" else set())


def _dropped(start: Start, name: str, why: str, error: ClvlensError) -> Start:
    if name == "orders":
        raise error
    (table,) = [table for table in start.tables if table.name == name]
    return replace(
        start,
        tables=tuple(other for other in start.tables if other is not table),
        left_out=(*start.left_out, LeftOut(table.files[0], why)),
    )


def _with(start: Start, table: Proposed) -> Start:
    tables = tuple(table if other.name == table.name else other for other in start.tables)
    return replace(start, tables=tables)


def _try_together(start: Start, root: Path) -> tuple[Start, World]:
    """Leave out tables that do not agree with the orders, and an end that rows lie after."""
    while True:
        try:
            return start, read_world(_config(start, root))
        except DataError as error:
            if start.data_ends is not None:
                start = replace(start, data_ends=None)
                continue
            names = {fault.table for fault in error.faults if isinstance(fault, Fault)}
            strange = [table.name for table in start.tables if table.name in names]
            if not strange or "orders" in strange:
                raise
            for name in strange:
                start = _dropped(start, name, str(error), error)


def _try_times(start: Start, root: Path) -> tuple[Start, World, Plan]:
    """Shorten the horizon until cutoffs can be planned."""
    start, world = _try_together(start, root)
    shorter = [days for days in HORIZONS if days <= start.horizon_days]
    for days in shorter:
        tried = replace(start, horizon_days=days)
        try:
            plan = plan_cutoffs(replace(world, config=_config(tried, root)))
        except TimeError:
            if days == shorter[-1]:
                raise
            continue
        return tried, world, plan
    raise TimeError("orders cover too short a time")


def _config(start: Start, root: Path) -> Config:
    raw = yaml.safe_load(write_yaml(start))
    return Config.model_validate({**raw, "root": root})
