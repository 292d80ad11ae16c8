"""Histories that clvlens does not have, described from the table that was found."""

from __future__ import annotations

from collections.abc import Mapping

from clvlens.histories import discover
from clvlens.histories.base import RESERVED, Column, History
from clvlens.starting.joins import Join, is_key_name, views
from clvlens.starting.matching import match_columns
from clvlens.starting.profiles import Profile
from clvlens.starting.recognition import Reading
from clvlens.starting.tables import FoundTable
from clvlens.starting.vocabulary import COLUMNS
from clvlens.starting.words import likeness, words

MOST = 8  # columns of a table of one's own that are read; more are for a person to choose
MONEY = "|".join(COLUMNS[f"orders.{name}"] for name in ("amount", "refund_amount", "cost"))


def read_as_custom(table: FoundTable, joins: dict[str, tuple[Join, ...]]) -> Reading | None:
    """Return a table with a customer and a time of its own as a history of the user's."""
    history = _blank(table)
    for view in views(table, joins):
        columns, rivals = match_columns(history, history.columns, view)
        is_whole = set(columns) == {"customer_id", "happened_at"}
        if is_whole and columns["happened_at"].raw in table.columns:
            return Reading(history, view, columns, rivals)
    return None


def describe(reading: Reading) -> Mapping[str, object]:
    """Return the `custom:` block of a history: its time, columns with types, and aggregates."""
    base = reading.view.base
    when = reading.columns["happened_at"].raw
    taken = {match.raw for match in reading.columns.values()} | RESERVED | {"customer_id"}
    types = {
        raw: type_
        for raw, held in base.columns.items()
        if raw not in taken and (type_ := _type(raw, held, table_rows=base.rows))
    }
    types = dict(list(types.items())[:MOST])
    return {
        "meaning": f"Rows of {base.name}",
        "noun": reading.history.noun,
        "time": when,
        "columns": types,
        "aggregates": [
            {"verb": "count", "windows": [30, 90, "ever"]},
            {"verb": "since_last"},
            {"verb": "trend", "windows": [90]},
            *({"verb": verb, "of": raw, "windows": [90, "ever"]}
              for raw, type_ in types.items() if (verb := VERBS[type_])),
        ],
    }  # fmt: skip


VERBS = {"money": "total", "count": "total", "number": "mean", "flag": "share",
         "category": "distinct", "id": "distinct"}  # fmt: skip


def name_of(table: FoundTable, taken: set[str]) -> str:
    """Return a name for a history of the user's that no history bears."""
    name = "_".join(words(table.name)) or "events"
    name = name if name[0].isalpha() else f"table_{name}"
    return f"own_{name}" if name in taken or name in discover() else name


def _type(raw: str, held: Profile, table_rows: int) -> str | None:
    if not held.filled or held.readings or held.dress:
        return None
    if held.suits("flag"):
        return "flag"
    if held.is_number and likeness(raw, MONEY) > 0.5:
        return "money"
    if is_key_name(raw):
        unique = held.distinct > 0.9 * table_rows
        return None if unique else "category" if held.is_code and not held.is_number else "id"
    if held.is_number:
        return "count" if held.suits("count") else "number"
    return "category" if held.is_code else None


def _blank(table: FoundTable) -> History:
    noun = " ".join(words(table.name)) or "events"
    return History(
        name="happened",
        meaning=f"Rows of {table.name}",
        noun=noun,
        time="happened_at",
        columns=(
            Column("customer_id", "id", "the customer", required=True),
            Column("happened_at", "time", "when it happened", required=True),
        ),
        example=(),
        features=lambda past: (),
    )
