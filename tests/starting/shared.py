"""Real data that is no part of the repository, where somebody has put it beside it."""

import os
from pathlib import Path

import clvlens

BESIDE = Path(clvlens.__file__).parents[2].parent / "shared" / "data"
DATA = Path(os.environ.get("CLVLENS_SHARED_DATA", BESIDE))
