"""One training, several horizons: what every verb makes of them."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.support.command import clvlens

from clvlens.cli.learning import train
from clvlens.cli.stages import Stages
from clvlens.config import load_config
from clvlens.models.store import check_manifest

CONFIG = Path(__file__).parents[2] / "configs" / "complete_journey.yaml"
TRIAL = "complete_journey-trial-400"


@pytest.fixture(scope="module")
def journey(tmp_path_factory):
    """What train, evaluate and predict did over 90 days, and 30, and more than history has."""
    config = tmp_path_factory.mktemp("horizons") / "configs" / CONFIG.name
    config.parent.mkdir()
    shutil.copy(CONFIG, config)
    text = config.read_text(encoding="utf-8")
    assert "horizon_days: 90\n" in text
    more = "horizon_days: 90\n  more_horizons: [30, 700]\n"
    text = text.replace("horizon_days: 90\n", more) + "\nmodel: {trees: 30}\n"
    config.write_text(text, encoding="utf-8")
    ran = {
        verb: clvlens(verb, "--config", config, "--customers", 400)
        for verb in ("train", "evaluate", "predict")
    }
    return config.parents[1], ran


def test_each_horizon_that_history_allows_gets_a_model_and_a_grade_of_its_own(journey):
    folder, ran = journey
    assert [one.code for one in ran.values()] == [0, 0, 0]
    models = {path.name for path in (folder / "models").iterdir()}
    assert models == {TRIAL, f"{TRIAL}-30d"}
    assert "Over 30 days" in ran["train"].out
    assert "note: 700 days are left out, as history does not allow them: " in ran["train"].out
    assert ran["evaluate"].out.count("Grade") >= 2
    assert "USD revenue over 30 days" in ran["evaluate"].out


def test_a_customer_has_a_row_a_horizon_that_contradicts_no_other(journey):
    folder, ran = journey
    found = pd.read_csv(folder / "data" / TRIAL / "predictions.csv")
    wide = found.pivot(index="customer_id", columns="horizon_days")
    assert len(found) == 2 * len(wide)
    assert (wide["predicted_value"][90] >= wide["predicted_value"][30]).all()
    assert (wide["churn_probability"][90] <= wide["churn_probability"][30]).all()
    assert found.groupby("horizon_days")["model_version"].nunique().tolist() == [1, 1]
    assert "note: 700 days have no model and no rows" in ran["predict"].out
    total = found.loc[found["horizon_days"] == 30, "predicted_value"].sum()
    assert f"USD {total:,.0f} expected in all over 30 days" in ran["predict"].out


class Stopping(Stages):
    """Somebody who presses Ctrl-C when a stage begins for the second time."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self.left = [stage, stage]

    def __call__(self, name: str) -> None:
        self.left = self.left[1:] if name in self.left else self.left
        if not self.left:
            raise KeyboardInterrupt(f"at the second {name}")


def test_a_training_that_is_interrupted_between_horizons_leaves_all_models_as_they_were(journey):
    folder, _ = journey
    config = load_config(folder / "configs" / CONFIG.name, customers=400)
    before = [check_manifest(own.model_folder) for own in config.horizons[:2]]
    other = config.model_copy(update={"model": config.model.model_copy(update={"trees": 31})})
    with pytest.raises(KeyboardInterrupt, match="at the second fit orders"):
        train(other, Stopping("fit orders"))
    assert [check_manifest(own.model_folder) for own in config.horizons[:2]] == before


def test_check_says_beforehand_what_history_allows(journey):
    folder, _ = journey
    ran = clvlens("check", "--config", folder / "configs" / CONFIG.name)
    assert "note: over 30 days: fit 2017-" in ran.out
    assert "note: 700 days will be left out: history is too short" in ran.out


def test_a_horizon_named_twice_is_refused(journey):
    folder, _ = journey
    config = folder / "configs" / "twice.yaml"
    text = (folder / "configs" / CONFIG.name).read_text(encoding="utf-8")
    config.write_text(text.replace("[30, 700]", "[30, 90]"), encoding="utf-8")
    ran = clvlens("train", "--config", config)
    assert ran.code == 2
    assert "horizon 90 is named twice; name each horizon once" in ran.err
