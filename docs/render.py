"""Render the reference of the Python API from its docstrings into a folder."""

import sys
from pathlib import Path

import pdoc

import clvlens

for name in clvlens.__all__:  # pdoc asks no module for what it gives only when asked
    setattr(clvlens, name, getattr(clvlens, name))
pdoc.render.configure(docformat="numpy")
pdoc.pdoc("clvlens", output_directory=Path(sys.argv[1]))
