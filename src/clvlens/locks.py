"""One process at a time, where two would mix what they write."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clvlens.errors import ClvlensError

HELD = ".held"  # the file in a folder of one process that it keeps locked


@contextmanager
def alone(path: Path, *, waits: bool = False) -> Iterator[None]:
    """Hold a lock as long as the block lasts; the system lets go of it if the process is killed.

    Who holds it stands in the file, which is gone afterwards. Raises `ClvlensError` naming the
    holder, unless told to wait for it. Windows, and file systems without such locks, have none.
    """
    if os.name == "nt":
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = _locked(path, waits)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def own_folder(top: Path, prefix: str) -> tuple[Path, int | None]:
    """Make a folder that is this process's as long as the handle returned with it is open.

    It is found by others under its name only once it is locked. There is no handle where there are
    no such locks: on Windows, and on some file systems.
    """
    new = Path(tempfile.mkdtemp(dir=top, prefix=f".new{prefix}"))
    handle = _held(new / HELD)
    return new.rename(top / new.name.removeprefix(".new")), handle


def remove_abandoned(top: Path, prefix: str) -> None:
    """Remove the folders of that prefix whose process was killed; without locks, none."""
    with suppress(OSError):  # who may not list the folder leaves them to somebody else
        for left in top.iterdir():
            if left.name.startswith(prefix) and _is_abandoned(left / HELD):
                shutil.rmtree(left, ignore_errors=True)


def _held(path: Path) -> int | None:
    if os.name == "nt":
        return None
    import fcntl

    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _is_abandoned(path: Path) -> bool:
    """Whether a file is ours and was held by a process that is gone."""
    if os.name == "nt":
        return False
    import fcntl

    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _locked(path: Path, waits: bool) -> int:
    """Return a handle of the file that lies there, locked.

    The one before may have taken the file away between our opening and our locking it.
    """
    import fcntl

    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.read(handle, 20).decode(errors="replace")
            os.close(handle)
            raise ClvlensError(
                f"{path.parent} is being written by another clvlens, process {holder}; wait for "
                "it, or give this run another name"
            ) from None
        except OSError:
            return handle
        if _is_there(handle, path):
            os.truncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
            return handle
        os.close(handle)


def _is_there(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
