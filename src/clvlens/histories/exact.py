"""Aggregates that do not depend on the order of rows.

A running mean or variance over floats differs in its last bits with the number of threads.
Sums of integers and decimals are exact, so the same rows always give the same bytes.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

MINUTE = 60_000_000  # microseconds
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Kept = ir.BooleanValue | None


def both(one: Kept, other: Kept) -> Kept:
    """Return the rows that both conditions keep; `None` keeps all."""
    if one is None or other is None:
        return one if other is None else other
    return one & other


def real(value: ir.Value) -> ir.FloatingValue:
    """Return the value as a double, before any division: engines differ on decimals."""
    return value.cast("float64")


def plain(value: ir.Value) -> ir.Value:
    """Return text as it is and everything else as a double."""
    return value if value.type().is_string() else real(value)


def days(microseconds: ir.Value) -> ir.FloatingValue:
    """Return a span in days."""
    return real(microseconds) / real(ibis.literal(DAY))


def week(day: ir.IntegerValue) -> ir.IntegerValue:
    """Return the number of the week of a local day since 1970; weeks begin on Monday."""
    return (day + 3) // 7


def total(column: ir.Value, kept: Kept = None) -> ir.FloatingValue:
    """Return the sum; 0 where nothing is kept."""
    return real(column.sum(where=kept)).fill_null(0.0)


def mean(column: ir.Value, kept: Kept = None) -> ir.FloatingValue:
    """Return the sum over the count; missing where nothing is kept."""
    return real(column.sum(where=kept)) / real(column.count(where=kept)).nullif(0.0)


def over(part: ir.Value, whole: ir.Value) -> ir.FloatingValue:
    """Return part / whole; missing where the whole is not above zero."""
    return ibis.ifelse(whole > 0, part / whole, ibis.null("float64"))


def deviation(column: ir.Value, kept: Kept = None) -> ir.FloatingValue:
    """Return the standard deviation (n - 1); missing below two values.

    √((n Σx² - (Σx)²) / (n (n - 1))), exact until the division, so that equal values deviate by
    0. The widest decimals are asked for, because an engine may overflow in x² otherwise.
    """
    scale = column.type().scale if column.type().is_decimal() else 0
    wide = column.cast(f"decimal(38, {scale})")
    n, sum_, squares = (
        column.count(where=kept),
        wide.sum(where=kept),
        (wide * wide).sum(where=kept),
    )
    spread = n.cast("decimal(38, 0)") * squares - sum_ * sum_
    return (real(spread) / real(n * (n - 1)).nullif(0.0)).sqrt()
