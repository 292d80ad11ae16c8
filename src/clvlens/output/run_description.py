"""A run's description in Markdown, composed anew from all that lies there: read without a click."""

from __future__ import annotations

from collections.abc import Callable

from clvlens.evaluation.grade import Grade
from clvlens.output.findings import HERE, Findings
from clvlens.output.lever_page import lever_description
from clvlens.output.lever_records import PAGE
from clvlens.output.records import money_unit
from clvlens.output.report import REPORT, has_report

DRIVERS = 3

Address = Callable[[str], str]


def run_description(findings: Findings, address: Address) -> str:
    """Return what there is: the way to the report, the grade, levers, what predictions rest on.

    What can be acted on comes first, as pages show the first lines alone. `address` is that of an
    artifact of the run.
    """
    grade = findings.grade
    first = [f"**[Open the report]({address(REPORT)})**"] if has_report(findings) else []
    if grade is not None:
        first.append(f"**Grade {grade.letter}**: {grade.words}.")
    blocks = [" · ".join(first)] if first else []
    if findings.state("levers") == HERE:
        blocks.append(lever_description(findings.levers, address(PAGE)))
    if grade is not None:
        blocks.append(_figures(findings, grade))
    if findings.state("explain") == HERE:
        blocks.append(_drivers(findings))
    return "\n\n".join(blocks)


def _figures(findings: Findings, grade: Grade) -> str:
    return f"Predicts {money_unit(findings.config)}. {grade.difference}."


def _drivers(findings: Findings) -> str:
    """Say what predicted value is associated with."""
    table = findings.table("explain", "importance").head(DRIVERS)
    lines = ["Predicted value is associated with (not: caused by):", ""]
    for place, row in enumerate(table.to_dict("records"), start=1):
        size = f"± {findings.config.currency} {row['mean_absolute_part']:,.2f} a customer"
        lines.append(f"{place}. {row['meaning']}: {size}")
    return "\n".join(lines)
