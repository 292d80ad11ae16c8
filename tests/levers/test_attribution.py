from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from tests.support.shop import INFOS, make_panel

from clvlens import pipeline
from clvlens.levers import attribution as module
from clvlens.levers.attribution import Attribution, attribute, theme_meanings
from clvlens.models.boosting import contributions
from clvlens.models.partner import INPUTS
from clvlens.models.season import Season, Swing
from clvlens.models.value import HurdleRegressor
from clvlens.panel.panel import FeatureInfo

CHANNEL = "customers__channel"
EVERY = ("hurdle", "tweedie", "anchored", "ziln", "quantile", "linear", "btyd")


@pytest.fixture(scope="module")
def panel():
    """Labels of 30 days stand for a horizon of 60."""
    return make_panel(label_days=30, candidates=EVERY)


@pytest.fixture(scope="module")
def blended(panel):
    """A model whose value is weighed from several methods, of which every one is heard."""
    trained = pipeline.train(panel)
    weights = dict.fromkeys(trained.value.weights, 0.2)
    return replace(trained, value=replace(trained.value, weights=weights))


@pytest.fixture(scope="module")
def model(blended):
    """The same, with the value of its hurdle alone."""
    return replace(blended, value=blended.value.members["hurdle"])


@pytest.fixture(scope="module")
def rows(panel):
    return panel.rows("test")


@pytest.fixture(scope="module")
def found(model, rows):
    return attribute(model, rows)


def with_value(model, **boosters):
    """The model with other trees for one or both parts of its value."""
    boosters = {**model.value.boosters_, **boosters}
    settings = model.value.get_params()
    return replace(model, value=HurdleRegressor.restored(settings, boosters, model.value.state_))


def grow(model, rows, objective, target, unread=(), **settings):
    """Trees of other settings than a model's own; what is `unread` is the same for everybody."""
    X = model.encoder.encode(rows.assign(**dict.fromkeys(unread, 0.0))).to_numpy()
    return xgb.train(
        {"objective": objective, "max_depth": 3, **settings}, xgb.DMatrix(X, target), 5
    )


# --- adding up


def test_parts_add_up_to_the_prediction_less_the_base_value(found, model, rows):
    assert model.stretch == 2
    assert model.encoder.categories == {CHANNEL: ("e-mail", "search", "shop")}
    predicted = model.predict(rows)["predicted_value"].to_numpy()
    assert found.prediction.tolist() == predicted.tolist()
    sums = found.parts.sum(axis=1).to_numpy() + found.base_value
    assert np.abs(sums - predicted).max() <= 1e-5 * predicted.max()
    assert predicted.max() > 10 * predicted.min()  # customers differ, so there is much to add up


def test_parts_add_up_in_a_season_too(model, rows):
    """Twice as much is sold as after the rows that were learned from: every part doubles."""
    season = Season(int(rows["cutoff"].min().value // 1000), (1e6,) * 144, (1e6,) * 144)
    about = {**model.about, "swing": Swing(season, -float(np.log(2)), 1.0).to_dict()}
    first = rows[rows["cutoff"] == rows["cutoff"].min()]
    found = attribute(replace(model, about=about), first)
    usual = attribute(model, first)
    assert found.base_value == pytest.approx(2 * usual.base_value, rel=1e-4)
    assert found.prediction == pytest.approx(2 * usual.prediction, rel=1e-4)
    assert found.relative_error <= 1e-5


def test_the_error_is_the_largest_gap_and_small_beside_the_predictions(found):
    gaps = found.parts.sum(axis=1) - (found.prediction - found.base_value)
    assert found.error == gaps.abs().max()
    assert found.relative_error == found.error / found.prediction.max()
    assert 0 < found.relative_error <= 1e-5


def test_the_error_beside_predictions_of_nothing_is_nothing(found):
    assert replace(found, prediction=np.zeros(3), error=0.0).relative_error == 0.0


def test_the_base_value_is_the_money_of_the_average_scores(found, model, rows):
    X = model.encoder.encode(rows).to_numpy()
    chance, amount = (
        contributions(model.value.boosters_[name], X)[0, -1] for name in ("probability", "amount")
    )
    money = model.value.state_["net"] * np.exp(amount) / (1 + np.exp(-chance)) * 2
    assert found.base_value == pytest.approx(money)


def test_two_hundred_nodes_say_the_same(found, model, rows, monkeypatch):
    monkeypatch.setattr(module, "NODES", 200)
    closer = attribute(model, rows)
    assert np.abs(closer.parts - found.parts).to_numpy().max() <= 1e-9 * found.prediction.max()


def test_nobody_who_ever_paid_leaves_nothing_to_attribute(model, rows):
    chance = {"probability": model.value.boosters_["probability"]}
    nothing = HurdleRegressor.restored({}, chance, {"net": 1.0})
    found = attribute(replace(model, value=nothing), rows)
    assert (found.parts == 0).all(axis=None)
    assert (found.base_value, found.error, found.relative_error) == (0, 0, 0)


def test_parts_of_a_blend_with_btyd_add_up_too(blended, rows):
    found = attribute(blended, rows)
    predicted = blended.predict(rows)["predicted_value"].to_numpy()
    assert set(blended.value.weights) == set(EVERY)
    sums = found.parts.sum(axis=1).to_numpy() + found.base_value
    assert np.abs(sums - predicted).max() <= 1e-5 * predicted.max()


def test_of_btyd_alone_the_four_inputs_get_everything(blended, rows):
    alone = replace(blended, value=replace(blended.value, weights={"btyd": 1.0}))
    parts = attribute(alone, rows).parts
    told = parts.columns[(parts != 0).any()]
    assert set(told) == set(INPUTS)


# --- who gets what


def test_a_feature_that_no_tree_reads_gets_nothing(found, model, rows):
    name, value = "orders__count_60d", rows["target_value"]
    buyers = rows[value > 0]
    blind = with_value(
        model,
        probability=grow(model, rows, "binary:logistic", value > 0, [name]),
        amount=grow(model, buyers, "reg:gamma", buyers["target_value"], [name]),
    )
    parts = attribute(blind, rows).parts
    assert (parts[name] == 0).all()
    assert (parts.drop(columns=name) != 0).any(axis=None)
    assert (found.parts[name] != 0).any()


def test_with_a_constant_chance_of_buying_the_parts_have_a_closed_form(model, rows):
    # F = net·p·exp(m) × stretch with p constant. Along b + s(m - b), ∫₀¹ exp(b + s(m - b)) ds =
    # (exp(m) - exp(b)) / (m - b), which each TreeSHAP value φ of m is multiplied by.
    flat = grow(model, rows, "binary:logistic", rows["target_value"] > 0, gamma=1e9)
    found = attribute(with_value(model, probability=flat), rows)
    X = model.encoder.encode(rows).to_numpy()
    chance = flat.predict(xgb.DMatrix(X)).astype(float)
    assert np.ptp(chance) == 0
    shares = contributions(model.value.boosters_["amount"], X)
    b, m = shares[:, -1], shares.sum(axis=1)
    slope = model.value.state_["net"] * chance * (np.exp(m) - np.exp(b)) / (m - b) * 2
    parts = pd.DataFrame(slope[:, None] * shares[:, :-1], columns=model.encoder.sources)
    for name in found.parts:
        told = parts[[name]].sum(axis=1).to_numpy()  # a category has one column a value
        assert found.parts[name].to_numpy() == pytest.approx(told, rel=1e-4, abs=1e-4)


def test_the_parts_of_a_category_are_one_column(found, model, rows):
    assert [*found.parts] == list(dict.fromkeys(model.encoder.sources))
    assert found.data[CHANNEL].tolist() == rows[CHANNEL].tolist()
    mean = found.parts[CHANNEL].groupby(rows[CHANNEL]).mean()
    assert mean["e-mail"] > 0 > mean["search"]  # those from e-mail spend twice as much


def test_a_customers_parts_do_not_depend_on_the_company(found, model, rows):
    few = attribute(model, rows.iloc[[7, 3]])
    assert few.parts.index.tolist() == [7, 3]
    assert few.parts.to_numpy() == pytest.approx(found.parts.iloc[[7, 3]].to_numpy(), rel=1e-6)
    assert few.base_value == found.base_value


# --- sums over features

# Two windows of one feature pull against each other; two features belong to one lever.
BY_HAND = Attribution(
    parts=pd.DataFrame(
        {
            "orders__count_30d": [5.0, -1.0],
            "orders__count_ever": [-4.0, -2.0],
            "carts__reminded_share_60d": [2.0, 0.5],
            "messages__reminders": [-3.0, 0.25],
            CHANNEL: [0.0, -10.0],
        }
    ),
    data=pd.DataFrame(),
    prediction=np.array([20.0, 7.75]),
    base_value=20.0,
    features=(
        FeatureInfo("orders__count_30d", "orders in the last 30 days", "", "orders", "", False),
        FeatureInfo("orders__count_ever", "orders", "", "orders", "", False),
        FeatureInfo("carts__reminded_share_60d", "carts reminded of in the last 60 days", "",
                    "carts", "reminders", False),
        FeatureInfo("messages__reminders", "reminders sent", "", "messages", "reminders", False),
        FeatureInfo(CHANNEL, "where they came from", "", "customers", "", True),
    ),
    error=0.0,
)  # fmt: skip


def test_windows_of_one_feature_are_one_theme():
    assert BY_HAND.by_theme().to_dict("list") == {
        "orders__count": [1.0, -3.0],
        "carts__reminded_share": [2.0, 0.5],
        "messages__reminders": [-3.0, 0.25],
        CHANNEL: [0.0, -10.0],
    }


def test_features_of_one_lever_are_summed_across_histories_and_others_by_history():
    assert BY_HAND.by_lever().to_dict("list") == {
        "orders: other": [1.0, -3.0],
        "reminders": [-1.0, 0.75],
        "customers: other": [0.0, -10.0],
    }


def test_importance_is_the_mean_size_of_signed_sums():
    importance = BY_HAND.importance()
    # Orders: (|5 - 4| + |-1 - 2|) / 2 = 2, not the (5 + 4 + 1 + 2) / 2 = 6 of sizes summed.
    assert importance.to_dict() == {
        CHANNEL: 5.0,
        "orders__count": 2.0,
        "messages__reminders": 1.625,
        "carts__reminded_share": 1.25,
    }
    assert [*importance] == [5.0, 2.0, 1.625, 1.25]


def test_themes_and_levers_keep_every_customers_total(found):
    totals = found.parts.sum(axis=1).to_numpy()
    scale = np.abs(totals).max()
    for table in (found.by_theme(), found.by_lever()):
        assert np.abs(table.sum(axis=1).to_numpy() - totals).max() <= 1e-12 * scale
    assert "reminders" in found.by_lever()
    assert "orders__count" in found.by_theme()


def test_reasons_are_the_largest_parts_by_size_with_their_sign():
    assert BY_HAND.reasons().to_dict("list") == {
        "reason_1": ["reminders sent", "where they came from"],
        "reason_1_amount": [-3.0, -10.0],
        "reason_2": ["carts reminded of", "orders"],
        "reason_2_amount": [2.0, -3.0],
        "reason_3": ["orders", "carts reminded of"],
        "reason_3_amount": [1.0, 0.5],
    }


def test_no_more_reasons_are_given_than_there_are_themes():
    assert len([*BY_HAND.reasons(9)]) == 2 * 4


def test_reasons_of_a_model_are_sorted_by_size(found):
    amounts = found.reasons(5).filter(like="amount").abs().to_numpy()
    assert amounts.shape == (len(found.parts), 5)
    assert (np.diff(amounts, axis=1) <= 0).all()
    largest = found.by_theme().abs().max(axis=1).to_numpy()
    assert amounts[:, 0].tolist() == largest.tolist()


def test_a_theme_means_what_its_features_mean_without_their_window():
    meanings = theme_meanings(INFOS)
    assert meanings["carts__reminded_share"] == "share of carts reminded of"
    assert meanings["orders__count"] == "orders"


def test_reasons_in_batches_are_those_of_all_at_once_and_their_cost_is_told(
    model, panel, monkeypatch
):
    monkeypatch.setattr(module, "PROBE", 7)
    monkeypatch.setattr(module, "BATCH", 20)
    rows, told = panel.rows("test").head(60), []
    found = module.find_reasons(model, rows, told.append)
    pd.testing.assert_frame_equal(found, attribute(model, rows).reasons(), check_exact=True)
    assert told[0] == "find reasons for 60 customers"
    assert told[1].startswith("find reasons for 60 customers, about ")
    assert len(told) == 2


def test_a_few_rows_are_explained_without_telling_their_cost(model, panel):
    told = []
    assert len(module.find_reasons(model, panel.rows("test").head(3), told.append)) == 3
    assert told == ["find reasons for 3 customers"]


def test_what_explaining_will_cost_is_told_before_it_begins(model, panel):
    """Sixty rows are foreseen from three; of nineteen, none is tried."""
    rows, told = panel.rows("test").head(60), []
    module.foresee(model, rows, told.append, "attribute")
    module.foresee(model, rows.head(19), told.append, "attribute")
    assert [line.split(", about ")[0] for line in told] == ["attribute"] * 3
    assert told[1].endswith(" s")
