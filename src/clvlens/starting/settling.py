"""From a table that was recognised to what the configuration says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from clvlens.histories.base import History
from clvlens.starting.details import Details
from clvlens.starting.joins import Join, View
from clvlens.starting.matching import Match
from clvlens.starting.proposal import Ask, Proposed, Question
from clvlens.starting.recognition import Reading
from clvlens.starting.times import time_format
from clvlens.starting.vocabulary import TRAITS
from clvlens.starting.words import LIKELY, STRIPPED, likeness, words

TOO_MANY = 1_000  # values of a trait; more tell customers apart, not groups of them
ASKED = ("customer_id", "amount")  # beside the time: what a wrong guess would spoil


def settle(
    name: str,
    reading: Reading,
    details: Details | None,
    seen: Iterable[str],
    ask: Ask,
    custom: Mapping[str, object] | None = None,
    cents: str = "",
) -> Proposed:
    """Return a table of the configuration, having asked what only a person can tell.

    `cents` says why amounts are taken to be in hundredths of the currency, where they are.
    """
    history, view = reading.history, reading.view
    columns, unsaid, doubts = _columns(reading, details, ask)
    forms, doubt = time_format(
        name,
        {raw: view.columns[raw].readings for raw in _times(history, columns, custom)},
        seen,
        ask,
    )
    proposed = Proposed(
        name=name,
        place=view.base.place,
        columns={
            ours: raw for ours, raw in columns.items() if not (custom and ours != "customer_id")
        },
        certainty=reading.certainty,
        why=_why(reading),
        files=tuple(table.name for table in view.tables),
        attributes=details.attributes if details else _traits(name, view, columns),
        time_format=forms,
        numbers=_numbers(history, view, columns) | ({"cents": True} if cents else {}),
        grain=details.grain if details else "event",
        lookups=tuple(_lookup(join) for join in view.joins),
        keep=details.keep if details else (),
        custom=custom,
        remarks={
            **doubts,
            **(details.remarks if details else {}),
            **({"cents": cents} if cents else {}),
        },
        unsaid=unsaid,
        unread=(),
    )
    proposed = proposed.remarked("time_format", doubt) if doubt else proposed
    return _with_unread(_without_traits_twice(proposed), view)


def _columns(
    reading: Reading, details: Details | None, ask: Ask
) -> tuple[dict[str, str | None], dict[str, str], dict[str, str]]:
    """Return our columns with the table's, those whose clock is missing, and remarks on doubts."""
    history = reading.history
    lines = details is not None and details.grain == "line"
    of_lines = {column.name for column in history.lines.columns} if history.lines else set()
    columns: dict[str, str | None] = {}
    unsaid: dict[str, str] = {}
    doubts: dict[str, str] = {}
    known = [column.name for column in history.columns] + sorted(of_lines if lines else ())
    matched = {ours: reading.columns[ours] for ours in known if ours in reading.columns}
    for ours, match in matched.items():
        if ours == "items" and lines:
            continue
        clock = None if ours in of_lines else history.clock(history.column(ours))
        if clock is not None and clock != ours and clock not in reading.columns:
            unsaid[ours] = (
                f"{match.raw}: no column says when it became known; "
                f"if one does, name it under columns as {clock}"
            )
            continue
        columns[ours], said = _asked(history, ours, match, reading.rivals.get(ours, []), ask)
        if said:
            doubts[ours] = said
    return columns | _namesakes(known, columns, reading.view), unsaid, doubts


def _namesakes(
    known: Iterable[str], columns: Mapping[str, str | None], view: View
) -> dict[str, None]:
    """Return our columns whose name a raw column bears that is not read as it."""
    return {ours: None for ours in known if ours not in columns and ours in view.columns}


def _asked(
    history: History, ours: str, match: Match, rivals: list[Match], ask: Ask
) -> tuple[str, str]:
    """Return the raw column of ours, asking where several are near and a wrong one would spoil."""
    said = "" if match.why == "by its name" else match.why
    if not rivals:
        return match.raw, said
    near = (match.raw, *(rival.raw for rival in rivals))
    pick = 0
    if ours in (*ASKED, history.time):
        meaning = history.column(ours).meaning
        pick = ask(Question(f"{history.name}.{ours}", f"Which column is {meaning}?", near))
    others = ", ".join(raw for raw in near if raw != near[pick])
    return near[pick], f"could also be {others}"


def _times(
    history: History, columns: Mapping[str, str | None], custom: Mapping[str, object] | None
) -> list[str]:
    """Return the raw columns that are read as times."""
    if custom:
        return [str(custom["time"])]
    types = {column.name: column.type for column in history.columns}
    times = (raw for ours, raw in columns.items() if raw and types.get(ours) == "time")
    return list(dict.fromkeys(times))


def _numbers(history: History, view: View, columns: Mapping[str, str | None]) -> dict[str, object]:
    """Return how the numbers that are read are written, where it is not 1234.50."""
    own = history.columns + (history.lines.columns if history.lines else ())
    numbers = {column.name for column in own if column.type in ("money", "number")}
    held = [view.columns[raw] for ours, raw in columns.items() if raw and ours in numbers]
    dresses = [each.dress for each in held if each.dress]
    said = {
        "decimal": [each.mark for each in held if each.mark == ","],
        "thousands": [dress.thousands for dress in dresses if dress.thousands],
        "sign": [dress.sign for dress in dresses if dress.sign],
    }
    return {key: found[0] for key, found in said.items() if found}


def _traits(name: str, view: View, columns: Mapping[str, str | None]) -> dict[str, str]:
    """Return traits of customers that may be taken as they stand today, by a name for each."""
    if name != "customers":
        return {}
    return {
        "_".join(words(raw)): raw
        for raw, held in view.base.columns.items()
        if raw not in columns.values()
        and likeness(raw, TRAITS, view.noise) >= LIKELY - STRIPPED
        and 1 < held.distinct <= TOO_MANY
        and not held.suits("time")
    }


def _without_traits_twice(proposed: Proposed) -> Proposed:
    """Leave out traits that the history has columns of."""
    for name in set(proposed.attributes) & set(proposed.columns):
        proposed = proposed.without(name, "the history has a column of that name")
    return proposed


def _with_unread(proposed: Proposed, view: View) -> Proposed:
    custom = proposed.custom or {"time": "", "columns": {}}
    used = {*proposed.columns.values(), *proposed.attributes.values()}
    used |= {str(custom["time"]), *custom["columns"]}  # type: ignore[misc]
    return replace(proposed, unread=tuple(raw for raw in view.base.columns if raw not in used))


def _lookup(join: Join) -> dict[str, str]:
    place = {**join.other.place, "by": join.by}
    return place if join.key == join.by else {**place, "key": join.key}


def _why(reading: Reading) -> str:
    if reading.history.name == "happened":
        return "no history of clvlens: described here"
    own = [f"{len(reading.columns) - 1} columns beside the customer"]
    return ", ".join([*(["its name"] if reading.named else []), *own])
