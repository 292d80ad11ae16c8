import datetime as dt
from dataclasses import replace

import pytest
from tests.support.business import instant
from tests.support.shop import make_panel

from clvlens import pipeline
from clvlens.errors import ModelError, TimeError
from clvlens.panel.engine import connect
from clvlens.panel.world import World

PARIS = "Europe/Paris"


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


@pytest.fixture
def world(panel):
    """Orders from 10:00 of the first to 18:00 of the fourth of January, in Paris."""
    config = panel.config.model_copy(update={"time_zone": "Europe/Paris"})
    first, last = instant("2024-01-01T10:00", PARIS), instant("2024-01-04T18:00", PARIS)
    return World(config, connect(PARIS), {}, first, last + 1)


@pytest.mark.parametrize(
    ("asked", "cutoff"),
    [
        (None, "2024-01-04T00:00"),
        ("2024-01-02", "2024-01-02T00:00"),
        ("2024-01-04T18:00", "2024-01-04T18:00"),
        ("2024-01-04T12:00+00:00", "2024-01-04T13:00"),
    ],
)
def test_a_cutoff_is_the_newest_midnight_or_the_one_asked_for_in_the_runs_time(
    world, asked, cutoff
):
    asked = asked and dt.datetime.fromisoformat(asked)
    assert pipeline._cutoff(world, asked) == instant(cutoff, PARIS)


@pytest.mark.parametrize("asked", ["2024-01-01T10:00", "2024-01-04T18:01"])
def test_a_cutoff_at_the_first_order_or_after_the_last_is_outside_the_data(world, asked):
    with pytest.raises(TimeError, match=r"is outside the data, .* from 2024-01-01 .*; give one in"):
        pipeline._cutoff(world, dt.datetime.fromisoformat(asked))


def test_a_day_of_orders_has_no_midnight_to_predict_from(world):
    day = replace(world, ends=instant("2024-01-01T11:00", PARIS))
    with pytest.raises(TimeError, match="cutoff 2024-01-01 is outside the data"):
        pipeline._cutoff(day, None)


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
