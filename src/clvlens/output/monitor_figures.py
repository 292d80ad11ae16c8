"""Figures of what has moved, and of what customers say."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from clvlens.output.figures import BLUE, GREY, ORANGE, titled_axes
from clvlens.output.value_figures import CYCLE

LONGEST = 50  # characters of a name beside a bar
FULL = 2.0  # times the bound, from which the colour is darkest


def drift_by_month(histories: pd.DataFrame) -> Figure:
    """How far each history moved in each month, as a share of what would raise an alarm."""
    ratio = (histories["index"] / histories["bound"]).to_numpy()
    table = histories.assign(ratio=ratio).pivot_table("ratio", "history", "month", aggfunc="max")
    figure, axes = titled_axes(
        "Which history moved in which month?", max(3.0, 1.8 + 0.34 * len(table))
    )
    axes.grid(visible=False)
    image = axes.imshow(table, cmap="Oranges", vmin=0, vmax=FULL, aspect="auto")
    for place in np.argwhere(table.to_numpy() > 1):
        axes.annotate("moved", place[::-1], ha="center", va="center", fontsize=8)
    axes.set_xticks(range(table.shape[1]), list(table.columns), rotation=45, ha="right")
    axes.set_yticks(range(len(table)), list(table.index))
    axes.set_xlabel("Month")
    axes.set_ylabel("History")
    figure.colorbar(image, label="Largest index\nover its bound (1: alarm)")
    return figure


def snapshot_drift(snapshots: pd.DataFrame, shown: int = 15) -> Figure:
    """Which features and predictions lie furthest from what they were in the months before."""
    rows = snapshots.head(shown)[::-1]
    title = "Is what the model reads and says today what it was in the months before?"
    figure, axes = titled_axes(title, 1.6 + 0.34 * len(rows))
    ratio = rows["index"] / rows["bound"]
    colours = [ORANGE if out else BLUE for out in rows["moved"]]
    names = [textwrap.shorten(text, LONGEST, placeholder=" …") for text in rows["meaning"]]
    axes.barh(range(len(rows)), ratio, color=colours)
    axes.set_yticks(range(len(rows)), names)
    axes.axvline(1, color=GREY, linestyle="--")
    axes.set_xlabel("Index over its bound (above 1: moved)")
    axes.set_ylabel("Feature or prediction")
    return figure


def satisfaction(table: pd.DataFrame, currency: str) -> Figure:
    """What all customers said by month, above what they brought and who ended."""
    own = table[table["by"] == "all"]
    measures = sorted(own["measure"].unique())
    figure = Figure(figsize=(9, 2.0 + 1.5 * (len(measures) + 1)), layout="constrained")
    title = "How do satisfaction, value and churn go, month by month?"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    panels = figure.subplots(len(measures) + 1, 1, sharex=True, squeeze=False)[:, 0]
    months = sorted(own["month"].unique())
    for axes, measure, colour in zip(panels, measures, CYCLE, strict=False):
        rows = own[own["measure"] == measure].set_index("month")["score"].reindex(months)
        axes.plot(months, rows, "o-", color=colour)
        axes.set_ylabel("nps, %" if measure == "nps" else f"{measure}, mean")
    money = own.groupby("month")[["value", "ended"]].first().reindex(months)
    last, share = panels[-1], panels[-1].twinx()
    last.plot(months, money["value"], "o-", color=BLUE)
    last.set_ylabel(f"value, {currency}\n(blue)")
    share.plot(months, 100 * money["ended"], "o:", color=ORANGE)
    share.set_ylabel("subscriptions\nended, % (orange)")
    last.set_xlabel("Month")
    last.tick_params("x", rotation=45)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
    return figure
