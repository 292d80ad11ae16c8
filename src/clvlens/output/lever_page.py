"""The lever page: what would change value, beside what predictions lean on, and why they differ."""

from __future__ import annotations

from clvlens.output.lever_figures import all_levers, one_lever
from clvlens.output.lever_report import LeverReport
from clvlens.output.page import render

EVIDENCE = {
    "A": "randomised: the business drew lots",
    "B": "checks passed, and stronger than any unseen cause as strong as the strongest seen one",
    "C": "checks passed; a strong unseen cause could still explain it",
    "D": "association only: nothing is said about moving it",
}


def lever_page(report: LeverReport) -> str:
    """Return `levers.html`."""
    told = report.told
    sections = [
        {"row": row, "contrast": report.contrast(row), "figure": one_lever(report, row)}
        for row in told
    ]
    overview = all_levers(report, told) if told else None
    return render(
        "levers.html",
        {"report": report, "overview": overview, "sections": sections, "evidence": EVIDENCE},
    )


def lever_description(report: LeverReport, link: str) -> str:
    """Return a run's description in Markdown: the link and the verdict, then three levers."""
    lines = [f"**[Open the lever report]({link})** · {report.verdict}", ""]
    for place, row in enumerate(report.top, start=1):
        control = "yours to move" if row["controllable"] else "not yours to move directly"
        lines.append(
            f"{place}. **{row['lever']}** to {report.moved(row)}: {report.effect(row)}; "
            f"evidence {row['evidence']}; {control}"
        )
    return "\n".join(lines)
