"""A model of contractual churn, judged on those who had a subscription to lose."""

import numpy as np
import pytest
from tests.support.contract import with_contracts
from tests.support.shop import make_panel

from clvlens import pipeline
from clvlens.errors import ModelError
from clvlens.evaluation.kinds import score_kinds
from clvlens.metrics import auc, log_loss
from clvlens.models.store import load_model, save_model
from clvlens.panel.panel import INVOLUNTARY
from clvlens.panel.target import AT_RISK

KINDS = ["voluntary_churn_probability", "involuntary_churn_probability"]


@pytest.fixture(scope="module")
def panel():
    return with_contracts(make_panel(customers=240))


@pytest.fixture(scope="module")
def model(panel):
    return pipeline.train(panel)


@pytest.fixture(scope="module")
def evaluation(model, panel):
    return pipeline.evaluate(model, panel)


def test_who_has_no_subscription_has_no_chance_of_churn_rather_than_none(model, panel):
    test = panel.rows("test")
    predicted = model.predict(test)
    missing = predicted[["churn_probability", *KINDS]].isna().to_numpy().T
    assert (missing == (test[AT_RISK] == 0).to_numpy()).all()
    assert predicted["predicted_value"].notna().all()


def test_voluntary_and_involuntary_churn_add_up(model, panel):
    predicted = model.predict(panel.rows("test")).dropna()
    assert predicted[KINDS].sum(axis=1).to_numpy() == pytest.approx(predicted["churn_probability"])
    assert 0.2 < (predicted[KINDS[1]] / predicted["churn_probability"]).mean() < 0.5


def test_a_longer_horizon_makes_the_end_of_a_contract_likelier(model, panel):
    """Who is still there after one label window with 1 - p is so after three with (1 - p)³."""
    test = panel.rows("test")
    about = {**model.about, "horizon_days": 3 * model.about["label_days"]}
    longer = type(model)(**{**vars(model), "about": about}).predict(test)["churn_probability"]
    once = model.predict(test)["churn_probability"]
    assert longer.to_numpy() == pytest.approx(1 - (1 - once.to_numpy()) ** 3, nan_ok=True)


def test_churn_is_judged_on_those_who_could_churn(evaluation, model, panel):
    test = panel.rows("test")
    at_risk = test[AT_RISK] > 0
    predicted = model.predict(test)["churn_probability"]
    for name, metric in (("auc", auc), ("log_loss", log_loss)):
        expected = metric(test["target_churned"][at_risk], predicted[at_risk])
        assert evaluation.score("clvlens", name) == expected
    rate = panel.rows("fit")["target_churned"].mean()
    assert evaluation.score("constant mean", "log_loss") == pytest.approx(
        log_loss(test["target_churned"][at_risk], np.full(at_risk.sum(), rate))
    )


def test_what_is_said_of_orders_only_ranks_by_the_end_of_a_contract(evaluation):
    known = evaluation.scores.query("method == 'BG/NBD × Gamma-Gamma' and target == 'churn'")
    assert set(known["metric"]) == {"auc", "auc_pr"}


def test_each_kind_is_judged_on_all_who_could_churn(evaluation, model, panel):
    test = panel.rows("test")
    at_risk = test[AT_RISK] > 0
    involuntary = (test[INVOLUNTARY] == 1)[at_risk].astype(float)
    found = evaluation.kinds.set_index("kind").loc["involuntary"]
    predicted = model.predict(test)[KINDS[1]][at_risk]
    assert found["customers"] == at_risk.sum()
    assert found["churned"] == involuntary.mean()
    assert found["auc"] == auc(involuntary, predicted)
    assert evaluation.kinds["churned"].sum() == pytest.approx(test["target_churned"].mean())


def test_kinds_that_nobody_told_apart_are_not_judged(panel):
    test = panel.rows("test")
    assert score_kinds(test.drop(columns=INVOLUNTARY), test).empty


def test_kinds_are_not_told_apart_where_one_of_them_hardly_happened():
    alike = with_contracts(make_panel(customers=240), target_involuntary=0.0)
    assert pipeline.train(alike).involuntary is None


def test_a_stored_model_predicts_the_same(model, panel, tmp_path):
    copy = load_model(save_model(model, tmp_path / "model"))
    assert copy.predict(panel.rows("test")).equals(model.predict(panel.rows("test")))


def test_a_model_of_orders_does_not_answer_for_subscriptions(panel):
    other = pipeline.train(make_panel(customers=240))
    with pytest.raises(ModelError, match=r"predicts churn non_contractual, .* asks for contr"):
        pipeline.evaluate(other, panel)


def test_too_few_ends_are_refused():
    never = with_contracts(make_panel(customers=240), target_churned=0.0)
    with pytest.raises(ModelError, match=r"only 0 of .* rows left within the label window"):
        pipeline.train(never)
