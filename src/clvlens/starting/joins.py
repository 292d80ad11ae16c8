"""Which tables another one can look columns up in: by a column that is unique there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clvlens.panel.engine import Engine
from clvlens.panel.source import id_text
from clvlens.starting.profiles import Profile
from clvlens.starting.tables import FoundTable
from clvlens.starting.words import noise_of, words

KEY_WORDS = frozenset(["id", "nr", "no", "number", "num", "code", "key", "sku", "upc", "ean"])
KEY_ENDINGS = ("nummer", "nr", "id", "code", "codigo", "codice", "key", "numero")
NEARLY = 0.7  # counts of different values are approximate; what is nearly a key is counted
SHARED = 0.5  # so much of the values must be found in the other table


@dataclass(frozen=True)
class Join:
    """A look-up of the rows of `other` whose `key` is the value of `by`."""

    by: str
    other: FoundTable
    key: str


@dataclass(frozen=True)
class View:
    """A table with the columns that look-ups add to it; its own names stand before theirs."""

    base: FoundTable
    joins: tuple[Join, ...] = ()

    @property
    def tables(self) -> tuple[FoundTable, ...]:
        """The table, and those that it looks up in."""
        return (self.base, *(join.other for join in self.joins))

    @property
    def columns(self) -> dict[str, Profile]:
        """What each column holds, by its name."""
        found: dict[str, Profile] = {}
        for table in reversed(self.tables):
            found |= table.columns
        return found

    @property
    def noise(self) -> frozenset[str]:
        """Words that its columns' names repeat from the names of its tables."""
        return noise_of(table.name for table in self.tables)

    def owner(self, column: str) -> FoundTable:
        """Return the table that a column comes from."""
        return next(table for table in self.tables if column in table.columns)


def find_joins(engine: Engine, tables: list[FoundTable]) -> dict[str, tuple[Join, ...]]:
    """Return the possible look-ups of every table, by its name."""
    return {
        table.name: tuple(
            join for other in tables if other is not table for join in _joins(engine, table, other)
        )
        for table in tables
    }


def views(table: FoundTable, joins: dict[str, tuple[Join, ...]]) -> Iterator[View]:
    """Return the table alone, then with one look-up, then with two in a row."""
    yield View(table)
    for first in joins[table.name]:
        yield View(table, (first,))
    for first in joins[table.name]:
        for second in joins[first.other.name]:
            if second.other.name not in (table.name, first.other.name):
                yield View(table, (first, second))


def overlap(engine: Engine, table: FoundTable, by: str, other: FoundTable, key: str) -> float:
    """Return the share of the different values of a column that another table's column has."""
    ours, theirs = table.table[by], other.table[key]
    values = table.table.select(v=id_text(ours)).filter(lambda t: t.v.notnull()).distinct()
    known = other.table.select(v=id_text(theirs)).distinct()
    count = engine.count(values)
    return engine.count(values.semi_join(known, "v")) / count if count else 0.0


def is_key(engine: Engine, table: FoundTable, column: str) -> bool:
    """Whether a column tells the rows of a table apart."""
    held = table.columns[column]
    if held.filled < table.rows or held.distinct < NEARLY * table.rows:
        return False
    return engine.count(table.table.select(column).distinct()) == table.rows


def _joins(engine: Engine, table: FoundTable, other: FoundTable) -> Iterator[Join]:
    for by, ours in table.columns.items():
        for key, theirs in other.columns.items():
            if not (_same(by, key, other) and ours.suits("id") and theirs.suits("id")):
                continue
            if is_key(engine, other, key) and overlap(engine, table, by, other, key) >= SHARED:
                yield Join(by, other, key)


def is_key_name(name: str) -> bool:
    """Whether a name is that of something that tells rows apart, such as order_id.

    >>> is_key_name("Ticketnummer"), is_key_name("number of items")
    (True, False)
    """
    last = "".join(words(name)[-1:])
    return last in KEY_WORDS or last.endswith(KEY_ENDINGS)


def _same(by: str, key: str, other: FoundTable) -> bool:
    """Whether two names are of one key: order_id and order_id, or order_id and orders.id."""
    ours, theirs = words(by), words(key)
    if not is_key_name(by):
        return False
    if theirs == ("id",):
        return set(ours[:-1]) <= noise_of([other.name]) and len(ours) > 1
    return ours == theirs
