from dataclasses import replace

import pytest
from tests.support.shop import make_panel

from clvlens import pipeline
from clvlens.errors import ModelError


@pytest.fixture(scope="module")
def panel():
    return make_panel(customers=240, trees=8, intervals=False)


@pytest.fixture(scope="module")
def model(panel):
    return pipeline.train(panel)


def asking(panel, **target):
    """Return the panel with a configuration that asks something else."""
    target = panel.config.target.model_copy(update=target)
    return replace(panel, config=panel.config.model_copy(update={"target": target}))


def test_what_a_model_says_of_itself_depends_on_no_test_row(panel):
    frame = panel.frame.assign(
        target_value=panel.frame["target_value"].where(panel.frame["role"] != "test", 1e6)
    )
    other = pipeline.train(replace(panel, frame=frame))
    assert other.about == pipeline.train(panel).about
    assert set(other.about["cutoffs"]) == {"fit", "select", "calibrate"}


def test_a_model_says_what_it_predicts(model):
    said = {key: model.about[key] for key in ("name", "currency", "value", "horizon_days")}
    assert said == {"name": "shop", "currency": "EUR", "value": "revenue", "horizon_days": 60}


@pytest.mark.parametrize(("key", "wanted"), [("value", "margin"), ("horizon_days", 90)])
def test_a_model_is_not_judged_by_another_question(model, panel, key, wanted):
    with pytest.raises(ModelError, match=f"{key} .*, the configuration asks for {wanted}; train"):
        pipeline.evaluate(model, asking(panel, **{key: wanted}))


def test_a_model_is_not_judged_by_what_it_has_seen(model, panel):
    cutoffs = {**model.about["cutoffs"], "calibrate": ["2024-10-28T00:00:00+00:00"]}
    late = replace(model, about={**model.about, "cutoffs": cutoffs})
    with pytest.raises(
        ModelError, match=r"until 2024-12-27, and the test begins on 2024-12-26.*; train again"
    ):
        pipeline.evaluate(late, panel)


def test_a_model_of_another_currency_is_refused_before_data_are_read(model, panel):
    config = panel.config.model_copy(update={"currency": "USD"})
    with pytest.raises(ModelError, match="predicts currency EUR, the configuration asks for USD"):
        pipeline.predict(model, config)


def test_explained_are_customers_at_the_newest_test_cutoff(model, panel):
    attribution, ids = pipeline.explain(model, panel)
    test = panel.rows("test")
    newest = test[test["cutoff"] == test["cutoff"].max()]
    assert ids.tolist() == newest["customer_id"].tolist()
    assert len(attribution.prediction) == len(ids)


def test_a_sample_is_spread_over_the_predictions(model, panel):
    everybody, _ = pipeline.explain(model, panel)
    some, ids = pipeline.explain(model, panel, customers=10)
    ranked = sorted(everybody.prediction)
    step = -(-len(ranked) // 10)
    assert sorted(some.prediction) == pytest.approx(ranked[::step])
    assert len(ids) <= 10


def test_a_judgement_says_when_the_data_have_changed_since_the_training(model, panel):
    assert pipeline.CHANGED not in pipeline.evaluate(model, panel).notes
    is_fit = panel.frame["role"] == "fit"
    value = panel.frame["target_value"] + is_fit * 0.01
    changed = replace(panel, frame=panel.frame.assign(target_value=value))
    assert pipeline.evaluate(model, changed).notes[-1] == pipeline.CHANGED
