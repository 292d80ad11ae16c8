"""Waits: spans that end when something becomes known, censored at the cutoff until then.

Whoever still waits has waited at least so long. To drop them, or to look up how long they will
have waited, would make slow answers look fast.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from clvlens.histories.past import Past


def wait(past: Past, name: str, start: str, end: str, *, may_be_early: bool = False) -> Past:
    """Return the past with the microseconds that each event waited, and whether it still does.

    Column `name` is the span from time `start` to time `end`, or to the newest instant about
    which the table tells where the end is not known yet; `name_open` is true there. Both are
    null where the start is, and absent where the table lacks one of the two times. An end before
    its start is a mistake, and the span null, unless it `may_be_early`.
    """
    needs = (start, end)

    def waited(t: ir.Table) -> ir.IntegerValue:
        span = t[end].fill_null(t.cutoff - past.lag) - t[start]
        return span if may_be_early else ibis.ifelse(t[end] < t[start], ibis.null("int64"), span)

    return past.derive(name, waited, needs=needs).derive(
        f"{name}_open",
        lambda t: ibis.ifelse(t[start].notnull(), t[end].isnull(), ibis.null("boolean")),
        needs=needs,
    )


def within(past: Past, name: str, waited: str, span: int) -> Past:
    """Return the past with a flag: whether a wait ended within `span` microseconds.

    It is null for waits that are still open and not longer than that: nobody knows yet.
    """
    return past.derive(
        name,
        lambda t: ibis.ifelse(
            t[f"{waited}_open"] & (t[waited] <= span), ibis.null("boolean"), t[waited] <= span
        ),
        needs=(waited, f"{waited}_open"),
    )
