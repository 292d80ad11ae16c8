"""What looks as if it were about one person: an address, a telephone number, an account."""

from __future__ import annotations

import re

PERSONAL = re.compile(
    "[@\\N{FULLWIDTH COMMERCIAL AT}]"  # an e-mail address
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,}"  # an IBAN
    r"|\+\d(?:[ ()/.-]*\d){7,}|\b\d{3}[ .-]\d{3}[ .-]\d{4}\b"  # a telephone number
    r"|\b(?:\d{4}[ -]?){3}\d{4}\b"  # a card number
    r"|^\W*[^\W\d_]+(?:[ '-][^\W\d_]+)+\W*$"  # words alone, as a name is
)
NUMBERED = PERSONAL.pattern.rpartition("|")[0]


def looks_personal(text: str) -> bool:
    """Whether a text may name somebody; a name cannot be told from other words."""
    return PERSONAL.search(text) is not None


def names_somebody(text: str) -> bool:
    """Whether a text has an address or number of one person. Words, which a category has, do not.

    >>> names_somebody("ads@example.org"), names_somebody("paid social"), names_somebody("2024")
    (True, False, False)
    """
    return re.search(NUMBERED, text) is not None
