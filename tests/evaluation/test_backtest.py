from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.support.shop import make_panel

from clvlens import metrics, pipeline
from clvlens.bootstrap import bootstrap_interval
from clvlens.evaluation import backtest as module
from clvlens.evaluation.backtest import MODEL, PART, Evaluation, backtest
from clvlens.metrics import CHURN_METRICS, VALUE_METRICS
from clvlens.models.baselines import forecast_baselines

METHODS = [
    "clvlens",
    "constant mean",
    "carry forward",
    "past rate × horizon",
    "RFM score",
    "BG/NBD × Gamma-Gamma",
    "Pareto/NBD × Gamma-Gamma",
]


def with_test(panel, test):
    """The panel with other test rows."""
    kept = panel.frame[panel.frame["role"] != "test"]
    return replace(panel, frame=pd.concat([kept, test], ignore_index=True))


def baselines_and_model(evaluation):
    """All methods that were judged, in order, but for the model's own parts."""
    methods = evaluation.scores["method"].unique().tolist()
    return [method for method in methods if not method.startswith(PART)]


def row_of(table, **wanted):
    """The one row of a table in which columns have these values."""
    for column, value in wanted.items():
        table = table[table[column] == value]
    (row,) = table.to_dict("records")
    return row


def scored(**ngini):
    """An evaluation that knows no more than each method's nGini."""
    scores = pd.DataFrame({"method": [*ngini], "metric": "ngini", "estimate": [*ngini.values()]})
    return Evaluation(scores, *[pd.DataFrame()] * 4)


@pytest.fixture(scope="module")
def again(panel, model):
    return pipeline.evaluate(model, panel)


@pytest.fixture(scope="module")
def baselines(panel):
    found, _ = forecast_baselines(
        panel.rows("fit"), panel.rows("test"), value="revenue", horizon_days=60, label_days=60
    )
    return {forecast.name: forecast for forecast in found}


# --- scores


def test_every_method_is_judged_on_every_test_row(evaluation, panel, baselines):
    test = panel.rows("test")
    assert baselines_and_model(evaluation) == METHODS
    told = evaluation.predictions
    for column in ("customer_id", "cutoff", "target_value", "target_orders", "target_churned"):
        assert told[column].tolist() == test[column].tolist()
    assert {len(forecast.value) for forecast in baselines.values()} == {len(test)}


def test_every_part_is_judged_at_its_weight_and_is_no_baseline(evaluation, model):
    parts = [name for name in evaluation.scores["method"].unique() if name.startswith(PART)]
    assert [name.split(" × ")[1] for name in parts] == [
        "hurdle", "Tweedie", "Tweedie from BTYD", "ZILN", "linear", "BTYD with returns"
    ]  # fmt: skip
    weights = [float(name.removeprefix(PART).split(" × ")[0]) for name in parts]
    assert weights == [round(weight, 2) for weight in model.value.weights.values()]
    assert not set(parts) & set(evaluation.differences["method"])
    best = {PART + "a": 0.9, "constant mean": 0.1, MODEL: 0.5}
    assert scored(**best).best_baseline == "constant mean"


def test_the_models_figures_are_the_metrics_of_its_predictions(evaluation, panel, model):
    test = panel.rows("test")
    predicted = model.predict(test)
    for name, metric in VALUE_METRICS.items():
        figure = metric.function(test["target_value"], predicted["predicted_value"])
        assert evaluation.score(MODEL, name) == figure
    for name, metric in CHURN_METRICS.items():
        figure = metric.function(test["target_churned"], predicted["churn_probability"])
        assert evaluation.score(MODEL, name) == figure


def test_the_baselines_figures_are_the_metrics_of_their_forecasts(evaluation, panel, baselines):
    actual = panel.rows("test")["target_value"]
    for name, forecast in baselines.items():
        assert evaluation.score(name, "ngini") == metrics.normalised_gini(actual, forecast.value)
        assert evaluation.score(name, "spearman") == pytest.approx(
            metrics.spearman(actual, forecast.value), nan_ok=True
        )


def test_a_method_has_no_figure_of_what_it_does_not_speak_of(evaluation):
    spoken = evaluation.scores.groupby("method")["metric"].agg(set)
    value, churn = set(VALUE_METRICS), set(CHURN_METRICS)
    ranks, churn_ranks = {"spearman", "ngini", "top_decile_capture"}, {"auc", "auc_pr"}
    assert spoken["clvlens"] == value | churn
    assert spoken["constant mean"] == value | churn
    assert spoken["BG/NBD × Gamma-Gamma"] == value | churn
    assert spoken["past rate × horizon"] == value
    assert spoken["carry forward"] == value | churn_ranks
    assert spoken["RFM score"] == ranks | churn_ranks
    assert np.isnan(evaluation.score("RFM score", "mae"))


def test_baselines_learn_from_fit_rows_and_answer_for_the_horizon():
    panel = make_panel(customers=240, trees=4, label_days=30, intervals=False)
    fit, test = panel.rows("fit"), panel.rows("test")
    judged = backtest(pipeline.train(panel), panel)
    # Labels of 30 days stand for 60: money twice, churn squared.
    assert judged.score("constant mean", "total_bias") == pytest.approx(
        2 * fit["target_value"].mean() / test["target_value"].mean() - 1
    )
    churn, seen = fit["target_churned"].mean() ** 2, test["target_churned"]
    assert judged.score("constant mean", "brier") == pytest.approx(((seen - churn) ** 2).mean())
    carried = test["orders__total_revenue_60d"].sum() / test["target_value"].sum() - 1
    assert judged.score("carry forward", "total_bias") == pytest.approx(carried)


def test_money_is_named_as_the_unit_of_errors_in_money(evaluation):
    units = evaluation.scores.drop_duplicates("metric").set_index("metric")["unit"]
    assert units["mae"] == units["rmse"] == "money"
    assert units["total_bias"] == "share"


def test_intervals_draw_a_customer_with_all_of_their_cutoffs(evaluation, panel):
    test = panel.rows("test")
    rows = evaluation.predictions
    assert len(test) == 2 * test["customer_id"].nunique()
    drawn = bootstrap_interval(
        metrics.mean_absolute_error,
        rows["target_value"],
        rows["predicted_value"],
        draws=module.DRAWS,
        groups=rows["customer_id"],
    )
    found = row_of(evaluation.scores, method=MODEL, metric="mae")
    assert (found["low"], found["high"]) == (drawn.low, drawn.high)
    # Rows drawn alone would look twice as sure as they are where a customer's two rows agree.
    alone = bootstrap_interval(
        metrics.mean_absolute_error, rows["target_value"], rows["predicted_value"]
    )
    assert drawn.high - drawn.low > alone.high - alone.low


@pytest.mark.parametrize(
    ("rows", "draws"), [(20_000, 200), (40_000, 100), (80_000, 50), (800_000, 50)]
)
def test_many_customers_are_drawn_less_often_but_fifty_times_at_least(rows, draws):
    test = pd.DataFrame({"customer_id": np.zeros(rows)})
    assert module._drawn(test)["draws"] == draws


def test_differences_are_the_models_figure_less_the_baselines(evaluation):
    for row in evaluation.differences.to_dict("records"):
        gap = evaluation.score(MODEL, row["metric"]) - evaluation.score(
            row["method"], row["metric"]
        )
        assert row["estimate"] == pytest.approx(gap, nan_ok=True)
    assert set(evaluation.differences["method"]) == set(METHODS[1:])


def test_differences_are_paired_so_that_their_intervals_are_narrower(evaluation):
    name = "BG/NBD × Gamma-Gamma"
    gap = row_of(evaluation.differences, method=name, metric="ngini")
    ours, theirs = (
        row_of(evaluation.scores, method=method, metric="ngini") for method in (MODEL, name)
    )
    apart = np.hypot(ours["high"] - ours["low"], theirs["high"] - theirs["low"])
    assert gap["high"] - gap["low"] < apart


# --- what the outcomes may touch


def test_outcomes_of_the_test_change_no_forecast(evaluation, panel, model):
    test = panel.rows("test")
    targets = ["target_value", "target_orders", "target_churned"]
    shuffled = test.assign(**{name: test[name].to_numpy()[::-1] for name in targets})
    again = backtest(model, with_test(panel, shuffled))
    forecast = [
        "predicted_value", "value_low_90", "value_high_90", "churn_probability", "expected_orders",
    ]  # fmt: skip
    assert again.predictions[forecast].equals(evaluation.predictions[forecast])
    assert again.score(MODEL, "ngini") < evaluation.score(MODEL, "ngini") - 0.3


def test_an_evaluation_can_be_repeated(evaluation, again):
    for name in ("scores", "differences", "by_slice", "by_decile", "predictions"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(evaluation, name))


# --- the best baseline


def test_the_best_baseline_is_the_one_that_ranks_value_best():
    assert scored(clvlens=0.9, mean=0.0, rate=0.7, btyd=0.6).best_baseline == "rate"


def test_a_baseline_without_figure_is_never_the_best():
    assert scored(clvlens=0.9, mean=np.nan, rate=0.1, btyd=np.nan).best_baseline == "rate"


def test_of_equal_baselines_the_first_is_the_best():
    assert scored(clvlens=0.9, mean=0.0, rate=0.7, btyd=0.7).best_baseline == "rate"
    assert scored(clvlens=np.nan, mean=np.nan, rate=np.nan).best_baseline == "mean"


def test_predictions_carry_the_best_baselines_forecast(evaluation, baselines):
    best = baselines[evaluation.best_baseline]
    assert evaluation.predictions["best_baseline_value"].tolist() == best.value.tolist()


def test_a_baseline_that_is_left_out_is_noted_beside_the_panels_own_notes(panel, model):
    test = panel.rows("test").assign(orders__repeat_days=0.0)
    noted = replace(with_test(panel, test), notes=("the panel's own",))
    evaluation = backtest(model, noted)
    assert baselines_and_model(evaluation) == METHODS[:5]
    assert len(evaluation.notes) == 3
    assert evaluation.notes[0].startswith("BG/NBD × Gamma-Gamma is left out")
    assert evaluation.notes[2] == "the panel's own"


def test_churn_that_chance_would_tell_as_well_is_noted_as_the_grade_is_about_value(panel, model):
    test = panel.rows("test")
    turned = with_test(panel, test.assign(target_churned=1 - test["target_churned"]))
    evaluation = backtest(model, turned)
    auc = evaluation.score(MODEL, "auc")
    assert auc < 0.5
    assert evaluation.notes[0].startswith(
        f"churn is told apart no better than by chance (AUC {auc:.2f}, 90 % interval "
    )


# --- the data that a model was made of


def test_a_model_judged_on_the_data_that_it_learned_from_has_nothing_to_note(again):
    assert again.notes == ()


def test_other_rows_before_the_test_are_noted(panel, model):
    other = with_test(panel, panel.rows("test").iloc[::4])
    other.frame.loc[0, "target_value"] += 0.01
    notes = pipeline.evaluate(model, other).notes
    assert notes == ("the data have changed since the model was trained",)


def test_other_test_rows_are_no_other_data(panel, model):
    test = panel.rows("test").assign(target_value=1.0)
    assert pipeline.evaluate(model, with_test(panel, test.iloc[::4])).notes == ()
