"""Figures of the lever page: effect and association side by side, each under its own name."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clvlens.output.figures import BLUE, GREY, ORANGE
from clvlens.output.lever_report import LeverReport, Row

EFFECT, ASSOCIATION = "Would change if moved", "Predictions lean on it"


def all_levers(report: LeverReport, told: list[Row]) -> Figure:
    """Effects with their intervals to the left, associations to the right, a lever a line."""
    rows = told[::-1]
    figure = Figure(figsize=(9, 1.6 + 0.42 * len(rows)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    for place, row in enumerate(rows):
        _interval(left, place, row["effect_per_customer"], row["customer_low_95"],
                  row["customer_high_95"], row["evidence"])  # fmt: skip
    left.set_yticks(range(len(rows)), [f"{row['lever']} → {report.moved(row)}" for row in rows])
    left.axvline(0, color=GREY, linewidth=1)
    days = rows[0]["horizon_days"]
    left.set_xlabel(f"{report.currency} a customer over {days:.0f} days,\n95 % interval")
    left.set_title(f"{EFFECT} (effect)", loc="left", fontsize=11)
    sizes = [report.associated.get(row["lever"], 0.0) for row in rows]
    right.barh(range(len(rows)), sizes, color=ORANGE, height=0.5)
    right.set_xlabel(f"Mean size of its part,\n{report.unit.replace(' over ', chr(10) + 'over ')}")
    right.set_title(f"{ASSOCIATION}\n(association)", loc="left", fontsize=11)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def one_lever(report: LeverReport, row: Row) -> Figure:
    """One lever: raw difference, effect, bounds, and what predictions lean on."""
    figure = Figure(figsize=(8, 1.9), layout="constrained")
    axes = figure.subplots()
    axes.plot(row["raw_difference"], 2, "D", color=GREY)
    _interval(axes, 1, row["effect_per_eligible"], row["low_95"], row["high_95"], "")
    if row["evidence"] == "B":
        axes.plot([row["bound_low"], row["bound_high"]], [1, 1], color=BLUE, linewidth=1,
                  linestyle=":")  # fmt: skip
    axes.barh(0, report.associated.get(row["lever"], 0.0), color=ORANGE, height=0.4)
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_yticks([2, 1, 0], ["had it less had it not, as is", f"{EFFECT.lower()} (effect)",
                                f"{ASSOCIATION.lower()} (association)"])  # fmt: skip
    axes.set_ylim(-0.6, 2.6)
    axes.set_xlabel(f"{report.currency} a customer")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _interval(axes: Axes, place: float, middle: float, low: float, high: float, mark: str) -> None:
    colour = BLUE if low > 0 or high < 0 else GREY
    axes.plot([low, high], [place, place], color=colour, linewidth=3, alpha=0.45)
    axes.plot(middle, place, "o", color=colour, markersize=7)
    if mark:
        axes.annotate(mark, (np.nanmax([high, middle]), place), (6, -4), color=colour,
                      textcoords="offset points", fontsize=9)  # fmt: skip
