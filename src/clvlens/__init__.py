"""clvlens predicts what each customer will be worth, who will leave, and why.

Heavy parts are imported when they are first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from clvlens.version import __version__

if TYPE_CHECKING:
    from clvlens.config import load_config
    from clvlens.histories.base import History, Lever
    from clvlens.panel.panel import build_panel
    from clvlens.pipeline import evaluate, explain, predict, train

_HOMES = {
    "load_config": "clvlens.config",
    "build_panel": "clvlens.panel.panel",
    "train": "clvlens.pipeline",
    "evaluate": "clvlens.pipeline",
    "explain": "clvlens.pipeline",
    "predict": "clvlens.pipeline",
    "History": "clvlens.histories.base",
    "Lever": "clvlens.histories.base",
}

__all__ = [
    "History",
    "Lever",
    "__version__",
    "build_panel",
    "evaluate",
    "explain",
    "load_config",
    "predict",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'clvlens' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
