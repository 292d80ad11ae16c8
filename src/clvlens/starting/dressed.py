"""Amounts with a currency's sign or marks between thousands, told from a sample of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clvlens.starting.vocabulary import CODES, SIGNS
from clvlens.starting.written import decimal_mark

SIGN = "|".join(map(re.escape, (*sorted(SIGNS, key=len, reverse=True), *CODES)))
AMOUNT = re.compile(rf"([+-]?)\s*({SIGN})?\s*([+-]?\d[\d.,'\s]*?)\s*({SIGN})?")
WAYS = ((".", ","), (",", "."), (".", "'"), (",", " "), (".", " "))  # decimal mark, thousands


@dataclass(frozen=True)
class Dress:
    """The decimal mark, what parts thousands, and the sign beside amounts."""

    decimal: str
    thousands: str | None
    sign: str | None

    def number(self, text: str) -> float:
        """Return the number that a text stands for."""
        bare = re.sub(r"\s", "", text.replace(self.sign or "€", ""))
        return float(bare.replace(self.thousands or " ", "").replace(self.decimal, "."))

    @property
    def currency(self) -> str | None:
        """The currency that the sign is of, where it is of one alone."""
        return SIGNS.get(self.sign or "") or (self.sign if self.sign in CODES else None)


def dress_of(texts: Sequence[str]) -> Dress | None:
    """Return how texts are dressed that are numbers but for it, None where some are not.

    >>> dress_of(["1.234,50 €", "4,90 €"])
    Dress(decimal=',', thousands='.', sign='€')
    >>> dress_of(["$4.90", "$12.00"])
    Dress(decimal='.', thousands=None, sign='$')
    >>> dress_of(["1,234.50", "10"]).thousands, dress_of(["030 123", "4 apples"])
    (',', None)
    """
    found = [AMOUNT.fullmatch(text.strip()) for text in texts]
    if not found or None in found:
        return None
    signs = {match[2] or match[4] for match in found if match} - {None}
    sign = signs.pop() if len(signs) == 1 else None
    bare = [re.sub(r"\s", " ", match[1] + match[3]) for match in found if match]
    mark = decimal_mark(bare)
    if signs or (mark is not None and sign is None):
        return None
    if mark is not None:
        return Dress(mark, None, sign)
    for decimal, thousands in WAYS:
        point = re.escape(decimal)
        whole = rf"[+-]?(\d{{1,3}}({re.escape(thousands)}\d{{3}})+|\d+)"
        sure = sign or any(decimal in text for text in bare) or thousands in ",."
        if sure and all(re.fullmatch(rf"{whole}({point}\d*)?", text) for text in bare):
            return Dress(decimal, thousands, sign)
    return None
