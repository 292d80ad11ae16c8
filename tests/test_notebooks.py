"""The notebooks: text is their source, they carry no outputs, and they run from top to bottom."""

import json
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

import clvlens

FOLDER = Path(clvlens.__file__).parents[2] / "notebooks"
SOURCES = sorted(FOLDER.glob("*.py"))
every_notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


def test_there_are_three():
    assert [source.name[:2] for source in SOURCES] == ["01", "02", "03"]


@every_notebook
def test_a_notebook_is_its_text_without_outputs(source):
    cells = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    shown = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    text = [(cell.cell_type, cell.source) for cell in jupytext.read(source).cells]
    assert shown == text
    assert all(cell.get("outputs", []) == [] for cell in cells)
    assert all(cell.get("execution_count") is None for cell in cells)


@pytest.mark.slow
@every_notebook
def test_a_notebook_runs_from_top_to_bottom_and_leaves_nothing(source, tmp_path):
    command = [sys.executable, "-W", "ignore", str(source)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert list(tmp_path.iterdir()) == []
