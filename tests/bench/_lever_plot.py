"""What the lever benchmark found, as a picture: estimates beside the truth, and ranks beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clvlens.output.figures import BLUE, GREY, ORANGE

OURS, NAIVE, SHAP = "clvlens", "naive", "mean |SHAP|"
TRUE = {"color": "black", "markersize": 16, "label": "truth", "zorder": 3}
SPREAD = (0.1, 0.9)  # of estimates over seeds


def draw(found: pd.DataFrame, path: Path) -> None:
    """Draw one regime and size, a lever a line, the largest true effect at the top."""
    truth = found.groupby("lever")["truth"].mean().sort_values()
    figure = Figure(figsize=(11, 5.4), layout="constrained")
    ours, naive, ranks = figure.subplots(1, 3, sharey=True, width_ratios=(3, 3, 2))
    _spread(ours, found, OURS, BLUE, truth)
    counted = _counted(found[found["method"] == OURS])
    ours.set_title(f"{OURS}, {counted}", loc="left")
    _spread(naive, found, NAIVE, ORANGE, truth)
    naive.set_title("Naive: had it less had it not", loc="left")
    for axes in (ours, naive):
        axes.plot(truth, range(len(truth)), "|", **TRUE)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.set_xlabel("USD a customer over 360 days\n(bars: the middle 80 % of seeds)")
    ours.legend(frameon=False, loc="lower right")
    _ranks(ranks, found, truth)
    ours.set_yticks(range(len(truth)), [name.replace("_", " ") for name in truth.index])
    ours.set_ylabel("Lever, by its true effect")
    for axes in (ours, naive, ranks):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=90)


def _spread(axes: Axes, found: pd.DataFrame, method: str, colour: str, truth: pd.Series) -> None:
    """Draw a method's median estimate and its spread over seeds."""
    rows = found[found["method"] == method]
    by_lever = rows.groupby("lever")["estimate"]
    low, middle, high = (
        by_lever.quantile(q).reindex(truth.index) for q in (SPREAD[0], 0.5, SPREAD[1])
    )
    axes.hlines(range(len(truth)), low, high, color=colour, linewidth=4, alpha=0.45)
    axes.plot(middle, range(len(truth)), "o", color=colour, label="median estimate")


def _ranks(axes: Axes, found: pd.DataFrame, truth: pd.Series) -> None:
    """Draw the place that each method gives a lever, 1 for the largest, beside its true place."""
    order = pd.Series(range(len(truth), 0, -1), index=truth.index)
    axes.plot(order, range(len(truth)), "|", **TRUE)
    for method, mark, colour in ((SHAP, "D", GREY), (OURS, "o", BLUE)):
        rows = found[found["method"] == method]
        means = rows.groupby("lever")["estimate"].mean().reindex(truth.index)
        label = f"{method} ({_counted(rows)})"
        places = means.rank(ascending=False)
        axes.plot(places, range(len(truth)), mark, color=colour, label=label)
    axes.set_xticks(range(1, len(truth) + 1, 3))
    axes.set_xlabel("Place among the levers\n(1: the largest mean)")
    axes.set_title("Which comes first?", loc="left")
    axes.legend(frameon=False, loc="lower left", fontsize=8)


def _counted(rows: pd.DataFrame) -> str:
    seeds = rows["seed"].nunique()
    return "1 seed" if seeds == 1 else f"{seeds} seeds"
