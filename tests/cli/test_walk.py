import csv
import os
import signal
import subprocess
import sys

import pytest
import yaml
from tests.support.command import VERBS, clvlens

COMMAND = (sys.executable, "-c", "from clvlens.cli import main; main()")
HEADER = (
    "customer_id,cutoff,horizon_days,currency,predicted_value,value_low_90,value_high_90,"
    "churn_probability,expected_orders,value_decile,segment,reason_1,reason_1_amount,reason_2,"
    "reason_2_amount,reason_3,reason_3_amount,model_version"
)


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_until(terminal, words, told=""):
    """Return what a terminal shows, until it shows these words or nothing more comes."""
    while words not in told:
        try:
            told += os.read(terminal, 1024).decode()
        except OSError:  # the other end is closed
            break
    return told


def hidden(folder):
    return [path for path in folder.rglob(".*") if path.exists()]


def test_every_verb_ends_well_and_names_the_next(project):
    following = (*VERBS[1:], "ui")
    for verb, after in zip(VERBS, following, strict=True):
        ran = project.ran[verb]
        assert (verb, ran.code, "Traceback" in ran.err) == (verb, 0, False)
        told = f"Next: clvlens {after} --config {project.config} --customers 400\n"
        assert ran.out.endswith(told)


def test_what_is_written_lies_above_the_folder_of_the_configuration(project):
    names = {path.name for path in project.folder.iterdir()}
    assert names == {"configs", "data", "models"}
    assert hidden(project.folder) == []


def test_a_trial_leaves_the_full_run_alone(project):
    """The model of 400 is neither written nor registered as that of all."""
    name = "complete_journey-trial-400"
    assert [path.name for path in (project.folder / "models").iterdir()] == [name]
    assert {path.name for path in (project.folder / "data").iterdir()} == {name, "mlflow"}
    assert f"Registered {name} version 1" in project.ran["train"].out
    full = clvlens("predict", "--config", project.config)
    assert (full.code, full.told) == (2, [
        f"clvlens: {project.folder / 'models' / 'complete_journey'} holds no model; "
        f"train one first: clvlens train --config {project.config}"
    ])  # fmt: skip


def test_check_tells_what_was_found_and_how_the_cutoffs_fall(project):
    out = project.ran["check"].out
    assert "basket breadth, discounts" in out
    assert "  fit   2017-07-01    90  2017-09-29\n" in out
    assert "amount ← sales_value" in out
    assert "read in UTC" in out
    quality = read(project.data / "data_quality.csv")
    assert list(quality[0]) == ["table", "column", "rows", "problem"]
    assert all(f"{row['problem']}\n" in out for row in quality)


def test_panel_counts_customers_by_role(project):
    lines = [line.split() for line in project.ran["panel"].out.splitlines()]
    assert ["fit", "2017-07-01"] in [line[:2] for line in lines]
    assert ["test", "2017-10-01"] in [line[:2] for line in lines]


def test_the_panel_is_built_once_and_read_by_the_verbs_that_follow(project):
    kept = project.data / "panel" / "panel.json"
    project.run("panel")
    written = kept.stat().st_mtime_ns
    project.run("panel")
    assert kept.stat().st_mtime_ns == written


def test_who_reads_from_a_pipe_sees_results_alone(project):
    for verb in ("check", "panel", "train", "explain"):
        assert (verb, project.ran[verb].err) == (verb, "")


def test_the_grade_stands_below_the_model_and_every_baseline(project):
    out = project.ran["evaluate"].out
    table, _, grade = out.partition("\nGrade ")
    methods = ("clvlens", "past rate × horizon", "carry forward", "BG/NBD", "RFM", "constant mean")
    assert all(f"\n  {method}" in table for method in methods)
    assert grade[:3] in {"A: ", "B: ", "C: ", "D: "}
    assert "Version 1 is the champion" in grade


def test_predictions_are_a_row_a_customer_known_before_the_cutoff(project):
    rows = read(project.data / "predictions.csv")
    assert ",".join(rows[0]) == HEADER
    assert len({row["customer_id"] for row in rows}) == len(rows) == 400
    assert {row["cutoff"] for row in rows} == {"2018-01-01"}
    assert {row["currency"] for row in rows} == {"USD"}
    assert all(
        float(row["value_low_90"]) <= float(row["predicted_value"]) <= float(row["value_high_90"])
        for row in rows
    )
    assert all(0 <= float(row["churn_probability"]) <= 1 and row["reason_3"] for row in rows)


def test_explain_and_predict_link_to_the_run(project):
    for verb in ("explain", "predict"):
        (line,) = [line for line in project.ran[verb].out.splitlines() if "MLflow run" in line]
        assert line.startswith("MLflow run: http://127.0.0.1:5000/#/experiments/")


def test_the_lever_page_says_what_is_refused_and_why_and_lies_at_the_root_of_the_run(project):
    told = " ".join(project.ran["levers"].out.split())
    assert "levers can be shown to change value" in told
    assert "Association only" in told
    assert "MLflow run: http://127.0.0.1:5000/#/experiments/" in told
    page = (project.data / "levers" / "levers.html").read_text()
    assert "delivery promises" in page
    (kept,) = (project.folder / "data" / "mlflow").rglob("levers.html")
    assert (kept.parent.name, kept.read_text()) == ("artifacts", page)


def test_nothing_but_the_parts_of_a_single_customer_tells_the_name_of_one(project):
    ids = {row["customer_id"] for row in read(project.data / "examples.csv")}
    for folder in ("explanation", "evaluation", "training", "levers"):
        names = [path.stem for path in (project.data / folder).rglob("*")]
        assert ids.isdisjoint(names)


def test_predicting_again_gives_the_same_bytes(project, tmp_path):
    again = tmp_path / "again.csv"
    assert project.run("predict", "--out", again).code == 0
    assert again.read_bytes() == (project.data / "predictions.csv").read_bytes()


def test_no_reasons_leave_their_columns_out(project, tmp_path):
    out = tmp_path / "without.csv"
    ran = project.run("predict", "--out", out, "--reasons", 0, "--cutoff", "2017-12-01")
    assert ran.code == 0
    first = read(out)[0]
    assert list(first) == [name for name in HEADER.split(",") if not name.startswith("reason")]
    assert first["cutoff"] == "2017-12-01"


def test_reasons_for_five_are_for_the_five_of_highest_value(project, tmp_path):
    out = tmp_path / "five.csv"
    assert project.run("predict", "--out", out, "--reasons", 5).code == 0
    rows = sorted(read(out), key=lambda row: -float(row["predicted_value"]))
    assert [bool(row["reason_1"]) for row in rows] == [True] * 5 + [False] * 395
    assert {row["reason_3_amount"] for row in rows[5:]} == {""}


def test_reasons_for_a_list_are_for_those_on_it(project, tmp_path):
    out, wanted = tmp_path / "listed.csv", tmp_path / "ids.txt"
    some = {row["customer_id"] for row in read(project.data / "predictions.csv")[3:400:40]}
    wanted.write_text("\n".join([*some, " ", "nobody"]))
    ran = project.run("predict", "--out", out, "--reasons-for", wanted)
    assert ran.code == 0
    assert "1 of 11 customers whose reasons were asked for are not known before" in ran.out
    assert {row["customer_id"] for row in read(out) if row["reason_1"]} == some


def test_a_list_of_customers_that_is_not_there_is_told(project, tmp_path):
    ran = project.run("predict", "--reasons-for", tmp_path / "none.txt")
    assert ran.code == 2
    assert "none.txt cannot be read: " in ran.err
    assert "give a text file with one id a line" in ran.err


def test_predict_warns_where_a_baseline_does_as_well(project):
    letter = project.ran["evaluate"].out.partition("\nGrade ")[2][0]
    warned = f"clvlens: warning: grade {letter}: " in project.ran["predict"].err
    assert warned == (letter in "CD")


def test_a_registered_model_predicts_what_the_saved_one_does(project, tmp_path):
    out = tmp_path / "champion.csv"
    assert project.run("predict", "--out", out, "--model", "champion").code == 0
    assert out.read_bytes() == (project.data / "predictions.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--cutoff", "2030-01-01"), "cutoff 2030-01-01 is outside the data, which has orders"),
        (
            ("--model", "99"),
            "complete_journey-trial-400 has no version '99'; known are 1, champion",
        ),
        (("--model", "models:/other/1"), "no model named other is registered"),
    ],
)
def test_predict_refuses_what_is_not_there_and_leaves_the_file_alone(project, words, told):
    before = (project.data / "predictions.csv").read_bytes()
    ran = project.run("predict", *words)
    assert ran.code == 2
    assert told in ran.told[-1]
    assert "Traceback" not in ran.err
    assert (project.data / "predictions.csv").read_bytes() == before


def test_a_model_of_another_question_is_refused_in_one_line(project, tmp_path):
    settings = yaml.safe_load(project.config.read_text())
    settings["target"]["horizon_days"] = 60
    other = project.config.with_name("other.yaml")
    other.write_text(yaml.safe_dump(settings))
    ran = type(project)(project.folder, other, {}).run("predict", "--out", tmp_path / "p.csv")
    other.unlink()
    assert ran.code == 2
    assert "the model predicts horizon_days 90, the configuration asks for 60" in ran.err


def test_features_that_the_model_reads_and_the_data_lack_are_told_in_one_line(project, tmp_path):
    settings = yaml.safe_load(project.config.read_text())
    del settings["data"]["customers"]
    fewer = project.config.with_name("fewer.yaml")
    fewer.write_text(yaml.safe_dump(settings))
    ran = type(project)(project.folder, fewer, {}).run("predict", "--out", tmp_path / "p.csv")
    fewer.unlink()
    assert ran.code == 2
    assert "of the features that the model reads are missing, first 'customers__" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.slow
def test_the_champion_stays_when_the_same_data_are_trained_again(project, tmp_path):
    again = project.copy(tmp_path / "again")
    manifest = again.model / "manifest.json"
    before = manifest.read_bytes()
    assert f"Registered {again.name} version 2" in again.run("train").out
    assert manifest.read_bytes() == before
    assert "Champion stays version 1: version 2 has nGini +0.0000" in again.run("evaluate").out
    assert "Version 2 is the champion" in again.run("evaluate", "--promote").out


@pytest.mark.slow
def test_a_champion_of_another_question_stays(project, tmp_path):
    again = project.copy(tmp_path / "other")
    settings = yaml.safe_load(again.config.read_text())
    settings["target"]["horizon_days"] = 60
    again.config.write_text(yaml.safe_dump(settings))
    assert f"Registered {again.name} version 2" in again.run("train").out
    told = again.run("evaluate").out
    assert "Champion stays version 1, which cannot be compared: the model predicts" in told
    assert "horizon_days 90, the configuration asks for 60" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "kept"),
    [("train", "the model is saved in"), ("evaluate", "the evaluation is saved in"),
     ("explain", "the explanation is saved in")],
)  # fmt: skip
def test_work_that_cannot_be_tracked_is_kept_and_says_so(project, tmp_path, verb, kept):
    alone = project.copy(tmp_path / "alone")
    settings = yaml.safe_load(alone.config.read_text())
    settings["tracking"] = {"uri": "http://127.0.0.1:9"}
    alone.config.write_text(yaml.safe_dump(settings))
    ran = alone.run(verb)
    assert (ran.code, len(ran.told)) == (3, 1)
    assert f"{kept} {alone.folder}" in ran.told[0]
    assert "but not tracked: no tracking server answers at http://127.0.0.1:9" in ran.told[0]


@pytest.mark.slow
def test_a_process_that_is_told_to_stop_leaves_nothing_partial(project, tmp_path):
    again = project.copy(tmp_path / "stopped")
    manifest = again.model / "manifest.json"
    before = manifest.read_bytes()
    terminal, shown = os.openpty()  # stages are told to a terminal alone
    words = ["train", "--config", again.config, "--customers", "400"]
    process = subprocess.Popen([*COMMAND, *words], stderr=shown, stdout=subprocess.PIPE, text=True)
    os.close(shown)
    told = read_until(terminal, "fit value")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=120)
    told = read_until(terminal, "interrupted", told)
    assert process.returncode == 143
    assert "clvlens: interrupted" in told
    assert "Traceback" not in told
    assert "Wrote" not in out
    assert manifest.read_bytes() == before
    assert hidden(again.folder) == []
