"""Raw tables from files, packaged files and databases; the only opener of raw data."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import ibis.expr.types as ir

from clvlens.config import Config, Source, TableConfig
from clvlens.errors import ConfigError, DataError, Fault, nearest
from clvlens.panel.engine import Engine


def open_table(config: Config, engine: Engine, name: str) -> ir.Table:
    """Return the raw table of a history, with its look-up joined; nothing is typed yet.

    Raises `ConfigError` where it does not exist, `DataError` where it cannot be read.
    """
    table = config.data[name]
    raw = _open(config.root, engine, name, table)
    return _look_up(config.root, engine, name, table, raw)


def locate(root: Path, source: Source) -> Path:
    """Return where a source's files lie, without importing the package that ships them."""
    folder, path = root, source.path or ""
    if source.package:
        spec = importlib.util.find_spec(source.package)
        if spec is None or not spec.submodule_search_locations:
            raise ConfigError(
                f"package {source.package} is not installed, and it holds {path}; "
                "install it, for the examples with: pip install 'clvlens[examples]'"
            )
        folder = Path(spec.submodule_search_locations[0])
    found = folder / path
    if not found.exists():
        beside = [file.name for file in found.parent.glob("*")] or ["nothing"]
        raise ConfigError(f"{found} does not exist; {nearest(found.name, beside)}")
    return found


def stamp(config: Config) -> str:
    """Return size and time of change of every input file, as text; databases have none."""
    stamps = []
    for table in config.data.values():
        for source in filter(None, (table, table.lookup)):
            if source.path is not None:
                files = _files(locate(config.root, source))
                stamps += [f"{f.name}:{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in files]
    return " ".join(stamps)


def _open(root: Path, engine: Engine, name: str, source: Source) -> ir.Table:
    if source.database is not None and source.table is not None:
        return engine.read_database(name, source.database, source.table)
    path = locate(root, source)
    files = _files(path)
    form = source.format or _format_of(files)
    if form is None:
        raise ConfigError(f"data.{name}: the format of {path} is unknown; state format: csv, …")
    return engine.read(name, [str(file) for file in files], form, delimiter=source.delimiter)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*.*") if not file.name.startswith((".", "_")))


def _format_of(files: list[Path]) -> str | None:
    endings = {suffix for file in files for suffix in file.suffixes}
    return next((form for form in ("parquet", "csv") if f".{form}" in endings), None)


def _look_up(root: Path, engine: Engine, name: str, table: TableConfig, raw: ir.Table) -> ir.Table:
    """Join the columns of a second table by a shared column that is unique there."""
    lookup = table.lookup
    if lookup is None:
        return raw
    other = _open(root, engine, f"{name}.lookup", lookup)
    for side, columns in (("the table", raw.columns), ("its look-up", other.columns)):
        if lookup.by not in columns:
            problem = f"{side} has no column {lookup.by!r}"
            raise DataError([Fault(name, problem, nearest(lookup.by, columns), "lookup.by")])
    repeated = engine.count(other) - engine.count(other.select(lookup.by).distinct())
    if repeated:
        problem = f"{repeated:,} rows of the look-up repeat a value of {lookup.by}"
        raise DataError([Fault(name, problem, "it needs one row a value", "lookup.by")])
    fresh = [column for column in other.columns if column not in raw.columns]
    return raw.left_join(other.select(lookup.by, *fresh), lookup.by).select(*raw.columns, *fresh)
