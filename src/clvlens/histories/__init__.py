"""The histories a business records: one file each, found by `discover`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from clvlens.histories.base import History

_NOT_HISTORIES = {"base", "custom", "decisions", "exact", "past", "rows", "strict", "waits"}


@cache
def discover() -> dict[str, History]:
    """Return every module's `HISTORY` by name, orders first (they define value).

    Raises `TypeError` where a module of this folder has no `HISTORY` of its own name.
    """
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name in _NOT_HISTORIES:
            continue
        history = getattr(importlib.import_module(f"{__name__}.{module.name}"), "HISTORY", None)
        if not isinstance(history, History) or history.name != module.name:
            raise TypeError(
                f"histories/{module.name}.py needs HISTORY = History({module.name!r}, …)"
            )
        found[module.name] = history
    return dict(sorted(found.items(), key=lambda item: (not item[1].required, item[0])))
