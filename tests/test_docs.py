"""The reference of the Python API is rendered from the docstrings without a warning."""

import subprocess
import sys
from pathlib import Path

import pytest

import clvlens

ROOT = Path(clvlens.__file__).parents[2]


@pytest.mark.slow
def test_the_reference_is_rendered_without_a_warning(tmp_path):
    command = [sys.executable, str(ROOT / "docs" / "render.py"), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, "Warn" in ran.stderr) == (0, False), ran.stderr
    page = (tmp_path / "clvlens.html").read_text(encoding="utf-8")
    assert [name for name in clvlens.__all__ if f'id="{name}"' not in page] == []
    assert "A panel has one row a customer and cutoff" in page
