"""Text files in an encoding that the engine does not know, as UTF-8 while they are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clvlens.errors import DataError, Fault
from clvlens.panel.intact import pieces


@contextmanager
def as_utf8(name: str, files: list[Path], encoding: str) -> Iterator[list[Path]]:
    """Give copies of files in UTF-8, under the same names, which go when they have been read.

    `encoding` has a byte a character. Raises `DataError` for bytes that it does not know.
    """
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for number, file in enumerate(files):
            copies.append(Path(folder) / str(number) / file.name.removesuffix(".gz"))
            copies[-1].parent.mkdir()
            with copies[-1].open("w", encoding="utf-8", newline="") as copy:
                try:
                    copy.writelines(piece.decode(encoding) for piece in pieces(file))
                except UnicodeDecodeError as error:
                    byte = error.object[error.start]
                    what = f"{file.name} has a byte {byte:#x}, which {encoding} lacks"
                    raise DataError([Fault(name, what, "state its encoding")]) from None
        yield copies
