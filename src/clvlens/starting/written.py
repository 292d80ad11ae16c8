"""How times and numbers are written, told from a sample of text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence

ISO = ""  # what the reader understands without being told
ISO_LIKE = re.compile(
    r"\d{4}-\d\d?-\d\d?([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC|[+-]\d\d(:\d\d)?)?)?"
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S", " %H:%M:%S %z")
DATES = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%Y%m%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
LENGTHS = (6, 40)  # characters of a time
GLANCE = 5  # texts that a way of reading must suit before all are tried
YEARS = range(1950, 2101)  # a number that would be a day outside of them is no day
WITH_POINT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
WITH_COMMA = re.compile(r"[+-]?(\d+(,\d*)?|,\d+)")
FLAGS = ({"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"})


def time_forms(texts: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return every way of reading all the texts as times, each as the formats that it takes.

    >>> time_forms(["31/01/2024", "28/02/2024"]), time_forms(["01/02/2024"])
    ((('%d/%m/%Y',),), (('%d/%m/%Y',), ('%m/%d/%Y',)))
    """
    texts = [" ".join(text.split()) for text in texts]
    if not texts or not all(LENGTHS[0] <= len(text) <= LENGTHS[1] for text in texts):
        return ()
    if all(ISO_LIKE.fullmatch(text) for text in texts):
        return ((ISO,),)
    readings = []
    for date in DATES:
        forms = [date + clock for clock in CLOCKS]
        if not all(any(_fits(text, form) for form in forms) for text in texts[:GLANCE]):
            continue
        rest, used = list(texts), []
        for form in forms:
            left = [text for text in rest if not _fits(text, form)]
            if len(left) < len(rest):
                used.append(form)
            rest = left
        if not rest:
            readings.append(tuple(used))
    return tuple(readings)


def decimal_mark(texts: Sequence[str]) -> str | None:
    """Return the decimal mark of texts that are all numbers, None where some are not.

    >>> decimal_mark(["1,5", "2"]), decimal_mark(["1.5"]), decimal_mark(["7"]), decimal_mark(["x"])
    (',', '.', '.', None)
    """
    if all(WITH_POINT.fullmatch(text.strip()) for text in texts):
        return "."
    return "," if all(WITH_COMMA.fullmatch(text.strip()) for text in texts) else None


def is_flag(texts: Iterable[str]) -> bool:
    """Whether texts are yes and no."""
    found = {text.strip().lower() for text in texts}
    return bool(found) and any(found <= flag for flag in FLAGS)


def _fits(text: str, form: str) -> bool:
    try:
        return dt.datetime.strptime(text, form).year in YEARS
    except ValueError:
        return False
