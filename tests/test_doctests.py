"""Every example in a docstring gives what it says."""

import doctest
import importlib
from pathlib import Path

import pytest

import clvlens

SOURCE = Path(clvlens.__file__).parent


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


WITH_EXAMPLES = [
    name_of(path) for path in sorted(SOURCE.rglob("*.py")) if ">>> " in path.read_text("utf-8")
]


def test_there_are_examples():
    assert "clvlens.errors" in WITH_EXAMPLES


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_every_example_gives_what_it_says(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0
