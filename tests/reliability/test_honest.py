"""Where there is nothing to learn nothing is found, and what was learned from is what is asked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.reliability.table import tried

from clvlens import build_panel, evaluate, load_config, train
from clvlens.evaluation.backtest import MODEL
from clvlens.evaluation.grade import grade
from clvlens.panel.panel import TARGETS, snapshot_frame
from clvlens.panel.world import read_world
from clvlens.simulation.settings import Settings
from clvlens.simulation.writing import write

pytestmark = [pytest.mark.slow, pytest.mark.reliability]
SHUFFLES = 10


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """The orders alone of a simulated business, and models that know no law but the labels."""
    folder = tmp_path_factory.mktemp("honest") / "tables"
    write(Settings(customers=1_500, seed=5), folder)
    read = load_config(folder / "config.yaml")
    model = read.model.model_copy(
        update={"trees": 40, "candidates": ("hurdle", "tweedie"), "intervals": False}
    )
    return read.model_copy(update={"data": {"orders": read.data["orders"]}, "model": model})


@pytest.fixture(scope="module")
def panel(config):
    return build_panel(config)


def with_shuffled_labels(panel, seed):
    """Give the rows of each cutoff before the test each other's outcomes."""
    rng = np.random.default_rng(seed)
    parts = []
    for (role, _), rows in panel.frame.groupby(["role", "cutoff"], sort=False):
        if role != "test":
            order = rng.permutation(len(rows))
            rows = rows.assign(**{name: rows[name].to_numpy()[order] for name in TARGETS})
        parts.append(rows)
    return replace(panel, frame=pd.concat(parts, ignore_index=True))


def test_shuffled_labels_teach_nothing(panel, record_property):
    aucs, letters = [], []
    for seed in range(SHUFFLES):
        shuffled = with_shuffled_labels(panel, seed)
        evaluation = evaluate(train(shuffled), shuffled)
        aucs.append(evaluation.score(MODEL, "auc"))
        letters.append(grade(evaluation).letter)
    error = np.std(aucs, ddof=1) / np.sqrt(SHUFFLES)
    record_property(*tried("shuffled labels", "graded D", SHUFFLES, letters.count("D")))
    assert abs(np.mean(aucs) - 0.5) <= 3 * error, aucs
    assert set(letters) == {"D"}
    learned = evaluate(train(panel), panel)
    assert learned.score(MODEL, "auc") > 0.75  # there was something to learn


def test_scoring_computes_the_features_that_training_saw(config, panel, record_property):
    world, names = read_world(config), [feature.name for feature in panel.features]
    alike = 0
    cutoffs = sorted(panel.frame["cutoff"].unique())
    for cutoff in cutoffs:
        trained = panel.frame.loc[panel.frame["cutoff"] == cutoff].sort_values("customer_id")
        instant = round(pd.Timestamp(cutoff).timestamp() * 1e6)
        asked = snapshot_frame(world, instant).sort_values("customer_id")
        one, other = (rows[["customer_id", *names]].reset_index(drop=True)
                      for rows in (trained, asked))  # fmt: skip
        alike += one.equals(other)
    record_property(*tried("train/serve parity", "features a cutoff", len(cutoffs), alike))
    assert alike == len(cutoffs)
