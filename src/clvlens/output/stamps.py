"""Which model a folder of findings is about: a note that lies in the folder."""

from __future__ import annotations

import json
from pathlib import Path

from clvlens.version import __version__

STAMP = "made_with.json"
QUALITY = "quality"  # the folder of what `check --html` leaves, which is about no model
DIGEST = "model_digest"  # the model that a file is about


def write_stamp(folder: Path, digest: str) -> None:
    """Note the model that a folder is about; `""` where it is about none."""
    note = {DIGEST: digest, "clvlens": __version__}
    (folder / STAMP).write_text(json.dumps(note, indent=1), encoding="utf-8")


def read_stamp(path: Path) -> str:
    """Return the digest in a note, or in any JSON with one; `""` where it cannot be read."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))[DIGEST])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
