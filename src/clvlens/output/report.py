"""The report of a run: one file, the answer first, made of what the verbs have left."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
from markupsafe import Markup

from clvlens.errors import ClvlensError
from clvlens.files import whole_file
from clvlens.output import report_answer as first
from clvlens.output import report_sections as then
from clvlens.output.findings import HERE, Findings
from clvlens.output.page import render
from clvlens.output.records import money_unit

REPORT = "report.html"
DAMAGED = "damaged, or from another version"
OF_MODEL = re.compile(r'<meta name="clvlens-model" content="([0-9a-f]*)">')
BROKEN = (ClvlensError, OSError, ValueError, LookupError, TypeError, AttributeError)
HEAD = 1_000  # characters of the page in which its model stands

Values = Callable[[Findings], Mapping[str, object]]
Command = Callable[[str], str]

# template → the title, the verb that fills it, and what it shows
ANSWER: dict[str, tuple[str, str, Values]] = {
    "answer_trust": ("Can it be trusted?", "evaluate", first.trust),
    "answer_total": ("What will customers bring?", "predict", first.total),
    "answer_drivers": ("What predicted value is associated with", "explain", first.drivers),
    "answer_levers": ("What would change it: effects of levers", "levers", first.levers),
    "answer_segments": ("Whom to turn to", "predict", first.segments),
}
SECTIONS: dict[str, tuple[str, str, Values]] = {
    "ranking": ("How good are the predictions?", "evaluate", then.ranking),
    "calibration": ("Are the amounts right?", "evaluate", then.calibration),
    "gain": ("Does it find the best customers?", "evaluate", then.gain),
    "slices": ("For whom is it right?", "evaluate", then.slices),
    "churn": ("Do churn probabilities mean what they say?", "evaluate", then.churn),
    "survival": ("How long do they stay?", "evaluate", then.survival),
    "coverage": ("Do the intervals hold?", "evaluate", then.coverage),
    "drivers": ("What is predicted value associated with?", "explain", then.drivers),
    "levers": ("What would change if a lever moved?", "levers", then.levers),
    "segments": ("Who holds the value?", "value", then.segments),
    "channels": ("Do the channels pay back?", "value", then.channels),
    "retention": ("What would more retention bring?", "value", then.retention),
    "ways": ("Do simple formulas do as well?", "value", then.ways),
    "monitor": ("Does it still hold?", "monitor", then.monitor),
    "data": ("What do the data hold?", "check", then.data),
    "method": ("Method and limits", "train", then.method),
}


@dataclass(frozen=True)
class Section:
    """A part of the page: its body, or why there is none and the command that fills it."""

    name: str
    title: str
    command: str
    body: str = ""
    absent: str = ""


@dataclass(frozen=True)
class Report:
    """The cards that answer first, and the sections; what is absent is in neither's body."""

    findings: Findings
    cards: tuple[Section, ...]
    sections: tuple[Section, ...]

    @property
    def missing(self) -> dict[tuple[str, str], list[str]]:
        """The titles of absent sections by (command that fills them, why they are absent)."""
        found: dict[tuple[str, str], list[str]] = {}
        for section in self.sections:
            if section.absent:
                found.setdefault((section.command, section.absent), []).append(section.title)
        return found

    def page(self) -> str:
        """Return `report.html`."""
        return render(
            "report.html",
            {
                "title": self.findings.config.title,
                "digest": self.findings.digest,
                "unit": money_unit(self.findings.config),
                "cards": self.cards,
                "sections": [section for section in self.sections if not section.absent],
                "missing": self.missing,
            },
        )


def make_report(findings: Findings, command: Command) -> Report:
    """Return what there is to report; `command` says how a verb is run on this configuration."""
    cards, sections = (
        tuple(_section(findings, command, name, *about) for name, about in asked.items())
        for asked in (ANSWER, SECTIONS)
    )
    return Report(findings, cards, sections)


def write_report(report: Report) -> Path:
    """Write the page; the file appears whole or not at all."""
    path = report.findings.config.data_folder / REPORT
    page = report.page()
    with whole_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def has_report(findings: Findings) -> bool:
    """Return whether a report about this model has been written."""
    try:
        with (findings.config.data_folder / REPORT).open(encoding="utf-8") as file:
            found = OF_MODEL.search(file.read(HEAD))
    except (OSError, UnicodeDecodeError):
        return False
    return found is not None and found[1] == findings.digest


def _section(
    findings: Findings, command: Command, name: str, title: str, verb: str, values: Values
) -> Section:
    """Return a section; files that are damaged, or of another version, cost it alone."""
    try:
        state = findings.state(verb)
        if state == HERE:
            shown = {
                "config": findings.config,
                "unit": money_unit(findings.config),
                **values(findings),
            }
            body = Markup(render(f"report/{name}.html", shown))
            return Section(name, title, command(verb), body)
    except (*BROKEN, jinja2.UndefinedError):
        state = DAMAGED
    return Section(name, title, command(verb), absent=state)
