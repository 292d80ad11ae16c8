import json
import re
from dataclasses import replace

import pandas as pd
import pytest
from tests.output.conftest import CANARY, DIGEST

from clvlens import pipeline
from clvlens.config import Config
from clvlens.evaluation.backtest import MODEL
from clvlens.evaluation.grade import grade
from clvlens.output import records
from clvlens.output.records import RunRecord


def files_of(folder):
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("folder", ["training", "evaluation", "explanation"])
def test_nothing_that_is_tracked_names_a_customer(written, folder):
    files = files_of(written / folder)
    assert len(files) >= 3
    told = [
        name for name, path in files.items() if CANARY.encode() in name.encode() + path.read_bytes()
    ]
    assert told == []


def test_pictures_say_nothing_that_is_not_drawn(written):
    pictures = [path for path in files_of(written).values() if path.suffix == ".png"]
    assert len(pictures) == 7 + 3 + records.EXAMPLES
    for path in pictures:
        assert all(chunk not in path.read_bytes() for chunk in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"))


def test_which_customer_an_example_is_stays_beside_the_folder(written):
    known = pd.read_csv(written / "examples.csv")
    drawn = {name for name in files_of(written / "explanation") if name.startswith("examples/")}
    assert drawn == {f"examples/{name}.png" for name in known["example"]}
    assert known["customer_id"].str.startswith(CANARY).all()
    assert known["customer_id"].nunique() == records.EXAMPLES == 20


def test_examples_go_from_the_lowest_prediction_to_the_highest(written, explained):
    attribution, ids = explained
    worth = pd.Series(attribution.prediction, index=ids)
    examples = worth[pd.read_csv(written / "examples.csv")["customer_id"]]
    assert examples.is_monotonic_increasing
    assert (examples.iloc[0], examples.iloc[-1]) == (worth.min(), worth.max())


def test_a_pseudonym_is_keyed_and_stays_the_same(panel, tmp_path):
    here, there = (panel.config.model_copy(update={"root": tmp_path / n}) for n in ("a", "b"))
    ids = pd.Series(["7", "8"])
    names = records.pseudonyms(here, ids)
    assert names == records.pseudonyms(here, ids)
    assert names != records.pseudonyms(there, ids)
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in names)
    assert len(set(names)) == 2


def test_the_key_of_the_pseudonyms_is_for_its_owner_alone(panel, tmp_path):
    config = panel.config.model_copy(update={"root": tmp_path})
    records.pseudonyms(config, pd.Series(["7"]))
    key = config.data_folder / "example.key"
    assert key.stat().st_mode & 0o077 == 0
    assert len(key.read_bytes()) == 32


def test_a_grade_is_that_of_the_model_that_was_evaluated(written, panel, evaluation):
    assert records.read_grade(panel.config, DIGEST) == grade(evaluation)
    assert records.read_grade(panel.config, "cd" * 32) is None


def test_a_run_is_remembered_for_its_model_alone(panel, tmp_path):
    config = panel.config.model_copy(update={"root": tmp_path})
    assert records.read_run(config, DIGEST) is None
    record = RunRecord("r1", 3, "http://127.0.0.1:5000/#/…")
    records.write_run(config, record, DIGEST)
    assert records.read_run(config, DIGEST) == record
    assert records.read_run(config, "cd" * 32) is None


@pytest.mark.parametrize("text", ["{", "[]", "{}", f'{{"model_digest": "{DIGEST}", "run": 1}}'])
def test_a_note_of_the_run_that_cannot_be_read_is_as_none(panel, tmp_path, text):
    config = panel.config.model_copy(update={"root": tmp_path})
    config.data_folder.mkdir(parents=True)
    (config.data_folder / "run.json").write_text(text)
    assert records.read_run(config, DIGEST) is None


def test_the_headline_stands_beside_that_of_the_best_baseline(evaluation):
    found = grade(evaluation)
    metrics = records.headline_metrics(evaluation, found)
    assert metrics["ngini"] == evaluation.score(MODEL, "ngini") == found.ngini
    assert metrics["ngini_baseline"] == found.ngini_baseline
    assert metrics["coverage_90"] == evaluation.by_slice["coverage_90"][0]
    assert set(metrics) == {
        "ngini", "ngini_baseline", "spearman", "spearman_baseline", "mae", "mae_baseline",
        "total_bias", "total_bias_baseline", "churn_auc", "churn_ece",
        "coverage_90",
    }  # fmt: skip


def test_parts_by_lever_and_by_theme_name_their_unit(written):
    for name in ("importance", "by_lever"):
        table = pd.read_csv(written / "explanation" / f"{name}.csv")
        assert set(table["unit"]) == {"EUR revenue over 60 days"}
    assert "reminders" in set(table["lever"])


def test_the_dictionary_has_a_row_a_feature(written, panel):
    features = pd.read_csv(written / "training" / "features.csv")
    assert features["name"].tolist() == panel.feature_names
    assert features["meaning"].notna().all()


def test_the_settings_tell_neither_places_nor_whom_rules_name(panel, model, tmp_path):
    staff = {"column": "customer_id", "among": [f"{CANARY}0007"]}
    here = {"database": "postgres:password=secret", "table": "t"}
    config = Config(
        name="shop",
        currency="EUR",
        data={
            "orders": {**here, "lookup": {**here, "by": "id"}, "keep": [staff]},
            "customers": {"path": "/home/me/customers.csv"},
        },
        population={"leave_out": [staff, {"column": "born_on", "above": 2010}]},
        target={"horizon_days": 60},
        root=tmp_path,
    )
    folder = records.write_training(config, model, DIGEST)
    settings = json.loads((folder / "run" / "config.json").read_text())
    assert all(word not in str(settings) for word in (CANARY, "secret", "/home", str(tmp_path)))
    assert settings["target"]["horizon_days"] == 60
    columns = [rule["column"] for rule in settings["population"]["leave_out"]]
    assert columns == ["customer_id", "born_on"]


def test_what_is_noted_of_the_data_stays_out_of_the_model(panel):
    noted = replace(panel, notes=(f"1 customers left out by the rule: customer_id {CANARY}7",))
    assert CANARY not in str(pipeline.train(noted).about)
