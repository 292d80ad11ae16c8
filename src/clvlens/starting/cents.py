"""Whether amounts are in hundredths of the currency, as payment providers count them."""

from __future__ import annotations

from collections.abc import Iterable

from clvlens.starting.joins import View
from clvlens.starting.proposal import Ask, Question
from clvlens.starting.recognition import Reading
from clvlens.starting.vocabulary import CURRENCY
from clvlens.starting.words import LIKELY, likeness

LEAST = 50  # what providers charge at least; pieces and points are fewer
MOST = 0.5  # so much of the amounts must be a hundred times a price


def in_cents(reading: Reading, others: Iterable[Reading], ask: Ask) -> str:
    """Return why a table's amounts are taken to be in cents; nothing where they are not.

    Whole numbers alone prove nothing: prices of subscriptions a hundredth as high, or a currency
    written small as providers do, make it worth a question.
    """
    raws = [reading.columns[c.name].raw for c in reading.history.columns
            if c.type == "money" and c.name in reading.columns]  # fmt: skip
    held = [reading.view.columns[raw] for raw in raws]
    if not held or not all(h.whole and (h.median or 0) >= LEAST for h in held):
        return ""
    why = _hundredfold(held[0].values, others) or _small_currency(reading.view)
    if not why:
        return ""
    question = f"Is {raws[0]} in cents? Its numbers are whole, such as {held[0].commonest}; {why}."
    return why if ask(Question(reading.view.base.name, question, ("yes", "no"))) == 0 else ""


def _hundredfold(amounts: Iterable[str], others: Iterable[Reading]) -> str:
    found = {float(amount) for amount in amounts} - {0.0}
    for other in others:
        raw = other.columns["price"].raw if "price" in other.columns else None
        held = other.view.columns[raw] if raw else None
        if raw is None or held is None or not held.is_number or held.dress:
            continue
        prices = {float(price.replace(",", ".")) * 100 for price in held.values}
        if found and len(found & prices) > MOST * len(found):
            return f"{raw} of {other.view.base.name} is a hundredth of it"
    return ""


def _small_currency(view: View) -> str:
    for raw, held in view.base.columns.items():
        codes = held.values if likeness(raw, CURRENCY, view.noise) >= LIKELY else ()
        if codes and all(len(code) == 3 and code.isalpha() and code.islower() for code in codes):
            return f"{raw} is written {codes[0]}, as providers write it that count cents"
    return ""
