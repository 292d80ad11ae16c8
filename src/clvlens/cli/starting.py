"""`init`: from a user's tables to a configuration that runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from clvlens.cli.show import notes, table
from clvlens.cli.stages import Stages
from clvlens.errors import ConfigError
from clvlens.files import whole_file
from clvlens.panel.engine import connect
from clvlens.panel.split import Plan
from clvlens.panel.world import World
from clvlens.starting.proposal import Ask, Question, Start
from clvlens.starting.start import propose
from clvlens.starting.trying import try_out
from clvlens.starting.words import words
from clvlens.starting.writing import write_yaml

NAMELESS = frozenset(("data", "tables", "exports", "export", "csv", "raw", "files", "downloads"))


def init(
    files: list[Path], config: Path, currency: str | None, force: bool, yes: bool, stage: Stages
) -> None:
    """Write a configuration for tables, and print what was recognised and what was left out.

    Raises `ConfigError` where the configuration is there already, `DataError` where no table can
    stand for orders.
    """
    if config.exists() and not force:
        raise ConfigError(f"{config} is there already; name another with --config, or add --force")
    if currency is not None and not re.fullmatch("[A-Z]{3}", currency):
        raise ConfigError(f"--currency {currency} is no code; use three capitals such as EUR")
    folder = config.resolve().parent
    root = folder.parent if folder.name == "configs" else folder
    stage("look at the tables")
    asked: list[str] = []
    ask = _assume(asked) if yes else _prompt(stage)
    start = propose(connect(), root, files, ask, name=_name(config, files), currency=currency)
    stage("try the configuration")
    start, world, plan = try_out(start, root)
    stage.end()
    with whole_file(config) as fresh:
        fresh.write_text(write_yaml(start), encoding="utf-8")
    _print(start, world, plan)
    notes(tuple(asked))
    stage.wrote(config)
    stage.found(histories=[found.name for found in start.tables], asked=asked)


def _name(config: Path, files: list[Path]) -> str:
    """Return a name for the run: the configuration's own, else that of the tables' folder."""
    if config.stem != "clvlens":
        return "_".join(words(config.stem)) or "shop"
    first = files[0].resolve()
    folders = [first, *first.parents] if first.is_dir() else list(first.parents)
    named = ["_".join(words(folder.name)) for folder in folders]
    return next((name for name in named if name and name not in NAMELESS), "shop")


def _assume(asked: list[str]) -> Ask:
    """Take the likelier answer to every question, and remember it."""

    def ask(question: Question) -> int:
        others = ", ".join(question.options[1:])
        asked.append(
            f"{question.about}: took {question.options[0]} ({question.text} Also: {others})"
        )
        return 0

    return ask


def _prompt(stage: Stages) -> Ask:
    """Ask a person, once a question."""

    def ask(question: Question) -> int:
        stage.end()
        print(f"{question.about}: {question.text}")
        for number, option in enumerate(question.options, 1):
            print(f"  {number}  {option}")
        numbers = [str(number) for number, _ in enumerate(question.options, 1)]
        while True:
            print("Which (Enter for 1)? ", end="", flush=True)
            answer = sys.stdin.readline()
            if not answer:
                raise ConfigError("nobody answers; add --yes to take the likelier of each")
            if (chosen := answer.strip() or "1") in numbers:
                return int(chosen) - 1

    return ask


def _print(start: Start, world: World, plan: Plan) -> None:
    rows = [
        {
            "history": found.name,
            "from": ", ".join(found.files),
            "rows": world.engine.count(world.histories[found.name].table),
            "sure": f"{found.certainty:.0%}",
            "why": found.why,
        }
        for found in start.tables
    ]
    print(table(pd.DataFrame(rows)))
    for found in start.tables:
        said = ", ".join(f"{ours} = {raw}" for ours, raw in found.columns.items() if raw)
        print(f"  {found.name}: {said}")
        for key, remark in found.remarks.items():
            print(f"    {key}: {remark}")
        for why in found.unsaid.values():
            print(f"    not used: {why}")
    for left in start.left_out:
        print(f"  left out: {left.name}: {left.why}")
    print(f"  orders are known from {world.show(world.starts)} to {world.show(world.ends - 1)}")
    print(f"  horizon: {start.horizon_days} days; {start.remarks.get('horizon_days', '')}")
    for role, cutoff, days in plan.cutoffs():
        print(f"  {role}: cutoff {world.show(cutoff)}, outcome of the {days} days from then on")
    notes(plan.notes)
