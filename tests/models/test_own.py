"""A model of the user's own is fitted, kept and loaded, and never imported unasked."""

import json
from pathlib import Path

import numpy as np
import pytest

from clvlens import pipeline
from clvlens.errors import ModelError
from clvlens.models.store import load_model, save_model
from clvlens.models.training import train_model


class Level:
    """The same money for everybody: the mean of the rows it learned from."""

    def __init__(self):
        self.money = None

    def fit(self, rows, money):
        self.money = float(np.mean(money))

    def predict(self, rows):
        return np.full(len(rows), self.money)

    def save(self, folder: Path):
        (folder / "level.json").write_text(json.dumps(self.money))

    @classmethod
    def load(cls, folder: Path):
        copy = cls()
        copy.money = json.loads((folder / "level.json").read_text())
        return copy


class Other(Level):
    """Another class, which saves alike."""


class Silent(Level):
    def predict(self, rows):
        return np.full(len(rows), np.nan)


class Folders(Level):
    def save(self, folder: Path):
        (folder / "inside").mkdir()


@pytest.fixture(scope="module")
def own(panel, about):
    return train_model(panel, about, own=Level())


def test_value_is_what_the_estimator_learned_from_every_role_before_the_test(own, panel):
    before = panel.frame.loc[panel.frame["role"] != "test", "target_value"]
    predicted = own.predict(panel.rows("test"))
    assert predicted["predicted_value"].to_numpy() == pytest.approx(before.mean())
    assert predicted[["churn_probability", "expected_orders"]].notna().all(axis=None)


def test_the_estimator_that_is_handed_in_stays_as_it_was(panel, about):
    mine = Level()
    train_model(panel, about, own=mine)
    assert mine.money is None


def test_what_is_saved_predicts_the_same_and_holds_no_pickle(own, panel, tmp_path):
    folder = save_model(own, tmp_path / "model")
    rows = panel.rows("test")
    assert load_model(folder, own=Level).predict(rows).equals(own.predict(rows))
    assert json.loads((folder / "own-level.json").read_text()) == own.value.estimator.money
    assert {path.suffix for path in folder.iterdir()} == {".json", ".ubj"}


def test_a_model_with_code_of_the_user_is_refused_unless_its_class_is_handed_in(own, tmp_path):
    folder = save_model(own, tmp_path / "model")
    with pytest.raises(ModelError, match=r"by \S*test_own\.Level, .*load_model\(folder, own=Level"):
        load_model(folder)
    with pytest.raises(ModelError, match=r"saved by \S*\.Level, and \S*\.Other was handed in"):
        load_model(folder, own=Other)


def test_what_an_estimator_saved_is_guarded_by_the_manifest(own, tmp_path):
    folder = save_model(own, tmp_path / "model")
    (folder / "own-level.json").write_text("1e9")
    with pytest.raises(ModelError, match=r"own-level\.json was changed or damaged"):
        load_model(folder, own=Level)


def test_rows_without_a_number_and_folders_are_refused(panel, about, tmp_path):
    with pytest.raises(ModelError, match=r"Silent\.predict gave no finite number for each of"):
        train_model(panel, about, own=Silent())
    with pytest.raises(ModelError, match=r"Folders\.save wrote no files, or folders"):
        save_model(train_model(panel, about, own=Folders()), tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_it_is_judged_like_any_model_and_its_parts_are_not_told(own, panel):
    with pytest.raises(ModelError, match=r"Level: of what it adds up is known to it alone"):
        pipeline.explain(own, panel)
