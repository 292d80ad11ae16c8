"""What is proposed for some files, and what is read by it."""

import csv
from pathlib import Path

import yaml

from clvlens.config import load_config
from clvlens.panel.engine import connect
from clvlens.panel.world import World, read_world
from clvlens.starting.proposal import Question, Start
from clvlens.starting.start import propose
from clvlens.starting.trying import try_out
from clvlens.starting.writing import write_yaml


def start(folder: Path, *files: Path, answers: dict[str, str] | None = None) -> tuple[Start, dict]:
    """Return what is proposed and its YAML; questions without an answer take the first option."""

    def ask(question: Question) -> int:
        wanted = (answers or {}).get(question.about, question.options[0])
        return question.options.index(wanted)

    begun = propose(connect(), folder, list(files), ask, name="shop")
    begun, _, _ = try_out(begun, folder)
    text = write_yaml(begun)
    (folder / "run.yaml").write_text(text, encoding="utf-8")
    return begun, yaml.safe_load(text)


def world(folder: Path) -> World:
    return read_world(load_config(folder / "run.yaml"))


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def total(read: World) -> float:
    return float(read.engine.row(read.histories["orders"].table.amount.sum().as_table())[0])
