"""Spark's SQL with the meaning that the same expressions have in DuckDB."""

# pyright: reportPrivateImportUsage=false

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

from clvlens.histories.exact import HOUR

INSTANT = dt.Timestamp(timezone="UTC")
OFFSET = r"(Z|[+-]\d{1,2}(:?\d{2})?)$"
CLOCK = rf"\d{{1,2}}:\d{{1,2}}(:\d{{1,2}}(\.\d+)?)?({OFFSET[:-1]})?"
TIME = rf"^\d{{4,6}}-\d{{1,2}}-\d{{1,2}}([ T]{CLOCK})?$"
CODES = {"Y": "yyyy", "m": "MM", "d": "dd", "H": "HH", "I": "hh", "M": "mm", "S": "ss",
            "f": "SSSSSS", "p": "a", "b": "MMM", "B": "MMMM", "j": "DDD"}  # fmt: skip
WIDE = ("MM", "dd", "HH", "hh", "mm", "ss")  # of which Java takes one digit if asked for one


@ibis.udf.scalar.builtin(name="unix_micros")
def _unix_micros(instant: INSTANT) -> int: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="timestamp_micros")
def _from_micros(instant: int) -> INSTANT: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="try_to_timestamp")
def _try_to_timestamp(text: str, pattern: str) -> INSTANT: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="to_timestamp_ntz")
def _on_the_wall(instant: INSTANT) -> dt.timestamp: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="to_date")
def _to_date(instant: INSTANT) -> dt.date: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="unix_date")
def _unix_date(day: dt.date) -> int: ...


@ibis.udf.scalar.builtin(name="weekday")
def _weekday(instant: INSTANT) -> int: ...  # type: ignore[valid-type]


@ibis.udf.scalar.builtin(name="hour")
def _hour(instant: INSTANT) -> int: ...  # type: ignore[valid-type]


@ibis.udf.scalar.python
def composed(text: str) -> str:
    """Return text with its accents composed; executors need clvlens for it."""
    return unicodedata.normalize("NFC", text) if text is not None else None


class Compiler(PySparkCompiler):
    """Expressions to Spark's SQL, with the meaning that they have in DuckDB."""

    def visit_CountStar(self, op: ops.CountStar, *, arg: Any, where: Any) -> sge.Expression:
        """Count 0, not null, where no row is kept."""
        return super().visit_CountStar(op, arg=arg, where=None) if where is None else (
            self.f.anon.count_if(where)
        )  # fmt: skip

    def visit_Median(self, op: ops.Median, *, arg: Any, where: Any) -> sge.Expression:
        """Leave the share of a percentile outside the condition."""
        kept = arg if where is None else self.if_(where, arg, sge.Null())
        return self.f.anon.percentile(kept, sge.convert(0.5))

    def visit_NonNullLiteral(self, op: ops.Literal, *, value: Any, dtype: Any) -> Any:
        """Write 0.5 as a double; Spark reads it as a decimal."""
        literal = super().visit_NonNullLiteral(op, value=value, dtype=dtype)
        plain = dtype.is_floating() and literal is not None
        return self.cast(literal, dtype) if plain else literal

    def visit_ScalarUDF(self, op: ops.ScalarUDF, **given: Any) -> sge.Expression:
        """Call a function by its name; some names would be rewritten to others."""
        return self.f.anon[self.__sql_name__(op)](*given.values())


def instant(column: ir.Value, forms: Sequence[str] = ()) -> ir.IntegerValue:
    """Return microseconds since 1970 UTC; null where text is no time.

    Naive times are read in the session's time zone, aware ones converted. Of the two instants at
    which clocks that are put back show a time, the later is meant.
    """
    kind = column.type()
    if forms and (kind.is_string() or kind.is_integer()):
        text = column.cast("string")
        read = [_try_to_timestamp(text, pattern(form)) for form in forms]
        return _later(_unix_micros(ibis.coalesce(*read)), ibis.literal(True))
    if kind.is_numeric():
        return ibis.null("int64")
    naive = ibis.literal(not (kind.is_timestamp() and kind.timezone))
    if kind.is_string():
        naive = ~column.re_search(OFFSET)
        column = ibis.ifelse(column.re_search(TIME), column, ibis.null("string"))
    return _later(_unix_micros(column.try_cast(INSTANT)), naive)


def _later(instant: ir.IntegerValue, naive: ir.BooleanValue) -> ir.IntegerValue:
    """Return the later instant of those at which clocks show the same."""
    later = instant + HOUR
    alike = _on_the_wall(_from_micros(instant)) == _on_the_wall(_from_micros(later))
    return ibis.ifelse(naive & alike, later, instant)


def local_parts(instant: ir.IntegerValue) -> Mapping[str, ir.IntegerValue]:
    """Return the local day since 1970, the weekday (0 = Monday) and the hour of an instant."""
    local = _from_micros(instant)
    parts = {"day": _unix_date(_to_date(local)), "weekday": _weekday(local), "hour": _hour(local)}
    return {name: part.cast("int64") for name, part in parts.items()}


def pattern(form: str) -> str:
    """Return a time format as Java writes it; text between the codes stands for itself.

    >>> pattern("%d.%m.%Y %H:%M"), pattern("%Y%m%d at %H")
    ('d.M.yyyy H:m', "yyyyMMdd' at 'H")
    """
    parts = re.split("%(.)", form)
    texts, codes = parts[::2], [CODES[code] for code in parts[1::2]]
    for place, code in enumerate(codes):
        if (
            code in WIDE
            and (texts[place] or not place)
            and (texts[place + 1] or place + 1 == len(codes))
        ):
            codes[place] = code[0]
    quoted = (f"'{text}'" if re.search("[A-Za-z]", text) else text for text in texts)
    return "".join(map("".join, zip(quoted, [*codes, ""], strict=True)))
