"""What the README shows exists, and works."""

import ast
import dataclasses
import re
import runpy
import shlex
from pathlib import Path

import pandas as pd
import pytest
import typer.main
import yaml
from tests.reliability.table import markdown
from tests.support.business import write_csv

import clvlens
from clvlens.cli.app import app
from clvlens.config import load_config
from clvlens.evaluation.backtest import Evaluation
from clvlens.histories import discover
from clvlens.panel.world import read_world

ROOT = Path(clvlens.__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
VERBS = typer.main.get_command(app).commands
SHOWN = sorted(set(re.findall(r"^clvlens .*|(?<=`)clvlens [a-z][^`\n]*(?=`)", README, re.M)))


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)
    return found


def test_every_verb_is_shown():
    assert {shlex.split(shown, comments=True)[1] for shown in SHOWN} == set(VERBS)


@pytest.mark.parametrize("shown", SHOWN)
def test_a_command_that_is_shown_has_these_options(shown):
    _, verb, *words = shlex.split(shown, comments=True)
    known = {name for option in VERBS[verb].params for name in option.opts}
    assert {word for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)", README))))
def test_an_option_that_is_named_is_one_of_every_verb_that_reads_data(option):
    for verb in set(VERBS) - {"init", "ui"}:
        assert option in {name for known in VERBS[verb].params for name in known.opts}


def test_every_configuration_that_is_shown_is_there():
    named = set(re.findall(r"configs/\w+\.yaml", README))
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_configuration_that_is_shown_is_read(tmp_path):
    (tmp_path / "run.yaml").write_text(block("yaml"), encoding="utf-8")
    tables = yaml.safe_load(block("yaml"))["data"]
    (tmp_path / "exports").mkdir()
    orders = [
        {"client": "007", "date": "31/01/2024", "total": "10.00", "number": "1"},
        {"client": "8", "date": "01/02/2024", "total": "5.00", "number": "2"},
    ]
    write_csv(tmp_path / tables["orders"]["path"], orders)
    messages = [
        {name: value for name, value in row.items() if value is not None}
        for row in discover()["messages"].example
    ]
    write_csv(tmp_path / tables["messages"]["path"], messages)
    config = load_config(tmp_path / "run.yaml")
    world = read_world(config)
    assert set(world.histories) == {"orders", "messages"} == set(config.data)
    assert world.engine.count(world.histories["orders"].table) == 2
    assert world.show(world.starts) == "2024-01-31"


def test_the_names_that_are_imported_are_public():
    (line,) = [n for n in ast.parse(block("python")).body if isinstance(n, ast.ImportFrom)]
    names = {alias.name for alias in line.names}
    assert line.module == "clvlens"
    assert names <= set(clvlens.__all__)
    assert all(callable(getattr(clvlens, name)) for name in names)


def test_what_an_evaluation_is_said_to_hold_it_holds():
    held = {field.name for field in dataclasses.fields(Evaluation)}
    said = set(re.findall(r"(?<= )\.(\w+)", block("python")))
    assert said == {"scores", "by_slice", "by_decile"}
    assert said <= held


def test_the_table_of_accuracy_is_that_of_the_newest_figures():
    figures = pd.read_csv(ROOT / "data" / "bench" / "accuracy.csv")
    program = runpy.run_path(str(ROOT / "tests" / "bench" / "_accuracy_summary.py"))
    assert program["summary"](figures) in README
    assert program["intervals"](figures) in (ROOT / "docs" / "benchmarks.md").read_text()


def test_the_table_of_reliability_is_that_of_the_newest_runs():
    assert markdown(pd.read_csv(ROOT / "data" / "bench" / "reliability.csv")) in README
