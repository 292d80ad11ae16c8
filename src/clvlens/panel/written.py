"""Numbers as businesses write them, read strictly: 1.234,50 € is 1234.5, and 1.23,4 is nothing."""

from __future__ import annotations

import re

import ibis
import ibis.expr.types as ir

from clvlens.config.tables import Source

SPACES = "[ \u00a0\u202f]"  # narrow and unbreakable ones too
CENTS = 100


def number(value: ir.Value, source: Source, storage: str) -> ir.Value:
    """Return text or a number as an exact decimal; null where it is not written as stated.

    A point in text with decimal commas is no mark, unless it is stated to part thousands.
    """
    if not value.type().is_string():
        return value.try_cast(storage)
    value = _without_sign(value, source.sign) if source.sign else value
    value = _without_thousands(value, source) if source.thousands else value
    if source.decimal == ",":
        value = ibis.ifelse(value.contains("."), ibis.null("string"), value.replace(",", "."))
    return value.try_cast(storage)


def money(value: ir.Value, source: Source, storage: str) -> ir.Value:
    """Return an amount in the currency, also where it is written in hundredths of it."""
    amount = number(value, source, storage)
    if not source.cents:
        return amount
    return (amount.cast("float64") / CENTS).round(2).cast(storage)


def _without_sign(value: ir.StringValue, sign: str) -> ir.StringValue:
    """Return text without the sign of a currency on one of its sides, and spaces there."""
    said = re.escape(sign)
    before = value.re_replace(rf"^{SPACES}*([+-]?){SPACES}*{said}{SPACES}*", r"\1")
    return ibis.ifelse(before == value, value.re_replace(rf"{SPACES}*{said}{SPACES}*$", ""), before)


def _without_thousands(value: ir.StringValue, source: Source) -> ir.StringValue:
    """Return text without the marks between thousands, where all of them stand between such."""
    mark = SPACES if source.thousands == " " else re.escape(str(source.thousands))
    whole = rf"^[+-]?[0-9]{{1,3}}({mark}[0-9]{{3}})+({re.escape(source.decimal)}[0-9]*)?$"
    return ibis.ifelse(value.re_search(whole), value.re_replace(mark, ""), value)
