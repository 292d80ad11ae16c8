"""The simulated business, watched: a month in which support collapses, and an undisturbed year."""

import dataclasses

import pytest

from clvlens import monitoring, pipeline
from clvlens.config import load_config
from clvlens.panel.panel import make_panel
from clvlens.simulation import Settings, write

pytestmark = pytest.mark.slow

UNDISTURBED = Settings(customers=2_000, seed=2)
SMALL = {"trees": 40, "learning_rate": 0.1, "intervals": True}


def watch(folder, settings: Settings) -> monitoring.Monitoring:
    write(settings, folder)
    read = load_config(folder / "config.yaml")
    config = read.model_copy(
        update={
            "cutoffs": read.cutoffs.model_copy(update={"at_most": 1}),
            "model": read.model.model_copy(update=SMALL),
        }
    )
    panel = make_panel(config)
    return monitoring.monitor(pipeline.train(panel), panel)


def test_an_undisturbed_year_stays_quiet(tmp_path):
    found = watch(tmp_path / "business", UNDISTURBED)
    assert found.histories["month"].nunique() == 12
    assert found.alarms.to_dict("records") == []


def test_the_month_in_which_support_collapses_is_named_with_the_histories_that_moved(tmp_path):
    settings = dataclasses.replace(UNDISTURBED, shock_month="2024-09")
    found = watch(tmp_path / "business", settings)
    moved = found.alarms[found.alarms["when"] != "now"]
    assert set(moved["when"]) == {"2024-09"}
    assert set(moved["where"]) == {"tickets", "surveys"}
    assert moved["words"].str.startswith("hours_to_first_response").any()
    assert moved["words"].str.startswith("csat_score").any()
