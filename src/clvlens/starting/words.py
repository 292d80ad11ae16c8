"""How alike two names are, whatever their language, case and way of joining words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

Words = tuple[str, ...]

SURE, LIKELY = 1.0, 0.7  # a name that means this; one that other things are called too
STRIPPED = 0.05  # what a name loses by words of its table, such as the order of order_status
PART = 0.75  # how much remains of a phrase that is only the beginning or end of a name
NOISE = frozenset(("eur", "usd", "gbp", "chf", "brl", "twd", "tbl", "the", "of", "in", "export"))
UMLAUTS = str.maketrans({"ß": "ss", "ø": "o", "æ": "a", "œ": "o"})


def words(name: str) -> Words:
    """Return the words of a name, without case and accents.

    >>> words("CustomerID"), words("N. Revenue (formatted)"), words("Größe_kg")
    (('customer', 'id'), ('n', 'revenue', 'formatted'), ('grosse', 'kg'))
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", str(name)).translate(UMLAUTS)
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode()
    return tuple(re.findall(r"[a-z0-9]+", plain.lower()))


@cache
def phrases(text: str) -> tuple[tuple[Words, float], ...]:
    """Return phrases parted by `|` with how surely each names its thing."""
    return tuple(
        (words(phrase), LIKELY if phrase.startswith("~") else SURE)
        for phrase in text.split("|")
        if phrase
    )


def noise_of(names: Iterable[str]) -> frozenset[str]:
    """Return the words of tables' names, in singular and plural, that say nothing in a column's."""
    found = {word for name in names for word in words(name)}
    return NOISE | found | {word.removesuffix("s") for word in found}


def likeness(name: str, text: str, noise: frozenset[str] = NOISE) -> float:
    """Return from 0 to 1 how surely a name means one of the phrases.

    >>> likeness("Kundennr.", "customer id|kundennr"), likeness("day", "~day")
    (1.0, 0.7)
    >>> likeness("order_status", "status", noise_of(["orders"]))
    0.95
    """
    whole = words(name)
    core = tuple(word for word in whole if word not in noise)
    return max((_alike(whole, core, *phrase) for phrase in phrases(text)), default=0.0)


def _alike(whole: Words, core: Words, phrase: Words, sure: float) -> float:
    if _squeezed(whole) == _squeezed(phrase):
        return sure
    if core and core != ("id",) and _squeezed(core) == _squeezed(phrase):
        return sure - STRIPPED
    size = len(phrase)
    if 2 <= size < len(whole) <= size + 2 and phrase in (whole[:size], whole[-size:]):
        return sure * PART
    return 0.0


def _squeezed(parts: Words) -> str:
    """Return words as one, with umlauts that are written out as those that lost their dots."""
    joined = "".join(parts)
    return joined.replace("ae", "a").replace("oe", "o").replace("ue", "u")
