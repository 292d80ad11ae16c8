import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from clvlens.evaluation.sensitivity import sensitivity
from clvlens.output import value_figures as figures

UNIT = "EUR revenue over 60 days"


@pytest.fixture
def scores():
    rows = [("clvlens", "model", 10.0, -0.02), ("lifespan", "formula", 30.0, 4.0),
            ("carry forward", "baseline", 20.0, -0.5)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["method", "kind", "mae", "total_bias"])
    return table.assign(mae_low=table["mae"] - 2, mae_high=table["mae"] + 2)


@pytest.fixture
def drawn(scores) -> dict[str, Figure]:
    curves = pd.DataFrame(
        {"by": "channel", "group": ["ads", "ads", "friend", "friend"], "month": [1, 2, 1, 2],
         "value": [5.0, 9.0, 8.0, 20.0]}
    )  # fmt: skip
    channels = pd.DataFrame(
        {"by": "channel", "group": ["ads", "friend"], "acquisition_cost": [7.0, np.nan]}
    )
    segments = pd.DataFrame(
        {"segment": ["protect", "grow"], "customers": [1000, 3000], "customer_share": [0.25, 0.75],
         "value_share": [0.4, 0.6]}
    )  # fmt: skip
    deciles = pd.DataFrame({"value_decile": [10, 9], "value_share": [0.7, 0.3]})
    new = pd.DataFrame(
        {"known_for_days": [30, 90, 90], "by": ["all", "all", "channel"],
         "group": ["all", "all", "ads"], "customers": [1, 1200, 0], "clv": [1.0, 50.0, np.nan],
         "clv_low_90": [1.0, 40.0, np.nan], "clv_high_90": [1.0, 60.0, np.nan]}
    )  # fmt: skip
    stays = pd.DataFrame(
        {"slice": ["all"] * 3 + ["repeat"] * 3 + ["one-time"] * 3, "month": [0, 1, 12] * 3,
         "customers": [1500] * 3 + [900] * 3 + [600] * 3,
         "still_customers": [1.0, 0.9, 0.5, 1.0, 0.95, 0.51, 1.0, 0.8, 0.2]}
    )  # fmt: skip
    return {
        "survival": figures.survival(stays),
        "side_by_side": figures.side_by_side(scores, UNIT),
        "payback": figures.payback_curves(curves, channels, "channel", "EUR"),
        "retention": figures.retention_gains(sensitivity(0.8, 0.1, 0.1, 100.0)),
        "segments": figures.segment_shares(segments),
        "deciles": figures.decile_shares(deciles),
        "new": figures.new_customer_worth(new, "EUR"),
    }


def labels(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_every_figure_has_a_title_and_says_what_its_axes_are(drawn):
    for figure in drawn.values():
        assert figure.get_suptitle()
        assert figure.axes[0].get_xlabel()
        assert figure.axes[0].get_ylabel()


def test_the_smallest_error_is_at_the_top(drawn):
    assert labels(drawn["side_by_side"]) == ["lifespan", "carry forward", "clvlens"]
    assert UNIT in drawn["side_by_side"].axes[0].get_xlabel()


def test_a_total_that_is_far_off_is_written_in_full_beside_a_bar_cut_short(drawn):
    axes = drawn["side_by_side"].axes[1]
    assert [text.get_text() for text in axes.texts] == ["+400 %", "−50 %", "−2 %"]
    assert max(bar.get_width() for bar in axes.patches) == figures.MOST_MISS


def test_a_channel_without_a_cost_has_a_curve_and_no_line(drawn):
    assert legend(drawn["payback"]) == ["ads (cost 7.00, dotted)", "friend"]
    assert list(drawn["payback"].axes[0].lines[0].get_ydata()) == [0, 5, 9]
    assert len(drawn["payback"].axes[0].lines) == 3


def test_profit_is_drawn_only_where_a_cost_is_known(drawn):
    assert legend(drawn["retention"]) == [
        "value, constant margin",
        "value, margin grows by 10% a year",
    ]
    with_cost = figures.retention_gains(sensitivity(0.8, 0.1, 0.0, 100.0, 50.0))
    assert legend(with_cost) == ["value, constant margin", "profit, constant margin"]


def test_groups_carry_their_number_of_customers_and_empty_ones_are_left_out(drawn):
    assert labels(drawn["segments"]) == ["protect (1,000)", "grow (3,000)"]
    assert labels(drawn["new"]) == ["all (1,200)"]


def test_tenths_add_up_to_everything(drawn):
    assert list(drawn["deciles"].axes[0].lines[0].get_ydata()) == pytest.approx([70, 100])


def test_who_stays_is_named_at_the_ends_of_the_lines_and_no_name_hides_another(drawn):
    (axes,) = drawn["survival"].axes
    assert [list(line.get_ydata()) for line in axes.lines][1] == [100, 95, 51]
    heights = {text.get_text(): text.xy[1] for text in axes.texts}
    assert heights == {"one-time (600)": 20, "all (1,500)": 50, "repeat (900)": 54}
