"""Bad inputs, each with a number, a name and the behaviour that is promised.

`E` is refused: exit 2 before any work, with what is wrong, where, how often, and the mend. `W` is
counted in data_quality.csv and printed. `H` is handled, as the case's own check says.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
from tests.reliability.shop import Shop
from tests.support.command import Ran, clvlens

from clvlens.config import load_config
from clvlens.panel.world import World, read_world

Write = Callable[[Shop], Path]
Look = Callable[[Path, Ran], None]


@dataclass(frozen=True)
class Case:
    """One bad input: how it is written, with which verb it is met, and what is promised.

    `told` is a pattern of the error, or of the remark; `rows` is what the report counts.
    """

    number: int
    name: str
    promise: Literal["E", "W", "H"]
    write: Write
    told: str = ""
    rows: int | None = None
    verb: str = "check"
    look: Look | None = None

    def __str__(self) -> str:
        return f"{self.number:02d}-{self.name.replace(' ', '-')}"

    def hold(self, folder: Path) -> None:
        """Write the input, run the verb, and compare with the promise."""
        config = self.write(Shop(folder))
        before = _without_panel(folder)
        ran = clvlens(self.verb, "--config", config)
        assert "Traceback" not in ran.err
        if self.promise == "E":
            assert (ran.code, ran.out) == (2, "")
            told = "\n".join(ran.told)
            assert told.startswith("clvlens: ")
            assert re.search(self.told, told), told
            assert _without_panel(folder) == before
            return
        assert ran.code == 0, ran.err
        if self.promise == "W":
            self._is_counted(config, ran)
        if self.look is not None:
            self.look(config, ran)

    def _is_counted(self, config: Path, ran: Ran) -> None:
        run = load_config(config)
        report = pd.read_csv(run.data_folder / "data_quality.csv")
        lines = (
            report["table"]
            + "."
            + report["column"].astype("string").fillna("")
            + ": "
            + report["problem"]
        )
        found = report[lines.str.contains(self.told, regex=True)]
        assert len(found) == 1, lines.tolist()
        assert found["rows"].fillna(-1).item() == (-1 if self.rows is None else self.rows)
        assert found["problem"].item() in ran.out


def _without_panel(folder: Path) -> set[Path]:
    """Return the files of a folder but for a panel, which stays true whoever refuses it."""
    return {path for path in folder.rglob("*") if path.is_file() and "panel" not in path.parts}


def world_of(config: Path) -> World:
    return read_world(load_config(config))


def column(config: Path, name: str, table: str = "orders") -> list:
    world = world_of(config)
    events = world.histories[table].table
    return world.engine.frame(events.order_by("event_time", "customer_id"))[name].tolist()
