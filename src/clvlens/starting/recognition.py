"""Which history a table holds: by its name, its columns, and what it can look up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from clvlens.histories.base import Column, History
from clvlens.panel.engine import Engine
from clvlens.starting.joins import Join, View, is_key, overlap, views
from clvlens.starting.matching import Match, candidates, match_columns
from clvlens.starting.tables import FoundTable
from clvlens.starting.vocabulary import TABLES
from clvlens.starting.words import NOISE, phrases, words

ENOUGH = 2.4  # points that make a history: a name that means it, or several columns that do
CLEAR = 0.5  # points by which the likeliest history must lead the next
NAME, KEY = 3.0, 1.5  # points for a table's name, and for the column that tells events apart
SAME_CUSTOMERS = 0.2  # so many of a table's customers must be among those of the orders
SPECIFIC = 0.9  # names that mean one thing alone; others prove no history


@dataclass(frozen=True)
class Reading:
    """A table read as a history: which column is which, through which look-ups."""

    history: History
    view: View
    columns: dict[str, Match]
    rivals: dict[str, list[Match]] = field(default_factory=dict)
    points: float = 0.0
    named: float = 0.0

    @property
    def certainty(self) -> float:
        """How surely the required columns, and the table itself, are what they are read as."""
        names = {name for c in self.history.columns if c.required for name in (c.name, *c.instead)}
        required = [self.columns[name].score for name in names if name in self.columns]
        own = max(self.named, min(1.0, self.points / 4)) if self.points else 1.0
        return min([*required, own])


def named(table: str, history: History) -> float:
    """Return from 0 to 1 how surely a table's name means a history; its last word says most."""
    have = [word.removesuffix("s") for word in words(table)]
    have = [word for word in have if word not in NOISE and not word.isdigit()]
    text = f"{history.name}|{history.noun}|{TABLES.get(history.name, '')}"
    best = 0.0
    for phrase, _ in phrases(text):
        size = len(phrase)
        want = [word.removesuffix("s") for word in phrase]
        if have == want:
            return 1.0
        if have[-size:] == want:
            best = max(best, 0.9)
        elif any(have[i : i + size] == want for i in range(len(have))):
            best = max(best, 0.6)
    return best


def read_as(
    history: History, table: FoundTable, joins: dict[str, tuple[Join, ...]]
) -> Reading | None:
    """Return the reading of a table as a history with the fewest look-ups that it needs."""
    for view in views(table, joins):
        reading = read_view(history, view)
        if reading is not None:
            return reading
    return None


def read_view(history: History, view: View) -> Reading | None:
    """Return the reading of a table with these look-ups, None where a required column lacks."""
    own = history.columns + (history.lines.columns if history.lines else ())
    columns, rivals = match_columns(history, own, view)
    if any(c.required and not _is_told(c, columns) for c in history.columns):
        return None
    base = view.base.columns
    money = {n for c in history.columns if c.required and c.type == "money"
             for n in (c.name, *c.instead)}  # fmt: skip
    if any(columns[name].raw not in base for name in money & {*columns}):
        return None
    if view.joins and not any(match.raw in base for match in columns.values()):
        return None
    if _is_of_customers(history, columns, view):
        return None
    like = named(view.base.name, history)
    points = NAME * like
    for name, match in columns.items():
        proves = name != "customer_id" and match.raw in base and match.score >= SPECIFIC
        points += match.score * (KEY if name == history.key else 1.0) * proves
    return Reading(history, view, columns, rivals, points, like)


def _is_of_customers(history: History, columns: dict[str, Match], view: View) -> bool:
    """Whether the time of events would be that of their customer, the same for all of them."""
    when = columns.get(history.time)
    owner = view.owner(when.raw) if when else view.base
    return any(join.other is owner and join.by == columns["customer_id"].raw for join in view.joins)


def _is_told(column: Column, columns: dict[str, Match]) -> bool:
    """Whether a column was found, or all that stand for it."""
    return column.name in columns or bool(column.instead and {*column.instead} <= {*columns})


def histories_of(
    histories: Iterable[History], table: FoundTable, joins: dict[str, tuple[Join, ...]]
) -> list[Reading]:
    """Return the histories that a table may hold, the likeliest first."""
    found = []
    for history in histories:
        reading = read_as(history, table, joins)
        if reading and reading.points >= ENOUGH and (reading.named or _own(reading) >= 3):
            found.append(reading)
    return sorted(found, key=lambda reading: -reading.points)


def is_one_a_customer(engine: Engine, reading: Reading) -> bool:
    """Whether a table has one row of each customer."""
    raw = reading.columns["customer_id"].raw
    return not reading.view.joins and is_key(engine, reading.view.base, raw)


def speaking_of(
    engine: Engine,
    reading: Reading,
    customers: tuple[FoundTable, str],
    joins: dict[str, tuple[Join, ...]],
) -> Reading | None:
    """Return the reading with the ids that orders use, by further look-ups where it needs them."""
    history, base = reading.history, reading.view.base
    for view in views(base, joins):
        shares = {
            match: overlap(engine, view.owner(match.raw), match.raw, *customers)
            for match in candidates(history, history.column("customer_id"), view)
        }
        best = max(shares, key=lambda match: shares[match], default=None)
        if best is None or shares[best] < SAME_CUSTOMERS:
            continue
        again = read_view(history, view)
        if again is not None:
            return replace(
                again,
                columns={**again.columns, "customer_id": best},
                rivals={ours: m for ours, m in again.rivals.items() if ours != "customer_id"},
                points=reading.points,
                named=reading.named,
            )
    return None


def _own(reading: Reading) -> int:
    """Return how many columns of the table itself mean a column of the history and nothing else."""
    base = reading.view.base.columns
    return sum(
        match.raw in base and match.score >= SPECIFIC
        for name, match in reading.columns.items()
        if name != "customer_id"
    )
