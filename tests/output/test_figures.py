import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from clvlens.evaluation.backtest import MODEL, Evaluation
from clvlens.levers.attribution import Attribution
from clvlens.output import figures
from clvlens.panel.panel import FeatureInfo

UNIT = "EUR revenue over 60 days"
LONG = "total amount of orders net of refunds, with what was returned later"
RECENT, EVER = "orders__count_60d", "orders__count_ever"


def info(name: str, meaning: str, is_category: bool = False) -> FeatureInfo:
    return FeatureInfo(name, meaning, "", name.split("__")[0], "", is_category)


@pytest.fixture
def attribution() -> Attribution:
    """Ten customers whose base value is 100; the first: 100 + (20 - 5) + 30 - 40 = 105."""
    features = (
        info(EVER, "number of orders"),
        info(RECENT, "number of orders in the last 60 days"),
        info("orders__total", LONG),
        info("customers__home", "home of the customer", is_category=True),
    )
    first = pd.DataFrame([[20.0, -5.0, 30.0, -40.0]], columns=[f.name for f in features])
    parts = pd.concat([first * (1 - i / 10) for i in range(10)], ignore_index=True)
    data = pd.DataFrame(
        {
            RECENT: np.arange(10.0),
            EVER: 2 + np.arange(10.0),
            "orders__total": [1234.5, *[np.nan] * 9],
            "customers__home": ["owner", None] * 5,
        }
    )
    prediction = 100 + parts.sum(axis=1).to_numpy()
    return Attribution(parts, data, prediction, 100.0, features, 0.0)


@pytest.fixture
def evaluation() -> Evaluation:
    """Twenty customers, ranked as their value is; every second of them churned."""
    scores = pd.DataFrame(
        [(MODEL, "ngini", 0.8, 0.7, 0.9), ("carry forward", "ngini", 0.6, 0.5, 0.7)],
        columns=["method", "metric", "estimate", "low", "high"],
    )
    value = np.arange(20.0)
    predictions = pd.DataFrame(
        {
            "predicted_value": value,
            "best_baseline_value": value[::-1],
            "churn_probability": np.linspace(0.05, 1, 20),
            "target_value": value,
            "target_churned": [0.0, 1.0] * 10,
        }
    )
    deciles = pd.DataFrame(
        {"decile": range(1, 11), "predicted": np.arange(10.0), "actual": np.arange(10.0),
         "coverage_90": [0.5] + [0.9] * 9}
    )  # fmt: skip
    slices = pd.DataFrame(
        [("all", 20, 9.5, 9.5, 0.0), ("new", 4, 10.0, 12.5, 0.25)],
        columns=["slice", "customers", "mean_actual", "mean_predicted", "total_bias"],
    )
    return Evaluation(scores, pd.DataFrame(), slices, deciles, predictions)


def labels(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_every_figure_has_a_title_and_says_what_its_axes_are(attribution, evaluation):
    drawn = [
        figures.leaderboard(evaluation),
        figures.calibration_by_decile(evaluation, UNIT),
        figures.gain_curve(evaluation),
        figures.churn_reliability(evaluation),
        figures.slices(evaluation, UNIT),
        figures.coverage(evaluation),
        figures.importance(attribution, UNIT),
        figures.beeswarm(attribution, UNIT),
        figures.waterfall(attribution, 0, "Customer 0a1b", UNIT),
    ]
    for figure in drawn:
        axes = figure.axes[0]
        assert figure.get_suptitle()
        assert axes.get_xlabel()
        assert axes.get_ylabel()


def test_money_axes_name_the_unit(attribution, evaluation):
    assert UNIT in figures.calibration_by_decile(evaluation, UNIT).axes[0].get_ylabel()
    for figure in (
        figures.importance(attribution, UNIT),
        figures.beeswarm(attribution, UNIT),
        figures.waterfall(attribution, 0, "", UNIT),
    ):
        assert UNIT in figure.axes[0].get_xlabel()


def test_shares_are_in_percent(evaluation):
    gain = figures.gain_curve(evaluation).axes[0]
    churn = figures.churn_reliability(evaluation).axes[0]
    assert all("%" in text for text in (gain.get_xlabel(), gain.get_ylabel(), churn.get_xlabel()))


def test_the_best_method_is_at_the_top(evaluation):
    assert labels(figures.leaderboard(evaluation)) == ["carry forward", MODEL]


def test_a_perfect_ranking_gains_as_much_as_the_perfect_one(evaluation):
    perfect, own, baseline, random, _ = figures.gain_curve(evaluation).axes[0].lines
    np.testing.assert_array_equal(perfect.get_ydata(), own.get_ydata())
    np.testing.assert_allclose(own.get_ydata()[[0, 1, 2, 20]], [0, 10, 10 + 18 / 1.9, 100])
    np.testing.assert_allclose(baseline.get_ydata()[[0, 1, 2, 20]], [0, 0, 1 / 1.9, 100])
    np.testing.assert_allclose(random.get_ydata(), random.get_xdata())


def test_the_gain_says_how_much_the_top_tenth_holds(evaluation):
    axes = figures.gain_curve(evaluation).axes[0]
    # Of 190 in all, the two highest of twenty bring 19 + 18, the two lowest 0 + 1.
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "perfect ranking (19 % in the top tenth)",
        "clvlens (19 % in the top tenth)",
        "carry forward (1 % in the top tenth)",
        "at random (10 % in the top tenth)",
    ]
    assert list(axes.lines[-1].get_xdata()) == [10, 10]


def test_churn_is_compared_in_tenths_of_the_customers(evaluation):
    line = figures.churn_reliability(evaluation).axes[0].lines[1]
    assert line.get_ydata().tolist() == [50.0] * 10
    np.testing.assert_allclose(line.get_xdata(), np.arange(7.5, 100, 10))


def test_a_group_stands_beside_by_how_much_its_total_is_off(evaluation):
    figure = figures.slices(evaluation, UNIT)
    assert labels(figure) == ["new (4)", "all (20)"]
    assert texts(figure) == ["+25 %", "0 %"]


def test_coverage_is_drawn_beside_what_was_promised_and_never_cut_off(evaluation):
    axes = figures.coverage(evaluation).axes[0]
    promised, held = axes.lines
    assert set(promised.get_ydata()) == {90}
    np.testing.assert_allclose(held.get_ydata(), [50, *[90] * 9])
    assert axes.get_ylim()[0] < 50


def test_windows_of_a_feature_are_one_bar_and_the_largest_is_at_the_top(attribution):
    figure = figures.importance(attribution, UNIT)
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(widths, [15 * 0.55, 30 * 0.55, 40 * 0.55])
    assert labels(figure)[0] == "number of orders"


def test_a_long_label_is_on_two_lines_and_whole(attribution):
    long = labels(figures.importance(attribution, UNIT))[1]
    assert long.count("\n") == 1
    assert long.replace("\n", " ") == LONG


def test_a_waterfall_goes_from_the_base_value_to_the_prediction(attribution):
    figure = figures.waterfall(attribution, 0, "Customer 0a1b", UNIT)
    assert figure.get_suptitle() == "Customer 0a1b"
    assert labels(figure)[0] == "base value"
    assert labels(figure)[-1] == "prediction"
    assert texts(figure) == ["+15.00", "+30.00", "−40.00", "100.00", "105.00"]
    left = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in figure.axes[0].patches]
    assert left == [(100.0, 115.0), (115.0, 145.0), (145.0, 105.0)]


def test_a_waterfall_tells_each_value_as_it_is(attribution):
    first, second = (labels(figures.waterfall(attribution, row, "", UNIT)) for row in (0, 1))
    plain = [label.replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ") for label in first]
    home = "home of the customer = owner"
    assert plain[1:-1] == ["number of orders = 2", f"{LONG} = 1,234.5", home]
    assert second[3].endswith("unknown")


def test_of_several_windows_the_longest_is_told(attribution):
    names = {EVER: "orders__count_120d", RECENT: "orders__count_90d"}
    renamed = replace(
        attribution,
        parts=attribution.parts.rename(columns=names).iloc[:, ::-1],
        data=attribution.data.rename(columns=names),
        features=tuple(replace(f, name=names.get(f.name, f.name)) for f in attribution.features),
    )
    assert labels(figures.waterfall(renamed, 3, "", UNIT))[1].endswith("=\N{NO-BREAK SPACE}5")


def test_what_a_waterfall_does_not_show_is_summed(attribution, monkeypatch):
    monkeypatch.setattr(figures, "STEPS", 1)
    figure = figures.waterfall(attribution, 0, "", UNIT)
    assert labels(figure)[1] == "2 other features"
    assert texts(figure) == ["+45.00", "−40.00", "100.00", "105.00"]


def test_up_and_down_differ_in_colours_that_the_colour_blind_tell_apart(attribution):
    bars = figures.waterfall(attribution, 0, "", UNIT).axes[0].patches
    colours = [to_hex(bar.get_facecolor()).upper() for bar in bars]
    assert colours == [figures.BLUE, figures.BLUE, figures.ORANGE]


def test_a_category_has_no_scale_to_be_coloured_by(attribution):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        figure = figures.beeswarm(attribution, UNIT)
    home, numbers = map(labels(figure).index, ("home of the customer", "number of orders"))
    drawn = [dots for dots in figure.axes[0].collections if len(dots.get_offsets())]
    scale = {round(dots.get_offsets()[0, 1]): dots.get_array() for dots in drawn}
    assert scale[home] is None
    assert scale[numbers] is not None
    assert figure.axes[1].get_ylabel() == "Value of the feature (grey: category or unknown)"
