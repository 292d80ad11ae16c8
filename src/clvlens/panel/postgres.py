"""Tables of a PostgreSQL server, as Arrow batches; the only importer of its driver.

The password is libpq's affair: it reads PGPASSWORD or ~/.pgpass, and no configuration holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clvlens.errors import ConfigError, DataError, Fault, nearest

if TYPE_CHECKING:
    import pyarrow as pa
    from adbc_driver_postgresql.dbapi import Connection

SCHEMES = ("postgresql://", "postgres://")
PUBLIC = "public"
AS_THEY_ARE = {  # types that Arrow has too; of others, the text is read, which loses no digit
    *("boolean", "smallint", "integer", "bigint", "real", "double precision"),
    *("text", "character varying", "date"),
    *("timestamp without time zone", "timestamp with time zone"),
}
COLUMNS = """
    SELECT column_name::text, data_type::text FROM information_schema.columns
    WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position
"""
TABLES = """
    SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name
    FROM information_schema.tables WHERE table_schema NOT IN ('information_schema', 'pg_catalog')
"""


def is_postgres(database: str) -> bool:
    """Return whether a `database` of the configuration is the URL of a PostgreSQL server."""
    return database.startswith(SCHEMES)


@contextmanager
def batches(name: str, url: str, table: str) -> Iterator[pa.RecordBatchReader]:
    """Open the rows of a server's table (`table` or `schema.table`) for the history `name`.

    Raises `ConfigError` without the driver, `DataError` where the server or the table is missing.
    """
    with _connected(name, url) as connection, connection.cursor() as cursor:
        columns = ", ".join(_selected(*column) for column in _columns(cursor, name, url, table))
        cursor.execute(f"SELECT {columns} FROM {_place(table)}")
        yield cursor.fetch_record_batch()


def fingerprint(name: str, url: str, table: str) -> str:
    """Return a digest of a table's rows in any order, which the server computes."""
    with _connected(name, url) as connection, connection.cursor() as cursor:
        _columns(cursor, name, url, table)
        cursor.execute(
            "SELECT concat(count(*), ':', sum(hashtextextended(rows::text, 0)))"
            f" FROM {_place(table)} AS rows"
        )
        return str(cursor.fetchall()[0][0])


@contextmanager
def _connected(name: str, url: str) -> Iterator[Connection]:
    try:
        from adbc_driver_postgresql import dbapi
    except ModuleNotFoundError:
        raise ConfigError(
            f"data.{name}.database: PostgreSQL needs a driver; pip install 'clvlens[postgres]'"
        ) from None
    try:
        with dbapi.connect(url) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SET TIME ZONE 'UTC'")  # in which a fingerprint's text is written
            yield connection
    except dbapi.Error as error:
        what = f"{url} cannot be read: {_said(error)}"
        mend = "check that the server runs, the URL and its rights, and PGPASSWORD"
        raise DataError([Fault(name, what, mend)]) from None


def _columns(cursor: Any, name: str, url: str, table: str) -> list[tuple[str, str]]:
    cursor.execute(COLUMNS, _parts(table))
    if found := cursor.fetchall():
        return found
    cursor.execute(TABLES)
    known = [row[0] for row in cursor.fetchall()]
    mend = nearest(table, known) if known else "it has no table that this user may read"
    raise DataError([Fault(name, f"{url} has no table {table}", mend)])


def _selected(column: str, kind: str) -> str:
    quoted = _quoted(column)
    return quoted if kind in AS_THEY_ARE else f"{quoted}::text AS {quoted}"


def _parts(table: str) -> tuple[str, str]:
    schema, _, name = table.rpartition(".")
    return schema or PUBLIC, name


def _place(table: str) -> str:
    return ".".join(map(_quoted, _parts(table)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _said(error: Exception) -> str:
    """Return what the server says, in one line."""
    return " ".join(str(error).split()).removesuffix(".")
