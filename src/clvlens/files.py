"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from clvlens.errors import ClvlensError
from clvlens.locks import own_folder, remove_abandoned

OCCUPIED = (errno.ENOTEMPTY, errno.EEXIST)
HERE, EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path for the new file; it becomes `path` only when all went well.

    Raises `ClvlensError` where the folder of `path` cannot be written to.
    """
    with _beside(path) as folder:
        fresh = folder / path.name
        yield fresh
        _sync(fresh)
        fresh.replace(path)
        _sync(path.parent)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder; it takes the place of `path` only when all went well.

    Raises `ClvlensError` where the folder above `path` cannot be written to.
    """
    with _beside(path) as folder:
        fresh = folder / path.name
        fresh.mkdir()
        yield fresh
        for written in (fresh, *fresh.rglob("*")):
            _sync(written)
        _swap(fresh, path)
        _sync(path.parent)


def check_folder(path: Path) -> None:
    """Refuse a folder that cannot be made, or written to, before the work that would fill it.

    Raises `ClvlensError` naming what is in the way.
    """
    there = next(place for place in (path, *path.absolute().parents) if place.exists())
    if not there.is_dir():
        raise ClvlensError(f"{there} is a file, and {path} would be a folder; move one of them")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ClvlensError(f"{there} cannot be written to; see to its rights, or write elsewhere")


def sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Yield a hidden folder next to `path`, so on the same disk; nothing of it remains.

    What killed processes have left goes too, once something lies at `path`: until then it may be
    the only one there is (see `_swap`).
    """
    hidden = f".{path.name}."
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder, handle = own_folder(path.parent, hidden)
    except OSError as error:
        raise ClvlensError(
            f"{path.parent} cannot be written to: {error.strerror}; write elsewhere"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)
        if path.exists():
            remove_abandoned(path.parent, hidden)


def _swap(fresh: Path, path: Path) -> None:
    """Rename `fresh` to `path`, which another process may be doing at the same time.

    A folder that is not empty cannot be renamed over. Where the system cannot exchange the two at
    once, what is there steps aside first: being killed in between leaves it in a hidden folder.
    """
    if _exchanged(fresh, path):
        return
    for attempt in count():
        old = fresh.with_name(f"{path.name}.{attempt}")
        with suppress(FileNotFoundError):
            path.replace(old)
        try:
            fresh.replace(path)
            return
        except BaseException as error:
            if isinstance(error, OSError) and error.errno in OCCUPIED:
                continue
            if old.exists():
                old.replace(path)
            raise


def _exchanged(fresh: Path, path: Path) -> bool:
    """Exchange two names at once; return whether both were there and the system can do that."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    names = (os.fsencode(fresh.absolute()), os.fsencode(path.absolute()))
    return rename is not None and rename(HERE, names[0], HERE, names[1], EXCHANGE) == 0


def _sync(path: Path) -> None:
    """Wait until the disk has it; Windows can do so only while it is being written."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
