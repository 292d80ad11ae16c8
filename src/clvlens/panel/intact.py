"""Whether files are as they were written: what engines read past in silence, or stumble over late.

A truncated archive, a byte of nothing inside a line, a page of Parquet whose checksum is wrong, a
part with other columns than its neighbour: each is found before a row is used, at the cost of
reading the files once more.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clvlens.errors import DataError, Fault

PIECE = 1 << 22  # bytes read at once
WIDE = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
}
BROKEN = (OSError, EOFError, ValueError, MemoryError, OverflowError, zlib.error, pa.ArrowException)

OTHERS = {  # by their first bytes
    b"PAR1": ("Parquet", "state format: parquet"),
    b"PK\x03\x04": ("a spreadsheet or an archive", "state format: xlsx, or unpack it"),
    b"\x1f\x8b": ("packed by gzip", "end its name in .csv.gz"),
}
WIDER = "save it as UTF-8, or state encoding: utf-16"
ANEW = "write or fetch the file anew"

Schema = tuple[tuple[str, str], ...]  # names and types of columns


def check_intact(name: str, files: Iterable[Path], form: str, encoding: str = "utf-8") -> None:
    """Refuse a table of which a file is damaged, or parts do not go together.

    Raises `DataError` with a fault for every such file.
    """
    faults, schemas = [], {}
    for file in files:
        about = file.stat()
        state = (file, about.st_size, about.st_mtime_ns)
        problem, schema = _looked_at(form, encoding, *state)
        if problem is not None:
            faults.append(Fault(name, f"{file.name} {problem}", _mend_of(problem)))
        schemas.setdefault(schema, file)
    whole = [pair for pair in schemas.items() if pair[0]]
    for schema, file in whole[1:]:
        faults.append(Fault(name, *_other(whole[0][1], whole[0][0], file, schema)))
    if faults:
        raise DataError(faults)


def _mend_of(problem: str) -> str:
    other = next((mend for what, mend in OTHERS.values() if problem == f"is {what}"), ANEW)
    return WIDER if "UTF" in problem else other


@lru_cache(maxsize=4096)
def _looked_at(
    form: str, encoding: str, file: Path, size: int, changed: int
) -> tuple[str | None, Schema]:
    """Return what is wrong with a file, and the columns of a Parquet file.

    `size` and `changed` only tell one state of the file from another.
    """
    try:
        return _parquet(file) if form == "parquet" else (_text(file, encoding), ())
    except BROKEN as error:
        what = " ".join(str(error).split()) or type(error).__name__
        return f"is damaged or cut off: {what[:200]}", ()


def _parquet(file: Path) -> tuple[str | None, Schema]:
    """Read every page, so that those with a checksum are compared with it."""
    with pq.ParquetFile(file, page_checksum_verification=True) as opened:
        schema = tuple(sorted((field.name, str(field.type)) for field in opened.schema_arrow))
        found = sum(batch.num_rows for batch in opened.iter_batches())
        stated = opened.metadata.num_rows
    if found != stated:
        return f"states {stated:,} rows and holds {found:,}", ()
    return None, schema


def _text(file: Path, encoding: str) -> str | None:
    """Read to the end, which unpacks archives; only UTF-16 is made of bytes of zeros."""
    line = 1
    for number, piece in enumerate(pieces(file)):
        if encoding == "utf-16":
            continue
        if number == 0 and (wide := [WIDE[mark] for mark in WIDE if piece.startswith(mark)]):
            return f"is {wide[-1]}"
        if number == 0 and (other := [OTHERS[mark] for mark in OTHERS if piece.startswith(mark)]):
            return f"is {other[0][0]}"
        if b"\0" in piece:
            line += piece.count(b"\n", 0, piece.index(b"\0"))
            return f"holds a byte of zeros in line {line:,}: it is damaged, or UTF-16"
        line += piece.count(b"\n")
    return None


def pieces(file: Path) -> Iterator[bytes]:
    """Return the bytes of a text file, unpacked, a few millions at a time."""
    unpack = gzip.open if file.suffix == ".gz" else Path.open
    with unpack(file, "rb") as opened:
        while piece := opened.read(PIECE):
            yield piece


def _other(first: Path, columns: Schema, file: Path, others: Schema) -> tuple[str, str]:
    """Say how the columns of a part differ from those of the first."""
    mine, theirs = dict(columns), dict(others)
    for name in mine:
        if name not in theirs:
            return f"{file.name} lacks the column {name!r} of {first.name}", "give both the same"
        if mine[name] != theirs[name]:
            what = f"{name!r} is {theirs[name]} in {file.name} and {mine[name]} in {first.name}"
            return what, "give both the same type"
    extra = next(name for name in theirs if name not in mine)
    return f"{first.name} lacks the column {extra!r} of {file.name}", "give both the same"
