"""Which rows a configured rule speaks of."""

from __future__ import annotations

import ibis.expr.types as ir

from clvlens.config.tables import Rule
from clvlens.errors import ConfigError, nearest
from clvlens.histories.base import Column, History

NUMBERS = ("money", "number", "count")


def obeys(table: ir.Table, history: History, rule: Rule, place: str) -> ir.BooleanValue:
    """Return which rows of a history's typed table a rule speaks of.

    Raises `ConfigError`, naming the place of the rule, where no column is there or suits it.
    """
    of_numbers = _suitable(table, history, rule, place).type in NUMBERS
    column = table[rule.column]
    if rule.above is not None:
        return column > rule.above
    if rule.below is not None:
        return column < rule.below
    if rule.filled:
        return column.notnull()
    if of_numbers:
        return column.cast("float64").isin([float(value) for value in rule.among])
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in rule.among]
    return column.cast("string").isin(wanted)


def _suitable(table: ir.Table, history: History, rule: Rule, place: str) -> Column:
    have = {column.name: column for column in history.columns if column.name in table.columns}
    if rule.column not in have:
        raise ConfigError(
            f"{place}: {history.name} has no column {rule.column!r}; declare it under "
            f"data.{history.name}.attributes, or use another: {nearest(rule.column, have)}"
        )
    column = have[rule.column]
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in rule.among)
    suits = numeric if column.type in NUMBERS else bool(rule.among)
    if not rule.filled and (column.type == "time" or not suits):
        raise ConfigError(
            f"{place}: {rule} does not suit {column.name}, which is of type {column.type}; above "
            "and below are for numbers, among for what the column holds, and neither for times"
        )
    return column


def kept(table: ir.Table, history: History, rules: tuple[Rule, ...]) -> ir.Table:
    """Return the rows of which every rule speaks.

    Raises `ConfigError` where a rule reads what becomes known later than the row.
    """
    place = f"data.{history.name}.keep"
    for rule in rules:
        table = table.filter(obeys(table, history, rule, place))
        if clock := history.clock(history.column(rule.column)):
            raise ConfigError(
                f"{place}: {rule.column} becomes known later than its row, at {clock}; "
                "keep rows by what is known with them"
            )
    return table
