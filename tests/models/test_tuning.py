"""Better settings: judged later than they learned, and the same however often interrupted."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from tests.support.contract import with_contracts
from tests.support.shop import make_panel

from clvlens.errors import ModelError
from clvlens.models import tuning
from clvlens.models.folds import deviance, joint_losses, single_losses, temporal_folds
from clvlens.models.tuning import tune

MODELS = ["churn", "hurdle", "tweedie", "anchored", "ziln", "linear"]  # in turn
ROLES = {"fit": (150,), "select": (240,), "calibrate": (300,), "test": (360,)}


@pytest.fixture(scope="module")
def panel():
    return make_panel(customers=240, roles=ROLES, trees=8)


def studies_of(folder: Path) -> dict[str, optuna.Study]:
    storage = f"sqlite:///{folder}/tuning.db"
    return {
        name.split()[0]: optuna.load_study(study_name=name, storage=storage)
        for name in optuna.get_all_study_names(storage)
    }


def tried(folder: Path) -> dict[str, list[tuple]]:
    """What every finished trial of each model tried and lost, in order of index."""
    return {
        name: [(index, t.params, t.value, t.state) for index, t in sorted(finished.items())]
        for name, study in studies_of(folder).items()
        for finished in [tuning._finished(study)]
    }


def states(folder: Path) -> list[str]:
    return [trial.state.name for study in studies_of(folder).values() for trial in study.trials]


@pytest.fixture(scope="module")
def whole(panel, tmp_path_factory):
    """A study that nobody interrupted, its folder, and what was reported of it."""
    folder, told = tmp_path_factory.mktemp("whole"), []
    tuned = tune(panel, folder / "tuning.db", trials=12, report=lambda *trial: told.append(trial))
    return tuned, folder, told


# --- folds


def test_what_is_judged_on_comes_after_every_label_that_was_learned_from(panel):
    folds, notes = temporal_folds(panel)
    assert notes == ()
    days = [(fold.learn["cutoff"].unique().tolist(), fold.judge["cutoff"].unique().tolist())
            for fold in folds]  # fmt: skip
    first, second, third = sorted(panel.frame["cutoff"].unique())[:3]
    assert days == [([first], [second]), ([first, second], [third])]
    window = pd.Timedelta(days=panel.plan.label_days)
    for fold in folds:
        assert fold.learn["cutoff"].max() + window <= fold.judge["cutoff"].min()


def test_test_rows_are_never_seen(panel):
    """Neither folds nor their losses change where the test has other outcomes."""
    is_test = panel.frame["role"] == "test"
    other = replace(panel, frame=panel.frame.assign(
        target_value=panel.frame["target_value"].mask(is_test, 1e6)))  # fmt: skip
    for fold, same in zip(temporal_folds(panel)[0], temporal_folds(other)[0], strict=True):
        assert fold.learn.equals(same.learn)
        assert fold.judge.equals(same.judge)
        assert "test" not in {*fold.learn["role"], *fold.judge["role"]}


def test_one_cutoff_before_the_test_is_judged_by_customer():
    """And then no customer is judged by what was learned from them."""
    alone = {"fit": (240,), "select": (), "calibrate": (), "test": (360,)}
    folds, (note,) = temporal_folds(make_panel(customers=400, roles=alone))
    assert note.startswith("no cutoff before the test is late enough")
    assert len(folds) == 3
    for fold in folds:
        assert not {*fold.learn["customer_id"]} & {*fold.judge["customer_id"]}


def test_too_few_customers_cannot_be_tuned_on():
    with pytest.raises(
        ModelError, match=r"too little before the test to tune on; add cutoffs\.fit"
    ):
        temporal_folds(make_panel(customers=90))


# --- the winner


def test_of_each_model_the_trial_that_loses_least_wins_and_the_first_is_the_default(whole):
    tuned, folder, _ = whole
    assert [one.model for one in tuned.singles] == MODELS
    for one in tuned.singles:
        rows = tried(folder)[one.model]
        losses = [value for _, _, value, state in rows if state.name == "COMPLETE"]
        assert rows[0][1] == {}
        assert (one.default_loss, one.loss) == (losses[0], min(losses))
        own = getattr(tuned.settings.methods, one.model).model_dump(exclude_none=True)
        assert own == one.params or tuned.settings.methods == type(tuned.settings.methods)()


def test_trials_go_from_one_model_to_the_next(whole):
    counts = {name: len(rows) for name, rows in tried(whole[1]).items()}
    assert counts == dict.fromkeys(MODELS, 2)


def test_only_tweedies_methods_have_a_power_and_only_lines_a_penalty(whole):
    drawn = {name: set(rows[1][1]) for name, rows in tried(whole[1]).items()}
    assert {name for name in MODELS if "power" in drawn[name]} == {"tweedie", "anchored"}
    assert drawn["linear"] == {"penalty"}


def test_the_gain_is_that_of_all_winners_together(whole):
    tuned, _, _ = whole
    assert tuned.gain.estimate == pytest.approx(tuned.default_loss - tuned.loss)
    assert tuned.gain.low <= tuned.gain.estimate <= tuned.gain.high


def test_winners_that_lose_more_together_are_not_taken(monkeypatch, panel, tmp_path):
    def given(fold, settings):
        rows = pd.DataFrame({"customer_id": fold.judge["customer_id"]})
        return rows.assign(loss=0.5 if settings == panel.config.model else 0.6)

    def single(fold, name, settings):
        rows = pd.DataFrame({"customer_id": fold.judge["customer_id"]})
        return rows.assign(loss=0.5 if settings == panel.config.model else 0.4)

    monkeypatch.setattr(tuning, "joint_losses", given)
    monkeypatch.setattr(tuning, "single_losses", single)
    tuned = tune(panel, tmp_path / "tuning.db", trials=12)
    assert tuned.settings == panel.config.model
    assert (tuned.loss, tuned.default_loss, tuned.gain.estimate) == (0.5, 0.5, 0)
    assert tuned.notes[-1] == "the winners of each model lose 0.1000 more together: not taken"


def test_predicting_better_than_constant_means_loses_less_than_1(whole):
    assert 0 < whole[0].default_loss < 1
    assert all(0 < one.default_loss < 1 for one in whole[0].singles)


def test_every_trial_is_reported_once_also_where_the_study_goes_on(whole, panel):
    tuned, folder, told = whole
    turns = [(model, index) for index in range(2) for model in MODELS]
    assert [(model, index) for model, index, _, _ in told] == turns
    again = []
    same = tune(panel, folder / "tuning.db", trials=12, report=lambda *trial: again.append(trial))
    assert again == []
    assert same == tuned


def test_who_cannot_churn_is_judged_by_value_alone():
    panel = with_contracts(make_panel(customers=300, roles=ROLES, trees=8))
    (fold, *_), _ = temporal_folds(panel)
    losses = joint_losses(fold, panel.config.model)["loss"]
    assert len(losses) == len(fold.judge)
    assert losses.notna().all()
    churn = single_losses(fold, "churn", panel.config.model)["loss"]
    assert (churn.isna() == fold.judge["target_churned"].isna().to_numpy()).all()


def test_the_deviance_is_none_for_the_truth_and_grows_away_from_it():
    """At power 1.5 of 4 where 1 was predicted: 2 (-4 × 4^½ + 2 × 4 × 1^-½ + 2 × 1^½) = 4."""
    assert deviance(np.array([4.0]), np.array([4.0])) == pytest.approx(0)
    assert deviance(np.array([4.0]), np.array([1.0])) == pytest.approx(4)


# --- interruptions

KILLED = """
    import os, signal, sys
    from pathlib import Path
    from tests.models.test_tuning import ROLES
    from tests.support.shop import make_panel
    from clvlens.models import tuning

    losses, calls = tuning.single_losses, []
    def dying(*args):
        calls.append(1)
        if len(calls) > int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        return losses(*args)
    tuning.single_losses = dying
    panel = make_panel(customers=240, roles=ROLES, trees=8)
    tuning.tune(panel, Path(sys.argv[1]) / "tuning.db", trials=12)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("calls", [1, 15])
def test_a_killed_study_ends_at_the_same_winner(calls, whole, panel, tmp_path):
    """Killed with `kill -9` within the first trial, or within a later one, and run again."""
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), str(calls)]
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    ran = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert ran.returncode == -signal.SIGKILL
    assert "RUNNING" in states(tmp_path)
    tuned = tune(panel, tmp_path / "tuning.db", trials=12)
    assert tuned == whole[0]
    assert tried(tmp_path) == tried(whole[1])
    assert states(tmp_path).count("FAIL") == 1
    assert "RUNNING" not in states(tmp_path)


def test_other_data_begin_a_study_of_their_own(panel, whole):
    _, folder, _ = whole
    other = make_panel(customers=240, roles=ROLES, trees=8, seed=2)
    assert panel.fingerprint != other.fingerprint
    copy = folder.parent / "two"
    copy.mkdir()
    for data in (panel, other):
        tune(data, copy / "tuning.db", trials=1)
    assert len(optuna.get_all_study_names(f"sqlite:///{copy}/tuning.db")) == 2 * len(MODELS)


def test_a_trial_that_begins_far_worse_than_the_default_is_pruned(monkeypatch, tmp_path):
    losses = iter([1.0, 1.0, 1.06, 1.04, 1.2])
    panel = make_panel(customers=240, roles=ROLES, trees=8, candidates=["btyd"])

    def given(fold, name, settings):
        assert name == "churn"
        rows = pd.DataFrame({"customer_id": fold.judge["customer_id"]})
        return rows.assign(loss=next(losses))

    monkeypatch.setattr(tuning, "single_losses", given)
    told = []
    report = lambda *trial: told.append(trial[3])  # noqa: E731
    tuned = tune(panel, tmp_path / "tuning.db", trials=3, report=report)
    assert told == [1.0, None, pytest.approx(1.12)]
    assert [(value, state.name) for _, _, value, state in tried(tmp_path)["churn"]] == [
        (1.0, "COMPLETE"),
        (pytest.approx(1.06), "PRUNED"),  # more than 5 % worse, and judged no further
        (pytest.approx((1.04 + 1.2) / 2), "COMPLETE"),
    ]
    assert tuned.settings == panel.config.model
