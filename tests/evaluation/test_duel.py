from dataclasses import replace

import pytest

from clvlens import pipeline
from clvlens.bootstrap import Interval, bootstrap_difference
from clvlens.config import Config
from clvlens.errors import ModelError
from clvlens.evaluation.duel import lead
from clvlens.metrics import normalised_gini

HURDLE = {"trees": 25, "learning_rate": 0.1, "max_depth": 3, "candidates": ["hurdle"]}


@pytest.fixture(scope="module")
def weaker(panel):
    """A model that learned from rows which lost their link to what came after."""
    frame, known = panel.frame.copy(), panel.frame["role"] != "test"
    targets = ["target_value", "target_orders", "target_churned"]
    frame.loc[known, targets] = frame.loc[known, targets].to_numpy()[::-1]
    config = Config.model_validate({**dict(panel.config), "model": HURDLE})
    return pipeline.train(replace(panel, frame=frame, config=config))


def test_a_model_leads_itself_by_nothing(model, panel):
    assert lead(model, model, panel) == Interval(0.0, 0.0, 0.0)


def test_twice_the_money_ranks_no_better(model, panel):
    double = replace(model, about={**model.about, "horizon_days": 120})
    assert lead(double, model, panel) == Interval(0.0, 0.0, 0.0)


def test_the_lead_is_the_difference_in_ngini_and_turns_with_the_sides(model, weaker, panel):
    test = panel.rows("test")
    ours, theirs = (
        normalised_gini(test["target_value"], one.predict(test)["predicted_value"])
        for one in (model, weaker)
    )
    ahead, behind = lead(model, weaker, panel), lead(weaker, model, panel)
    assert ahead.estimate == ours - theirs
    assert ahead.low > 0
    assert [behind.estimate, behind.low, behind.high] == pytest.approx(
        [-ahead.estimate, -ahead.high, -ahead.low]
    )


def test_a_duel_draws_customers_with_all_of_their_cutoffs(model, weaker, panel):
    test = panel.rows("test")
    ours, theirs = (one.predict(test)["predicted_value"] for one in (model, weaker))
    sides = (test["target_value"], ours, theirs)
    drawn = bootstrap_difference(normalised_gini, *sides, groups=test["customer_id"])
    assert lead(model, weaker, panel) == drawn != bootstrap_difference(normalised_gini, *sides)


def test_a_champion_that_reads_other_features_cannot_be_met(model, panel):
    poorer = replace(panel, frame=panel.frame.drop(columns="orders__count_60d"))
    with pytest.raises(ModelError, match="'orders__count_60d': predict from the histories"):
        lead(model, model, poorer)
