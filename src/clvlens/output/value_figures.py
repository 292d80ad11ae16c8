"""Figures of what customers, channels and retention are worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from clvlens.evaluation.side_by_side import FORMULA, LEARNED
from clvlens.output.figures import BLUE, GREY, ORANGE, SKY, per_cent, titled_axes

GREEN, PURPLE = "#009E73", "#CC79A7"  # Okabe and Ito's palette
CYCLE = (BLUE, ORANGE, GREEN, PURPLE, SKY, "#D55E00", "#000000", GREY)
COLOURS = {LEARNED: BLUE, FORMULA: ORANGE}
MOST_MONTHS = 24
MOST_MISS = 150.0  # %, of a total's bias that is drawn


def side_by_side(scores: pd.DataFrame, unit: str) -> Figure:
    """Every method's error a customer and bias of the total, the smallest error at the top."""
    rows = scores.sort_values("mae", ascending=False)
    figure = Figure(figsize=(11, 1.6 + 0.34 * len(rows)), layout="constrained")
    title = "How wrong was each way to a customer's value? Formulas, baselines and the model"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    error, bias = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for place, row in enumerate(rows.itertuples()):
        colour = COLOURS.get(str(row.kind), GREY)
        error.plot([row.mae_low, row.mae_high], [place] * 2, color=colour, linewidth=3, alpha=0.45)
        error.plot(row.mae, place, "o", color=colour)
        miss = 100 * row.total_bias
        bias.barh(place, np.clip(miss, -MOST_MISS, MOST_MISS), color=colour, height=0.6)
        bias.annotate(per_cent(miss), (np.clip(miss, 0, MOST_MISS), place), (4, -4),
                      textcoords="offset points", fontsize=8)  # fmt: skip
    error.set_yticks(range(len(rows)), rows["method"])
    error.set_xlabel(f"Mean absolute error, {unit}, with 90 % interval")
    error.set_ylabel("Method (blue: model, orange: formula, grey: baseline)")
    bias.axvline(0, color=GREY, linewidth=0.8)
    bias.margins(x=0.2)
    bias.set_xlabel("Total predicted, % too high (+) or too low (−)")
    for axes in (error, bias):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def payback_curves(curves: pd.DataFrame, channels: pd.DataFrame, by: str, unit: str) -> Figure:
    """What a customer has brought by each month, and what one cost, by group of an attribute."""
    figure, axes = titled_axes(f"What have customers brought, by month and {by}?")
    own = curves[(curves["by"] == by) & (curves["month"] <= MOST_MONTHS)]
    costs = channels[channels["by"] == by].set_index("group")["acquisition_cost"]
    for colour, (group, rows) in zip(CYCLE, own.groupby("group"), strict=False):
        cost = costs.get(group, np.nan)
        label = group if np.isnan(cost) else f"{group} (cost {cost:,.2f}, dotted)"
        axes.plot([0, *rows["month"]], [0, *rows["value"]], color=colour, label=label)
        if not np.isnan(cost):
            axes.axhline(cost, color=colour, linestyle=":", linewidth=1)
    axes.set_xlabel("Months since the customer was won")
    axes.set_ylabel(f"Brought so far, a customer, {unit}")
    if len(own):
        axes.legend(frameon=False)
    return figure


def retention_gains(table: pd.DataFrame) -> Figure:
    """Gain in value by points of retention, at a constant margin and at one that grows."""
    title = "What do some points more, or fewer, of yearly retention bring?"
    figure, axes = titled_axes(title)
    for colour, (growth, rows) in zip(CYCLE, table.groupby("margin_growth"), strict=False):
        name = "constant margin" if growth == 0 else f"margin grows by {growth:.0%} a year"
        for column, words, line in (("value_gain", "value", "-"), ("profit_gain", "profit", ":")):
            if np.any(rows[column].notna()):
                axes.plot(rows["points"], 100 * rows[column], line, marker="o", markersize=3,
                          color=colour, label=f"{words}, {name}")  # fmt: skip
    axes.axhline(95, color=GREY, linestyle="--", linewidth=0.8)
    axes.annotate("95 %, as often quoted for 5 points", (-10, 95), (0, 4), color=GREY,
                  textcoords="offset points", fontsize=9)  # fmt: skip
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xticks(range(-10, 11, 2))
    axes.set_xlabel("Points of yearly retention gained or lost")
    axes.set_ylabel("Change, %")
    if axes.lines[:-2]:
        axes.legend(frameon=False)
    return figure


def survival(curves: pd.DataFrame) -> Figure:
    """The mean chance to be a customer still, by month and slice; named at the lines' ends."""
    figure, axes = titled_axes("How many are still customers, month by month?")
    ends = []
    for colour, (name, rows) in zip(CYCLE, curves.groupby("slice", sort=False), strict=False):
        share = 100 * rows["still_customers"]
        everybody = name == "all"
        axes.plot(rows["month"], share, color=colour, linewidth=3 if everybody else 1.5)
        ends.append((float(share.iloc[-1]), f"{name} ({rows['customers'].iloc[0]:,})", colour))
    below = 0.0
    for height, label, colour in sorted(ends):  # apart by a line of text, from the lowest up
        below = max(height, below + 4)
        axes.annotate(label, (curves["month"].max(), below), (6, -3), color=colour,
                      textcoords="offset points")  # fmt: skip
    axes.set_ylim(0, 100 if below <= 100 else below + 4)
    axes.set_xticks(sorted(curves["month"].unique()))
    axes.margins(x=0.02)
    axes.set_xlabel("Months after the cutoff")
    axes.set_ylabel("Still customers, mean chance, %")
    return figure


def segment_shares(table: pd.DataFrame) -> Figure:
    """Share of customers and of predicted value by segment of value and risk."""
    figure, axes = titled_axes("Whom to protect, grow, win back or let be?", 3.6)
    place = np.arange(len(table))
    axes.barh(place + 0.2, 100 * table["customer_share"], 0.4, color=GREY, label="customers")
    axes.barh(place - 0.2, 100 * table["value_share"], 0.4, color=BLUE, label="predicted value")
    names = [f"{row.segment} ({row.customers:,})" for row in table.itertuples()]
    axes.set_yticks(place, names)
    axes.invert_yaxis()
    axes.set_xlabel("Share of all, %")
    axes.set_ylabel("Segment")
    axes.margins(x=0.2)
    axes.legend(frameon=False, loc="center right")
    return figure


def decile_shares(table: pd.DataFrame) -> Figure:
    """Share of predicted value by tenth of customers, the highest first."""
    figure, axes = titled_axes("How much of the value do the best customers hold?")
    rows = table.sort_values("value_decile", ascending=False)
    shares = 100 * rows["value_share"].to_numpy()
    axes.bar(range(len(rows)), shares, color=BLUE, label="this tenth")
    axes.plot(range(len(rows)), np.cumsum(shares), "o-", color=ORANGE, label="all tenths so far")
    axes.set_xticks(range(len(rows)), rows["value_decile"])
    axes.set_xlabel("Tenth of customers by predicted value (10 = highest)")
    axes.set_ylabel("Share of predicted value, %")
    axes.legend(frameon=False)
    return figure


def new_customer_worth(table: pd.DataFrame, unit: str) -> Figure:
    """Mean predicted lifetime value of the newest customers, by group, with its interval."""
    rows = table[(table["known_for_days"] == table["known_for_days"].max())]
    rows = rows[rows["customers"] > 0][::-1].reset_index(drop=True)
    days = int(table["known_for_days"].max())
    title = f"What is a newly won customer worth? (known for at most {days} days)"
    figure, axes = titled_axes(title, 1.6 + 0.4 * max(len(rows), 2))
    for place, row in enumerate(rows.itertuples()):
        colour = BLUE if row.by == "all" else GREY
        axes.plot([row.clv_low_90, row.clv_high_90], [place] * 2, color=colour, linewidth=3,
                  alpha=0.45)  # fmt: skip
        axes.plot(row.clv, place, "o", color=colour)
    names = rows["group"].where(rows["by"] == "all", rows["by"] + ": " + rows["group"])
    counts = [f"{name} ({count:,})" for name, count in zip(names, rows["customers"], strict=True)]
    axes.set_yticks(range(len(rows)), counts)
    axes.set_xlabel(f"Mean clv, {unit}, with 90 % interval of the mean")
    axes.set_ylabel("Newly won")
    return figure
