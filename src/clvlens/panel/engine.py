"""The engine that computes features: DuckDB, inside this process.

What differs between engines (instants, strict casts, local dates, files) is a verb here, which
`clvlens.panel.spark` says again for Spark; everything else is Ibis.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.common.exceptions import TableNotFound

from clvlens.errors import ConfigError, DataError, Fault, OutOfMemoryError
from clvlens.panel.said import first_line, is_full, no_room, said
from clvlens.panel.spilling import spill_folder

CSV = {"auto_detect": False, "strict_mode": True, "quote": '"', "escape": '"', "nullstr": ""}
DELIMITERS = ",;\t|"
PLAIN = (dt.string, dt.int64, dt.float64)
SHOWN = 60  # characters of a header in a message
NO_QUOTES = {"quote": "", "escape": ""}


@ibis.udf.scalar.builtin(name="epoch_us")
def _epoch_us(instant: dt.Timestamp(timezone="UTC")) -> int: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="make_timestamptz")
def _from_epoch_us(instant: int) -> dt.Timestamp(timezone="UTC"): ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="try_strptime")
def _try_strptime(text: str, forms: dt.Array[dt.string]) -> dt.timestamp: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="datesub")
def _datesub(part: str, start: dt.date, end: dt.date) -> int: ...


@ibis.udf.scalar.builtin(name="isodow")
def _isodow(instant: dt.Timestamp(timezone="UTC")) -> int: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="hour")
def _hour(instant: dt.Timestamp(timezone="UTC")) -> int: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="nfc_normalize")
def _nfc_normalize(text: str) -> str: ...


def without_invisible(text: ir.StringValue) -> ir.StringValue:
    """Return text without letters of no width, and with common spaces in place of others."""
    seen = text.re_replace("[\\x{200B}-\\x{200D}\\x{2060}\\x{FEFF}]", "")
    return seen.re_replace("[\\x{00A0}\\x{2007}\\x{202F}]", " ")


@contextmanager
def _room() -> Iterator[None]:
    """Say what is to be done where neither memory nor the folder for the rest suffices."""
    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException) as error:
        if isinstance(error, duckdb.IOException) and not is_full(error):
            raise
        raise OutOfMemoryError(no_room(error)) from None


@dataclass(frozen=True)
class Engine:
    """A connection, with the verbs that depend on the engine."""

    backend: Backend

    def read(
        self,
        name: str,
        files: list[Path],
        form: str,
        *,
        delimiter: str = ",",
        encoding: str = "utf-8",
    ) -> ir.Table:
        """Return a table over files of one format; text formats come as text only."""
        if form == "csv":
            return self._read_csv(name, files, {"delim": delimiter, "encoding": encoding})
        try:
            if form == "parquet":
                return self.backend.read_parquet([str(file) for file in files])
            parts = [
                pd.read_csv(f, sep=r"\s+", dtype=str, na_values=[""], keep_default_na=False)
                for f in files
            ]
            return self.hold(pd.concat(parts))
        except (duckdb.Error, ValueError, OSError) as error:
            what = f"{files[0].name} cannot be read as {form}: {first_line(error)}"
            raise DataError([Fault(name, what, "check the file, or state format")]) from None

    def decodes(self, encoding: str) -> bool:
        """Whether text in an encoding is read as it is."""
        return encoding in ("utf-8", "utf-16", "latin-1")

    def hold(self, frame: pd.DataFrame) -> ir.Table:
        """Return a frame as a table."""
        return self.keep(ibis.memtable(frame))

    @_room()
    def hold_batches(self, batches: pa.RecordBatchReader) -> ir.Table:
        """Return a stream of rows as a table; it spills to disk where it must."""
        name = ibis.util.gen_name("held")
        self.backend.con.register(f"{name}_stream", batches)
        self.backend.con.execute(f"CREATE TEMP TABLE {name} AS FROM {name}_stream")
        self.backend.con.unregister(f"{name}_stream")
        return self.backend.table(name)

    def _read_csv(self, name: str, files: list[Path], how: Mapping[str, str]) -> ir.Table:
        """Return a table of text; nothing is sniffed, and every row must fit its file's header."""
        alike: dict[tuple[str, ...], list[Path]] = {}
        for file in files:
            alike.setdefault(tuple(self._header(name, file, how)), []).append(file)
        columns = next(iter(alike))
        for header, (file, *_) in alike.items():
            if set(header) != set(columns):
                what = f"{file.name} has other columns than {files[0].name}"
                raise DataError([Fault(name, what, "give every file the same header")])
        parts = [self._text(some, header, how).select(*columns) for header, some in alike.items()]
        return parts[0] if len(parts) == 1 else ibis.union(*parts)

    def _text(self, files: list[Path], header: Sequence[str], how: Mapping[str, str]) -> ir.Table:
        """Return the text of files with these columns in this order."""
        columns = dict.fromkeys(header, "VARCHAR")
        paths = [str(file) for file in files]
        return self.backend.read_csv(paths, columns=columns, header=True, **CSV | how)

    def _header(self, name: str, file: Path, how: Mapping[str, str]) -> list[str]:
        """Return the column names in a file's first line; nameless ones are numbered."""
        delimiter, line = how["delim"], self._first_line(file, how)
        if not line:
            what = f"{file} has no header line"
            raise DataError([Fault(name, what, "give a file with a header and rows")])
        names = next(csv.reader([line], delimiter=delimiter))
        split = {mark: line.count(mark) for mark in DELIMITERS if mark != delimiter}
        if len(names) == 1 and (mark := max(split, key=split.__getitem__)) and split[mark]:
            what = f"the header of {file.name} is one column {line[:SHOWN]!r}"
            raise DataError([Fault(name, what, f"state delimiter: {json.dumps(mark)}")])
        twice = {column for column in names if names.count(column) > 1 and column}
        if twice:
            what = f"the header of {file.name} repeats {', '.join(sorted(twice))}"
            raise DataError([Fault(name, what, "give every column a name of its own")])
        return [column or f"column{i}" for i, column in enumerate(names)]

    def _first_line(self, file: Path, how: Mapping[str, str]) -> str | None:
        whole = CSV | NO_QUOTES | how | {"delim": "\x01"}
        one = self.backend.read_csv(str(file), columns={"line": "VARCHAR"}, header=False, **whole)
        row = self.row(one.limit(1))
        return row and row[0]

    def read_database(self, name: str, database: str, table: str) -> ir.Table:
        """Return a table of a database that the engine can attach."""
        alias = f"attached_{hashlib.sha1(database.encode()).hexdigest()[:12]}"
        path = database.replace("'", "''")
        try:
            self.backend.con.execute(f"ATTACH IF NOT EXISTS '{path}' AS {alias} (READ_ONLY)")
            return self.backend.table(table, database=(alias, "main"))
        except (duckdb.Error, TableNotFound) as error:
            what = f"table {table} cannot be read from {database}: {first_line(error)}"
            raise DataError([Fault(name, what, "check database and table")]) from None

    def tables_of(self, database: str) -> list[str]:
        """Return the names of the tables of a database file."""
        alias = f"attached_{hashlib.sha1(database.encode()).hexdigest()[:12]}"
        path = database.replace("'", "''")
        try:
            self.backend.con.execute(f"ATTACH IF NOT EXISTS '{path}' AS {alias} (READ_ONLY)")
            return sorted(self.backend.list_tables(database=(alias, "main")))
        except duckdb.Error as error:
            what = f"{database} cannot be opened: {first_line(error)}"
            raise DataError([Fault(database, what, "check the file")]) from None

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Say what the engine finds wrong with a table's files, which it reads when it must."""
        try:
            yield
        except OutOfMemoryError as error:
            raise OutOfMemoryError(f"data.{name}: {error}") from None
        except duckdb.Error as error:
            mend = "mend the file, or state format, delimiter, decimal and encoding"
            raise DataError([Fault(name, said(error), mend)]) from None

    def check_time_format(self, name: str, forms: Iterable[str]) -> None:
        """Refuse a time format that the engine does not know."""
        try:
            for form in forms:
                self.backend.con.execute("SELECT strptime(NULL, $form)", {"form": form})
        except duckdb.Error as error:
            raise ConfigError(f"data.{name}.time_format: {first_line(error)}") from None

    @_room()
    def keep(self, table: ir.Table) -> ir.Table:
        """Compute a table once and return it for reuse; it spills to disk where it must."""
        name = ibis.util.gen_name("kept")
        self.backend.create_table(name, table, temp=True)
        return self.backend.table(name)

    @_room()
    def frame(self, table: ir.Table, part: Path | None = None) -> pd.DataFrame:
        """Return the rows of a table; an engine to which that is dear keeps them in `part`."""
        if all(kind in PLAIN for kind in table.schema().types):
            return self.backend.to_pyarrow(table).to_pandas()  # much cheaper where values are null
        return self.backend.to_pandas(table)

    def frames(self, table: ir.Table, size: int) -> Iterator[pd.DataFrame]:
        """Yield the rows of a table, at most `size` at a time; the engine waits in between."""
        with _room():
            for batch in self.backend.to_pyarrow_batches(table, chunk_size=size):
                for start in range(0, len(batch), size):
                    yield batch.slice(start, size).to_pandas()

    def numbered(self, table: ir.Table, name: str) -> ir.Table:
        """Return a raw table with the number of each row in it, from 0."""
        return table.mutate(**{name: ibis.row_number()})

    @_room()
    def row(self, table: ir.Table) -> tuple:
        """Return the first row of a table as Python values."""
        return self.backend.con.execute(ibis.to_sql(table, dialect="duckdb")).fetchone()

    def count(self, table: ir.Table) -> int:
        """Return the number of rows of a table."""
        return self.row(table.count().as_table())[0]

    def instant(self, column: ir.Value, forms: Sequence[str] = ()) -> ir.IntegerValue:
        """Return microseconds since 1970 UTC; null where text is no time.

        Naive times are read in the session's time zone, aware ones converted.
        """
        if forms and (column.type().is_string() or column.type().is_integer()):
            column = _try_strptime(column.cast("string"), ibis.array(list(forms)))
        return _epoch_us(column.try_cast(dt.Timestamp(timezone="UTC")))

    def alike(self, text: ir.StringValue) -> ir.StringValue:
        """Return text as people read it: without case, outer spaces and ways to write accents."""
        return _nfc_normalize(without_invisible(text)).strip().lower()

    def digest(self, text: ir.StringValue) -> ir.StringValue:
        """Return a hash of text that is the same on every machine."""
        return text.hexdigest("md5")

    def local_parts(self, instant: ir.IntegerValue) -> Mapping[str, ir.IntegerValue]:
        """Return the local day since 1970, the weekday (0 = Monday) and the hour of an instant."""
        local = _from_epoch_us(instant)
        day = _datesub("day", ibis.date("1970-01-01"), local.cast("date"))
        return {
            "day": day.cast("int64"),
            "weekday": (_isodow(local) - 1).cast("int64"),
            "hour": _hour(local).cast("int64"),
        }


def connect(
    time_zone: str = "UTC", *, memory_limit: str | None = None, threads: int | None = None
) -> Engine:
    """Open an engine; what does not fit in memory spills to a temporary folder."""
    settings: dict[str, object] = {
        "TimeZone": time_zone,
        "enable_progress_bar": False,  # it would go to stdout, among results
    }
    if memory_limit:
        settings["memory_limit"] = memory_limit
    if threads:
        settings["threads"] = threads
    backend = ibis.duckdb.connect()
    settings["temp_directory"] = str(spill_folder(backend)).replace("'", "''")
    for name, value in settings.items():
        try:
            backend.con.execute(f"SET {name} = '{value}'")
        except duckdb.Error as error:
            raise ConfigError(f"engine: {name} cannot be {value}: {first_line(error)}") from None
    return Engine(backend)
