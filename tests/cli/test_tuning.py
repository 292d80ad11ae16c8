"""What `tune` leaves for `train --tuned`, and what it says."""

import pytest

from clvlens.bootstrap import Interval
from clvlens.cli import tuning
from clvlens.config import Config
from clvlens.errors import ConfigError
from clvlens.models.tuning import Single, Tuned


@pytest.fixture
def config(tmp_path):
    data = {"orders": {"path": "orders.csv"}}
    return Config(name="shop", currency="EUR", data=data, root=tmp_path)


def tuned(config, low):
    own = {"max_depth": 2, "learning_rate": 0.1}
    singles = (Single("churn", 0.7, 0.7, {}), Single("hurdle", 0.6, 0.5, own))
    settings = config.model.with_method("hurdle", own)
    return Tuned(settings, 0.5, 0.6, Interval(0.1, low, 0.2), 7, singles)


def test_the_winner_is_written_and_read_whole(config):
    path = tuning._write(config, tuned(config, low=0.05))
    assert path == config.data_folder / "tuned.yaml"
    read = tuning.tuned_settings(config)
    assert read.model == tuned(config, low=0.05).settings
    assert read.target == config.target


def test_training_tuned_before_tuning_says_what_to_do(config):
    with pytest.raises(ConfigError, match=r"tuned\.yaml does not exist; tune first"):
        tuning.tuned_settings(config)


@pytest.mark.parametrize("text", ["", "model: {max_depth: many}", "model: [", "- 1"])
def test_a_damaged_winner_is_refused(text, config):
    config.data_folder.mkdir(parents=True)
    (config.data_folder / "tuned.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"(?s)tuned\.yaml cannot be read: .* tune again"):
        tuning.tuned_settings(config)


@pytest.mark.parametrize(("low", "says"), [(0.05, False), (-0.05, True)])
def test_a_winner_that_may_be_no_better_is_called_so(low, says, config, capsys):
    tuning._print(config, tuned(config, low))
    printed = capsys.readouterr().out
    assert "churn     0.7000 → 0.7000  (as it is)" in printed
    assert "hurdle    0.6000 → 0.5000  (max_depth 2, learning_rate 0.1)" in printed
    assert "together  0.6000 → 0.5000" in printed
    assert "the default loses +0.1000 more, 90 % interval" in printed
    assert ("no better beyond chance: the default will do" in printed) is says
