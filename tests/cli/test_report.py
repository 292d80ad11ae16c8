"""After the last verb, one page tells it all; it lies on the run's page too."""

import csv
import re
import shutil

import pytest
from mlflow import MlflowClient

from clvlens.output.report import SECTIONS


@pytest.fixture(scope="module")
def page(project):
    return (project.data / "report.html").read_text(encoding="utf-8")


def test_after_every_verb_nothing_is_absent(project, page):
    assert "absent" not in project.ran["report"].out
    assert re.findall(r'<section class="part" id="(\w+)">', page) == list(SECTIONS)
    assert "What is not in this report" not in page


def test_it_tells_the_grade_and_the_total_that_the_verbs_printed(project, page):
    grade = project.ran["evaluate"].out.partition("\nGrade ")[2]
    assert f'<span class="grade {grade[0]}">' in page
    total = re.search(r"USD ([\d,]+) expected in all", project.ran["predict"].out)
    assert f"USD {total[1]}</p>" in page


def test_no_customer_is_named_in_it(project, page):
    """Ids are numbers here, so that they are looked for among whole cells and words in quotes."""
    with (project.data / "predictions.csv").open(newline="", encoding="utf-8") as file:
        ids = {row["customer_id"] for row in csv.DictReader(file)}
    assert len(ids) == 400
    words = re.findall(r'<td class="words">(.*?)</td>|alt="(.*?)"|<li>(.*?)</li>', page)
    assert ids.isdisjoint(word for found in words for word in found)


def test_it_lies_at_the_root_of_the_run_and_is_named_first_in_its_description(project, page):
    (kept,) = (project.folder / "data" / "mlflow").rglob("report.html")
    assert (kept.parent.name, kept.read_text(encoding="utf-8")) == ("artifacts", page)
    client = MlflowClient(f"sqlite:///{project.folder}/data/mlflow/mlflow.db")
    note = client.get_run(kept.parents[1].name).data.tags["mlflow.note.content"]
    link = re.match(r"\*\*\[Open the report\]\((.*?)\)\*\* · \*\*Grade", note)
    assert link[1].endswith("/artifacts/report.html?workflowType=machine_learning")
    assert "associated with (not: caused by)" in note
    version = client.get_model_version(project.name, "1")
    assert version.description == note


def test_it_lies_in_the_folder_of_the_trial(project):
    assert f"Wrote {project.data / 'report.html'}" in project.ran["report"].out


def test_what_has_not_run_is_named_with_its_command(project, tmp_path):
    again = project.copy(tmp_path / "again")
    shutil.rmtree(again.data / "value")
    (again.data / "predictions.csv").unlink()
    ran = again.run("report")
    assert ran.code == 0
    fills = f"clvlens value --config {again.config} --customers 400"
    assert f"Do simple formulas do as well?: not there yet; {fills}" in ran.out
    page = (again.data / "report.html").read_text(encoding="utf-8")
    assert f"<code>{fills}</code>" in page
    assert f"<code>clvlens predict --config {again.config} --customers 400</code>" in page


def test_without_a_model_it_is_refused_with_the_command(project, tmp_path):
    again = project.copy(tmp_path / "empty")
    shutil.rmtree(again.model)
    ran = again.run("report")
    assert ran.code == 2
    assert f"train one first: clvlens train --config {again.config}" in ran.told[-1]
