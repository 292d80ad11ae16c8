"""Where what does not fit in memory goes: a folder of one engine alone.

Two engines that spill to one folder write into each other's files. What a killed process has left
is removed by the next engine, which tells by a lock that nobody is using it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

from clvlens.locks import own_folder, remove_abandoned

PREFIX = "clvlens-spilled-"


def spill_folder(owner: object) -> Path:
    """Return a folder that nobody else reads or writes; it is gone once the owner is."""
    top = Path(tempfile.gettempdir())
    remove_abandoned(top, PREFIX)
    folder, handle = own_folder(top, PREFIX)
    weakref.finalize(owner, _remove, folder, handle, os.getpid())
    return folder


def _remove(folder: Path, handle: int | None, process: int) -> None:
    if os.getpid() != process:  # a fork inherits owners, and what they own is not its own
        return
    shutil.rmtree(folder, ignore_errors=True)
    if handle is not None:
        os.close(handle)
