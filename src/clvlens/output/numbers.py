"""Numbers as people read them, and the cells of a table with as many decimals as their column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

MINUS = "\N{MINUS SIGN}"


def amount(value: float) -> str:
    """Return a number with as many decimals as people read: none from a hundred on.

    >>> amount(1234.5), amount(-3.14159), amount(0.8704), amount(float("nan"))
    ('1,234', '−3.1', '0.870', '–')
    """
    return _written(value, _digits(value))


def signed(value: float) -> str:
    """Return a change as `amount` does, with its sign.

    >>> signed(12.34), signed(-0.5), signed(0.0)
    ('+12.3', '−0.500', '0')
    """
    return _plus(value, amount(value))


def span(row: Mapping[str, float]) -> str:
    """Return an interval with as many decimals at both ends as the larger one has.

    >>> span({"low_95": -0.393, "high_95": 39.72})
    '−0.4 to +39.7'
    """
    low, high = row["low_95"], row["high_95"]
    digits = _digits(max(abs(low), abs(high)))
    return f"{low:+,.{digits}f} to {high:+,.{digits}f}".replace("-", MINUS)


def share(value: float) -> str:
    """Return a share in per cent.

    >>> share(0.256), share(0.0004), share(float("nan"))
    ('26 %', '0.04 %', '–')
    """
    if pd.isna(value):
        return "–"
    digits = 0 if abs(value) >= 0.0995 or value == 0 else 1 if abs(value) >= 0.001 else 2
    return f"{100 * value:.{digits}f} %".replace("-", MINUS)


def surplus(value: float) -> str:
    """Return by how much of the actual a prediction is off, with its sign.

    >>> surplus(0.108), surplus(-0.0004), surplus(0.0)
    ('+11 %', '−0.04 %', '0 %')
    """
    return _plus(value, share(value))


def miss(value: float) -> str:
    """Return in words by how much a prediction is off.

    >>> miss(0.108), miss(-0.07), miss(0.002)
    ('11 % too high', '7.0 % too low', 'right to the percent')
    """
    if abs(value) < 0.005:
        return "right to the percent"
    return f"{share(abs(value))} too {'high' if value > 0 else 'low'}"


def spaced(words: str) -> str:
    """Return words in which per cent are written as everywhere on a page.

    >>> spaced("11% too high, 90 % interval")
    '11 % too high, 90 % interval'
    """
    return re.sub(r"(\d)%", r"\1 %", words)


def count(value: float) -> str:
    """Return a whole number.

    >>> count(12345), count(float("nan"))
    ('12,345', '–')
    """
    return _written(value, 0)


def points(value: float) -> str:
    """Return a change of a share, in points of per cent.

    >>> points(-0.0213), points(0.004), points(0.0)
    ('−2.1', '+0.4', '0.0')
    """
    return _plus(value, _written(100 * value, 1))


def ratio(value: float) -> str:
    """Return how many times one amount is another.

    >>> ratio(35.44), ratio(0.8)
    ('35 ×', '0.8 ×')
    """
    return "–" if pd.isna(value) else f"{value:,.{0 if value >= 10 else 1}f} ×"


def months(value: float) -> str:
    """Return how many months something took.

    >>> months(0.03), months(7.25), months(float("nan"))
    ('in the first', '7.2', '–')
    """
    return "in the first" if value < 1 else _written(value, 1)


def day(value: object) -> str:
    """Return the day of a time.

    >>> day("2024-06-19 00:00:00+00:00")
    '2024-06-19'
    """
    return text(value)[:10]


def text(value: object) -> str:
    """Return what is written in a cell of words."""
    return "–" if bool(pd.isna(value)) else str(value)


# how a cell is written, by the name that templates give to it
KINDS: dict[str, Callable[..., str]] = {
    "text": text,
    "day": day,
    "count": count,
    "amount": amount,
    "signed": signed,
    "share": share,
    "surplus": surplus,
    "points": points,
    "ratio": ratio,
    "months": months,
}
WORDS = ("text", "day")  # kinds that stand to the left


def cells(rows: Sequence[Mapping[str, Any]], key: str | Sequence[str], kind: str) -> list[str]:
    """Return a column as text; amounts have as many decimals as the largest of them needs.

    Two keys are the ends of an interval; ends that read the same are written once.

    >>> cells([{"a": 596.2}, {"a": 0.6}], "a", "amount")
    ['596', '1']
    >>> cells([{"a": 9.87, "b": 12.3}, {"a": 7.0, "b": 7.0}], ("a", "b"), "amount")
    ['9.9 to 12.3', '7.0']
    """
    keys = (key,) if isinstance(key, str) else tuple(key)
    values = [[row[name] for name in keys] for row in rows]
    write = KINDS[kind]
    if kind in ALIGNED:
        known = [abs(value) for ends in values for value in ends if pd.notna(value)]
        write = partial(ALIGNED[kind], digits=_digits(max(known, default=0.0)))

    return [" to ".join(dict.fromkeys(map(write, ends))) for ends in values]


def _digits(value: float) -> int:
    size = abs(value)
    return 0 if size >= 100 or not size else 1 if size >= 1 else 3


def _written(value: float, digits: int) -> str:
    return "–" if pd.isna(value) else f"{value + 0.0:,.{digits}f}".replace("-", MINUS)


def _plus_written(value: float, digits: int) -> str:
    return _plus(value, _written(value, digits))


def _plus(value: float, written: str) -> str:
    return f"+{written}" if value > 0 else written


# kinds with as many decimals all the way down a column
ALIGNED: dict[str, Callable[..., str]] = {"amount": _written, "signed": _plus_written}
