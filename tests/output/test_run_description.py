"""A run's description is composed of all that lies there about its model, whoever writes it."""

import re
import shutil
from dataclasses import replace

import pytest
from tests.output.conftest import DIGEST
from tests.output.test_lever_page import ANNUAL, TICKETS, reported

from clvlens.output.findings import Findings
from clvlens.output.lever_records import write_levers
from clvlens.output.report import make_report, write_report
from clvlens.output.run_description import run_description


@pytest.fixture
def findings(written, panel, tmp_path) -> Findings:
    """The shop, trained, graded and explained."""
    config = panel.config.model_copy(update={"root": tmp_path})
    shutil.copytree(written, config.data_folder)
    return Findings(config, DIGEST)


def address(artifact: str) -> str:
    return f"#/{artifact}"


def test_it_begins_with_the_verdict_and_says_what_value_is_associated_with(findings):
    words = run_description(findings, address).splitlines()
    assert words[0] == f"**Grade {findings.grade.letter}**: {findings.grade.words}."
    assert words[2].startswith("Predicts EUR revenue over 60 days. nGini ")
    assert words[4] == "Predicted value is associated with (not: caused by):"
    assert [line[:2] for line in words[6:]] == ["1.", "2.", "3."]
    assert re.fullmatch(r"1\. .+: ± EUR [\d,]+\.\d\d a customer", words[6])


def test_before_explain_it_ends_with_the_figures(findings):
    shutil.rmtree(findings.config.data_folder / "explanation")
    words = run_description(findings, address)
    assert "associated" not in words
    assert len(words.splitlines()) == 3


def test_levers_and_the_report_are_a_click_away_and_the_report_comes_first(findings):
    write_levers(findings.config, reported(ANNUAL, TICKETS, other=1.0), DIGEST)
    write_report(make_report(findings, lambda verb: verb))
    words = run_description(findings, address)
    assert words.startswith("**[Open the report](#/report.html)** · **Grade ")
    assert "**[Open the lever report](#/levers.html)** · 1 lever of 2 can be shown" in words
    assert words.index("**Grade") < words.index("lever report") < words.index("associated with")


def test_of_another_model_nothing_is_told(findings):
    write_levers(findings.config, reported(ANNUAL, TICKETS, other=1.0), DIGEST)
    write_report(make_report(findings, lambda verb: verb))
    assert run_description(replace(findings, digest="cd" * 32), address) == ""
