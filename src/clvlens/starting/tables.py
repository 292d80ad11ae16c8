"""Tables of a user's files, opened the way that a run will open them."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import ibis.expr.types as ir

from clvlens.config.tables import Source
from clvlens.errors import ClvlensError, ConfigError
from clvlens.panel.engine import Engine
from clvlens.panel.intact import BROKEN, pieces
from clvlens.panel.sheets import sheet_names
from clvlens.panel.source import open_source
from clvlens.starting.profiles import Profile, profile

HEAD = 1 << 16  # bytes looked at to tell how the columns of a text file are parted
SIGNS = re.compile(rb"[\x80-\x9f]")  # € and quotes in Windows-1252, controls in Latin-1
DELIMITERS = (",", ";", "\t", "|")
TEXTS = (".csv", ".tsv", ".txt")
DATABASES = (".duckdb", ".db", ".sqlite")


@dataclass(frozen=True, eq=False)
class FoundTable:
    """One raw table: where it lies (keys of the YAML), and what its columns hold."""

    name: str
    place: dict[str, str]
    table: ir.Table = field(repr=False)
    rows: int
    columns: dict[str, Profile]


@dataclass(frozen=True)
class LeftOut:
    """Something that was given and is not used, and why."""

    name: str
    why: str


def find_tables(
    engine: Engine, root: Path, given: Iterable[Path]
) -> tuple[list[FoundTable], list[LeftOut]]:
    """Open every table of files, folders and databases; what cannot be read is left out."""
    found, out = [], []
    for name, place in _unique(place for path in given for place in _places(engine, root, path)):
        try:
            with engine.reading(name):
                table = open_source(root, engine, name, Source.model_validate(place))
                rows, columns = profile(engine, table)
        except ClvlensError as error:
            out.append(LeftOut(name, str(error)))
            continue
        if rows:
            found.append(FoundTable(name, place, table, rows, columns))
        else:
            out.append(LeftOut(name, "it has no rows"))
    return found, out


def _unique(places: Iterable[tuple[str, dict[str, str]]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Number the later ones of tables with one name."""
    seen: dict[str, int] = {}
    for name, place in places:
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} {seen[name]}"), place


def _places(engine: Engine, root: Path, path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Return the tables of a path by name, as keys of the YAML."""
    if not path.exists():
        raise ConfigError(f"{path} does not exist; name files, folders or databases that do")
    if path.is_dir():
        inside = sorted(file for file in path.iterdir() if _is_table(file))
        if _are_parts(inside):
            yield path.name, {"path": written_path(root, path)} | _dialect_of(inside[0])
            return
        for file in inside:
            yield from _places(engine, root, file)
        return
    place = {"path": written_path(root, path)}
    name, ending = _stem(path), _ending(path)
    if ending in DATABASES:
        for table in engine.tables_of(str(path)):
            yield table, {"database": place["path"], "table": table}
    elif ending in TEXTS:
        yield name, place | _dialect_of(path)
    elif ending == ".xlsx":
        sheets = sheet_names(path)
        for sheet in sheets:
            yield (name, place) if len(sheets) == 1 else (sheet, place | {"sheet": sheet})
    else:
        yield name, place


def _is_table(path: Path) -> bool:
    """Whether something in a folder is a table, or may hold some."""
    known = (*TEXTS, *DATABASES, ".parquet", ".xlsx")
    return not path.name.startswith((".", "_")) and (path.is_dir() or _ending(path) in known)


def _are_parts(files: list[Path]) -> bool:
    """Whether files are parts of one table: their names differ in numbers alone."""
    alike = {(re.sub(r"\d+", "", file.name), file.is_dir()) for file in files}
    return len(files) > 1 and len(alike) == 1 and _ending(files[0]) in (*TEXTS, ".parquet")


def _dialect_of(path: Path) -> dict[str, str]:
    """Return what the YAML says of how a file is written, where it is not plain CSV or Parquet."""
    ending = _ending(path)
    if ending not in TEXTS:
        return {}
    return ({} if ending == ".csv" else {"format": "csv"}) | _dialect(path)


def written_path(root: Path, path: Path) -> str:
    """Return a path as the YAML should say it: from the project's folder where it lies inside."""
    path = path.resolve()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _ending(path: Path) -> str:
    endings = [suffix for suffix in path.suffixes if suffix not in (".gz", ".zst")]
    return endings[-1].lower() if endings else ""


def _dialect(path: Path) -> dict[str, str]:
    """Return the delimiter and the encoding of a text file, where they are not the usual ones."""
    encoding, head = _encoding(path)
    said = {} if encoding == "utf-8" else {"encoding": encoding}
    lines = head.decode(encoding, errors="replace").removeprefix("\ufeff").splitlines()
    lines = lines[:-1] if len(head) == HEAD else lines
    widths = {mark: _width(lines[:100], mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: widths[mark])
    return said | ({} if best == "," or widths[best] < 2 else {"delimiter": best})


def _encoding(path: Path) -> tuple[str, bytes]:
    """Return how text is encoded, and its beginning; a damaged file is left to its reader.

    What is not UTF-8 is most often an older spreadsheet's. The whole file is read, as its first
    accent or € may be far from its beginning.
    """
    head, decoder, signs = b"", codecs.getincrementaldecoder("utf-8")(), False
    encoding = "utf-8"
    try:
        for piece in pieces(path):
            head = head or piece[:HEAD]
            if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                return "utf-16", head
            encoding = encoding if _decodes(decoder, piece) else "latin-1"
            signs |= bool(SIGNS.search(piece))
    except BROKEN:
        return "utf-8", head
    return ("windows-1252" if encoding == "latin-1" and signs else encoding), head


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes) -> bool:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def _width(lines: list[str], mark: str) -> int:
    """Return into how many columns a mark parts the lines, 0 where it does so unevenly."""
    rows = [row for row in csv.reader(lines, delimiter=mark) if row]
    widths = {len(row) for row in rows}
    return len(rows[0]) if len(widths) == 1 else 0
