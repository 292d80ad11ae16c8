"""One process at a time, where two would mix what they write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clvlens.errors import ClvlensError


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


def hold(path: Path) -> int | None:
    """Lock a new file until this process ends or closes the handle, which is returned.

    Nothing is returned where there are no such locks: on Windows, and on some file systems.
    """
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


def is_abandoned(path: Path) -> bool:
    """Whether a file is ours and was held by a process that is gone; without locks, never."""
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
