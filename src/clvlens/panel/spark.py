"""Spark in place of DuckDB: the verbs of the engine, as a cluster does them.

With `clvlens.models.spark` the only file that imports it. Histories are the same Ibis
expressions; what Spark's SQL would take otherwise, `clvlens.panel.spark_sql` says, once.
"""

# PySpark is an extra, and types its columns loosely.
# pyright: reportMissingImports=false

from __future__ import annotations

import logging
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from clvlens.config import engine as config_engine
from clvlens.errors import ClvlensError, ConfigError, DataError, Fault
from clvlens.panel import engine, spark_sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

INSTALL = "engine: spark needs PySpark, which is not installed: pip install 'clvlens[spark]'"
OURS = {  # what expressions rely on, in a session of our own
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",  # x² of four decimals has eight
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.maxPlanStringLength": "10000",  # plans of hundreds of features, kept for each job
}
ALONE = {  # what a Spark on this machine alone needs; a platform has its own
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "8",
    "spark.ui.enabled": "false",
}
QUIET = {
    "spark.ui.showConsoleProgress": "false",
    "spark.executorEnv.PYTHONWARNINGS": "ignore::FutureWarning",
}
TEXT = {"quote": '"', "escape": '"', "nullValue": "", "emptyValue": "", "mode": "FAILFAST",
        "unescapedQuoteHandling": "RAISE_ERROR"}  # fmt: skip
ROW_BITS = 33  # of what Spark calls a monotonically increasing id, below those of the partition
BROKEN = ("MALFORMED", "FAILED_READ_FILE", "PARQUET", "PATH_NOT_FOUND", "INFER_SCHEMA")


class _BrokenFileError(ClvlensError):
    """What Spark found in the files of a table."""


@dataclass(frozen=True)
class SparkEngine(engine.Engine):
    """A session of Spark, with the verbs of the engine."""

    backend: Any

    @property
    def session(self) -> SparkSession:
        """The session that all of it runs in."""
        return self.backend._session

    def read(
        self, name: str, files: list[Path], form: str, *, delimiter: str = ",",
        encoding: str = "utf-8",
    ) -> ir.Table:  # fmt: skip
        """Return a table over files of one format; text formats come as text only."""
        if form != "parquet":
            return super().read(name, files, form, delimiter=delimiter, encoding=encoding)
        with self.reading(name):
            return self.view(self.session.read.parquet(*map(_unglobbed, files)))

    def _text(self, files: list[Path], header: Sequence[str], how: Mapping[str, str]) -> ir.Table:
        from pyspark.sql.types import StringType, StructField, StructType

        schema = StructType([StructField(column, StringType()) for column in header])
        rows = self.session.read.options(
            **TEXT, sep=how["delim"], encoding=_encoding(how), header="true", multiLine="true"
        )
        return self.view(rows.csv([_unglobbed(file) for file in files], schema=schema))

    def _first_line(self, file: Path, how: Mapping[str, str]) -> str | None:
        one = self.session.read.options(encoding=_encoding(how), lineSep="\n")
        row = one.text(_unglobbed(file)).first()
        return row and row[0].removeprefix("\ufeff").rstrip("\r")

    def decodes(self, encoding: str) -> bool:
        """Whether text in an encoding is read as it is: Java knows them all."""
        return True

    def hold(self, frame: pd.DataFrame) -> ir.Table:
        """Return a frame as a table."""
        return self._hold(pa.Table.from_pandas(frame, preserve_index=False))

    def hold_batches(self, batches: pa.RecordBatchReader) -> ir.Table:
        """Return a stream of rows as a table; all of it passes through the driver's memory."""
        return self._hold(batches.read_all())

    def _hold(self, table: pa.Table) -> ir.Table:
        fields = [f.with_type(_storable(f.type)) for f in table.schema]
        return self.view(self.session.createDataFrame(table.cast(pa.schema(fields), safe=False)))

    def read_database(self, name: str, database: str, table: str) -> ir.Table:
        """Return a table of a database that DuckDB can attach, read by the driver."""
        local = engine.connect()
        with local.reading(name):
            found = local.read_database(name, database, table)
            return self.hold_batches(found.to_pyarrow_batches())

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Say what Spark finds wrong with a table's files, which it reads when it must."""
        try:
            with working():
                yield
        except _BrokenFileError as error:
            mend = "mend the file, or state format, delimiter, decimal and encoding"
            raise DataError([Fault(name, str(error), mend)]) from None

    def check_time_format(self, name: str, forms: Iterable[str]) -> None:
        """Refuse a time format that Spark cannot be told."""
        for form in forms:
            unknown = [code for code in re.findall("%(.)", form) if code not in spark_sql.CODES]
            if unknown:
                raise ConfigError(
                    f"data.{name}.time_format: Spark does not read %{unknown[0]}; use "
                    f"{', '.join(f'%{code}' for code in spark_sql.CODES)}, or write times otherwise"
                )

    def view(self, rows: DataFrame) -> ir.Table:
        """Return rows of Spark as a table."""
        name = ibis.util.gen_name("held")
        rows.createOrReplaceTempView(name)
        return self.backend.table(name)

    def rows(self, table: ir.Table) -> DataFrame:
        """Return a table as rows of Spark, computed when they are needed."""
        self.backend._run_pre_execute_hooks(table)
        return self.session.sql(self.backend.compile(table))

    def keep(self, table: ir.Table) -> ir.Table:
        """Return a table for reuse; what is lost with an executor is computed again."""
        return self.view(self.rows(table).persist())

    def frame(self, table: ir.Table, part: Path | None = None) -> pd.DataFrame:
        """Return the rows of a table; those of a `part` that an earlier run finished are read."""
        with working():
            if part is None:
                return self.backend.to_pandas(table)
            if not is_whole(part):
                self.rows(table).write.mode("overwrite").parquet(str(part))
        return pd.read_parquet(part)

    def frames(self, table: ir.Table, size: int) -> Iterator[pd.DataFrame]:
        """Yield the rows of a table, at most `size` at a time."""
        found = self.frame(table)
        yield from (found[start : start + size] for start in range(0, len(found), size))

    def row(self, table: ir.Table) -> tuple:
        """Return the first row of a table as Python values."""
        with working():
            return self.rows(table).first()  # type: ignore[return-value]

    def numbered(self, table: ir.Table, name: str) -> ir.Table:
        """Return a raw table with the number of each row in it, from 0."""
        from pyspark.sql import functions as f

        rows = self.rows(table).withColumn(name, f.monotonically_increasing_id())
        place = f.shiftright(name, ROW_BITS)
        sizes = {row[0]: row[1] for row in rows.groupBy(place).count().collect()}
        before = [0, *pd.Series(sizes).sort_index().cumsum()]
        starts = {place: int(start) for place, start in zip(sorted(sizes), before, strict=False)}
        start = f.create_map(*(f.lit(value) for pair in starts.items() for value in pair))
        within = f.col(name).bitwiseAND(f.lit(2**ROW_BITS - 1))
        return self.view(rows.withColumn(name, within + start[place] if starts else within))

    def instant(self, column: ir.Value, forms: Sequence[str] = ()) -> ir.IntegerValue:
        """Return microseconds since 1970 UTC; null where text is no time."""
        return spark_sql.instant(column, forms)

    def alike(self, text: ir.StringValue) -> ir.StringValue:
        """Return text as people read it: without case, outer spaces and ways to write accents."""
        return spark_sql.composed(engine.without_invisible(text)).strip().lower()

    def local_parts(self, instant: ir.IntegerValue) -> Mapping[str, ir.IntegerValue]:
        """Return the local day since 1970, the weekday (0 = Monday) and the hour of an instant."""
        return spark_sql.local_parts(instant)


def connect(time_zone: str, settings: config_engine.Engine) -> SparkEngine:
    """Open Spark as the settings say, in a session of our own.

    Raises `ConfigError` where PySpark is not installed, or Spark does not start.
    """
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise ConfigError(INSTALL) from None
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    warnings.filterwarnings("ignore", "Cannot infer the eval type", UserWarning)
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    builder = SparkSession.builder.appName("clvlens")
    for name, value in _session_settings(settings).items():
        builder = builder.config(name, str(value))
    try:
        session = builder.getOrCreate().newSession()
        if session.sparkContext.master.startswith("local"):
            session.sparkContext.setLogLevel("OFF")  # it would show the rows of broken files
    except (*_failures(), RuntimeError, OSError) as error:
        mend = "see that Java 17 or later is installed and engine.master can be reached"
        raise ConfigError(f"engine: Spark does not start: {_said(error)}; {mend}") from None
    backend = ibis.pyspark.connect(session)
    backend.compiler = spark_sql.Compiler()
    for name, value in {**OURS, "spark.sql.session.timeZone": time_zone}.items():
        session.conf.set(name, value)
    return SparkEngine(backend)


def is_whole(part: Path) -> bool:
    """Whether Spark has written all of a folder."""
    return (part / "_SUCCESS").is_file()


@contextmanager
def working() -> Iterator[None]:
    """Say why Spark gave up, without its traceback."""
    try:
        yield
    except _failures() as error:
        if any(word in str(error) for word in BROKEN):
            raise _BrokenFileError(_said(error)) from None
        mend = "see Spark's own log; what was finished is kept, so run the verb again"
        raise ClvlensError(f"Spark gave up: {_said(error)}; {mend}") from None


def _session_settings(settings: config_engine.Engine) -> dict[str, object]:
    """Return what Spark is started with, the user's own settings last."""
    from pyspark.sql import SparkSession

    given = SparkSession.getActiveSession() or "PYSPARK_GATEWAY_PORT" in os.environ
    master = settings.master or (None if given else "local[*]")
    alone = master is not None and master.startswith("local")
    if alone:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else the first on the path
    named = {"spark.master": master} if master else {}
    return {**(ALONE if alone else {}), **QUIET, **named, **settings.settings}


def _failures() -> tuple[type[Exception], ...]:
    """Return what Spark raises."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    return Py4JError, PySparkException


def _said(error: Exception) -> str:
    """Return what went wrong, without the line of a file, which may be personal."""
    if "MALFORMED" in str(error):
        file = re.search(r"reading file \S*/(\S+?)\.? ", str(error))
        where = f"{file[1]}: " if file else ""
        return f"{where}a line has other values than the header says, or a quote that does not end"
    text = str(getattr(error, "java_exception", None) or error)
    return (text.splitlines() or ["no reason given"])[0][:300].removesuffix(":")


def _unglobbed(file: Path) -> str:
    """Return a path in which nothing stands for anything else."""
    return re.sub(r"([\[\]{}*?\\])", r"\\\1", str(file))


def _encoding(how: Mapping[str, str]) -> str:
    return {"latin-1": "ISO-8859-1"}.get(how["encoding"], how["encoding"])


def _storable(kind: pa.DataType) -> pa.DataType:
    """Return the type as which Spark can hold a column."""
    if pa.types.is_null(kind):
        return pa.string()
    return pa.timestamp("us", kind.tz) if pa.types.is_timestamp(kind) else kind
