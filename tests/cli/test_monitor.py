import csv
import shutil

import yaml


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_business_in_which_nothing_moved_leaves_with_0_and_a_run(project):
    ran = project.ran["monitor"]
    assert ran.code == 0
    assert "No alarm: nothing is beyond its threshold" in ran.out
    (line,) = [line for line in ran.out.splitlines() if "MLflow run" in line]
    assert line.startswith("MLflow run: http://127.0.0.1:5000/#/experiments/")


def test_matured_predictions_are_scored_beside_what_happened(project):
    (row,) = read(project.data / "monitor" / "matured.csv")
    assert row["cutoff"].startswith("2017-10-03")  # the newest whose 90 days are over
    assert int(row["customers"]) > 300
    assert 0.5 < float(row["ngini"]) < 1


def test_nothing_that_a_server_gets_names_a_customer(project):
    for path in (project.data / "monitor").glob("*.csv"):
        assert "customer_id" not in path.read_text(encoding="utf-8").splitlines()[0]


def test_predictions_written_earlier_are_scored_when_their_horizon_is_over(project, tmp_path):
    earlier = tmp_path / "earlier.csv"
    project.run("predict", "--out", earlier, "--cutoff", "2017-09-15", "--reasons", 0)
    assert project.run("monitor", "--predictions", earlier).code == 0
    (row,) = read(project.data / "monitor" / "matured.csv")
    assert (row["cutoff"], row["horizon_days"]) == ("2017-09-15", "90")


def test_predictions_that_have_not_matured_are_refused_with_the_day_on_which_they_do(project):
    ran = project.run("monitor", "--predictions", project.data / "predictions.csv")
    assert ran.code == 2
    assert "no prediction has matured: the first does on 2018-04-01" in ran.told[-1]


def test_a_file_that_is_not_there_is_told_in_one_line(project, tmp_path):
    ran = project.run("monitor", "--predictions", tmp_path / "none.csv")
    assert (ran.code, len(ran.told)) == (2, 1)
    assert "none.csv cannot be read" in ran.told[0]


def test_a_threshold_exceeded_leaves_with_4_and_says_which(project, tmp_path):
    """Predictions of four times as much, as if prices had fallen to a quarter."""
    earlier, wrong = tmp_path / "earlier.csv", tmp_path / "wrong.csv"
    project.run("predict", "--out", earlier, "--cutoff", "2017-09-15", "--reasons", 0)
    rows = read(earlier)
    for row in rows:
        row["predicted_value"] = 4 * float(row["predicted_value"])
    with wrong.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ran = project.run("monitor", "--predictions", wrong)
    assert ran.code == 4
    assert "of 2017-09-15" in ran.out
    assert "% off" in ran.out
    assert "Traceback" not in ran.err


def test_the_findings_are_kept_where_no_server_answers(project, tmp_path):
    settings = yaml.safe_load(project.config.read_text())
    settings["tracking"] = {"uri": "http://127.0.0.1:9"}
    other = project.config.with_name("alone.yaml")
    other.write_text(yaml.safe_dump(settings))
    shutil.rmtree(project.data / "monitor")
    ran = type(project)(project.folder, other, {}).run("monitor")
    other.unlink()
    assert ran.code == 3
    assert "the findings are saved in" in ran.told[-1]
    assert (project.data / "monitor" / "alarms.csv").exists()
