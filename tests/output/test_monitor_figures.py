import pandas as pd
import pytest
from matplotlib.figure import Figure

from clvlens.output import monitor_figures as figures


@pytest.fixture
def drawn() -> dict[str, Figure]:
    histories = pd.DataFrame(
        {"month": ["2024-01", "2024-02"] * 2, "history": ["orders"] * 2 + ["tickets"] * 2,
         "index": [0.05, 0.05, 0.05, 0.3], "bound": 0.1}
    )  # fmt: skip
    snapshots = pd.DataFrame(
        {"what": ["tickets__count_90d", "predicted_value"],
         "meaning": ["number of tickets in the last 90 days", "predicted value"],
         "index": [0.4, 0.1], "bound": 0.2, "moved": [True, False]}
    )  # fmt: skip
    said = pd.DataFrame(
        {"month": ["2024-01", "2024-02"] * 2, "by": "all", "measure": ["csat"] * 2 + ["nps"] * 2,
         "score": [4.0, 2.0, 30.0, -10.0], "value": [5.0, 6.0] * 2, "ended": [0.01, 0.02] * 2}
    )  # fmt: skip
    return {
        "histories": figures.drift_by_month(histories),
        "snapshots": figures.snapshot_drift(snapshots),
        "satisfaction": figures.satisfaction(said, "EUR"),
    }


def test_every_figure_has_a_title_and_says_what_its_axes_are(drawn):
    for figure in drawn.values():
        assert figure.get_suptitle()
        assert figure.axes[0].get_ylabel()
        assert any(axes.get_xlabel() for axes in figure.axes)


def test_a_month_that_moved_is_marked_at_its_history(drawn):
    (mark,) = drawn["histories"].axes[0].texts
    assert (mark.get_text(), tuple(mark.xy)) == ("moved", (1, 1))


def test_what_is_furthest_from_before_is_at_the_top(drawn):
    axes = drawn["snapshots"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "predicted value", "number of tickets in the last 90 days",
    ]  # fmt: skip
    assert [bar.get_width() for bar in axes.patches] == [0.5, 2.0]


def test_each_measure_has_a_panel_of_its_own_above_value_and_churn(drawn):
    panels = drawn["satisfaction"].axes
    assert [axes.get_ylabel().split("\n")[0] for axes in panels] == [
        "csat, mean", "nps, %", "value, EUR", "subscriptions",
    ]  # fmt: skip
    assert list(panels[3].lines[0].get_ydata()) == [1, 2]
