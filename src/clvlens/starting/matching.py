"""Which of a table's columns is which column of a history, and how surely."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from clvlens.histories.base import Column, History
from clvlens.starting.joins import View
from clvlens.starting.profiles import Profile
from clvlens.starting.vocabulary import COLUMNS, CUSTOMER, TIME
from clvlens.starting.words import likeness

NEAR = 0.06  # readings whose scores differ by less are near; a person can tell, a program cannot
GUESTS = frozenset({"0", "0.0", "-1", "guest", "anonymous"})  # what guests have for an id
NUMBERED = re.compile(r"#?[A-Za-z-]{0,6}\d+")
SUITED = 0.4  # lost by money that looks like how many, and by an id that many share
DRESSED = 0.2  # lost by numbers with a sign, of which exports often hold the plain ones too


@dataclass(frozen=True)
class Match:
    """A raw column read as one of a history's, and from 0 to 1 how surely."""

    raw: str
    score: float
    why: str = "by its name"


def candidates(history: History, column: Column, view: View) -> list[Match]:
    """Return the raw columns that could be a history's column, the surest first."""
    text = _phrases(history, column)
    found = []
    for raw, held in view.columns.items():
        score = likeness(raw, text, view.noise)
        if score and held.filled and held.suits(column.type):
            score -= _doubt(column, held)
            if score > 0.3:
                found.append(Match(raw, round(score, 3)))
    if column.type == "money" and any(not view.columns[m.raw].counts_pieces for m in found):
        found = [_fewer(match, view.columns[match.raw]) for match in found]
    found.sort(key=lambda match: (-match.score, -view.columns[match.raw].filled))
    shared = [raw for raw, held in view.columns.items() if _is_shared(held)]
    if found and column.name == "customer_id" and found[0].raw not in shared:
        guests = [match.raw for match in found if match.raw in shared]
        if guests:
            found[0] = replace(found[0], why=f"guests share one {guests[0]}")
    return found


def match_columns(
    history: History, columns: Iterable[Column], view: View
) -> tuple[dict[str, Match], dict[str, list[Match]]]:
    """Return a raw column for each of ours that has one, and the rivals that come near it.

    No raw column is taken twice; the surest matches are made first, required columns before others.
    """
    columns = list(columns)
    found = {column.name: candidates(history, column, view) for column in columns}
    order = sorted(columns, key=lambda c: (not c.required, -_best(found[c.name])))
    taken: dict[str, Match] = {}
    rivals: dict[str, list[Match]] = {}
    for column in order:
        used = {match.raw for match in taken.values()}
        free = [match for match in found[column.name] if match.raw not in used]
        if not free and column.name == history.time:
            free = [match for match in _only_time(view) if match.raw not in used]
        if free:
            taken[column.name] = free[0]
            rivals[column.name] = [m for m in free[1:] if free[0].score - m.score < NEAR]
    return taken, {name: near for name, near in rivals.items() if near}


def _phrases(history: History, column: Column) -> str:
    own = column.name.replace("_", " ")
    listed = COLUMNS.get(f"{history.name}.{column.name}", "")
    shared = CUSTOMER if column.name == "customer_id" else ""
    shared = TIME if column.name == history.time else shared
    return "|".join(filter(None, (own, listed, shared)))


def _doubt(column: Column, held: Profile) -> float:
    """Return what a value speaks against a reading."""
    if column.name == "customer_id":
        return SUITED * _is_shared(held) + (0.25 if held.filled < 0.7 * held.rows else 0.0)
    if held.dress:
        return DRESSED
    if column.name == "order_id" and not all(NUMBERED.fullmatch(v) for v in held.values):
        return 0.4 if " " in "".join(held.values) else 0.0
    return 0.0


def _is_shared(held: Profile) -> bool:
    """Whether many rows have one id, as those of guests do."""
    return held.top > 0.1 and held.commonest.lower() in GUESTS


def _fewer(match: Match, held: Profile) -> Match:
    """Let money that looks like a number of pieces come after money that does not."""
    return Match(match.raw, match.score - SUITED, match.why) if held.counts_pieces else match


def _only_time(view: View) -> list[Match]:
    times = [raw for raw, held in view.base.columns.items() if held.suits("time")]
    return [Match(times[0], 0.5, "the only time in the table")] if len(times) == 1 else []


def _best(found: list[Match]) -> float:
    return found[0].score if found else 0.0
