"""Figures that people look at: the question as title, axes with units, safe for the colour-blind.

shap and pyplot take seconds to import, so only the figure that shap draws imports them.
"""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clvlens.evaluation.backtest import MODEL, Evaluation, is_baseline
from clvlens.histories.base import stem_of
from clvlens.levers.attribution import Attribution, theme_meanings
from clvlens.metrics import top_decile_capture
from clvlens.models.rows import Floats

# Okabe and Ito's palette
BLUE, ORANGE, GREY, SKY = "#0072B2", "#E69F00", "#8A8A8A", "#56B4E9"
SHOWN = 12  # themes of a figure about all customers
STEPS = 8  # themes of a figure about one customer
LINE = 44  # characters of a label's line


def leaderboard(evaluation: Evaluation) -> Figure:
    """Every method's nGini with its 90 % interval, best at the top; parts of the model are pale."""
    rows = evaluation.scores[evaluation.scores["metric"] == "ngini"].dropna(subset="estimate")
    rows = rows.sort_values("estimate")
    figure, axes = titled_axes(
        "How well each method ranks customers by value", 1.2 + 0.42 * len(rows)
    )
    for place, row in enumerate(rows.itertuples()):
        colour = BLUE if row.method == MODEL else SKY if not is_baseline(row.method) else GREY
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=3, alpha=0.45)
        axes.plot(row.estimate, place, "o", color=colour, markersize=8)
        axes.annotate(f"{row.estimate:.3f}", (row.high, place), (6, -4), color=colour,
                      textcoords="offset points")  # fmt: skip
    axes.set_yticks(range(len(rows)), rows["method"])
    axes.margins(x=0.15)
    axes.set_ylabel("Method")
    axes.set_xlabel("nGini on the test cutoffs: 1 ranks customers perfectly, 0 at random")
    return figure


def calibration_by_decile(evaluation: Evaluation, unit: str) -> Figure:
    """Predicted beside actual mean value by tenth of the predictions."""
    table = evaluation.by_decile
    figure, axes = titled_axes("Are the amounts right? Predicted and actual value")
    place = np.arange(len(table))
    axes.bar(place - 0.2, table["predicted"], 0.4, color=BLUE, label="predicted")
    axes.bar(place + 0.2, table["actual"], 0.4, color=ORANGE, label="what happened")
    axes.set_xticks(place, table["decile"])
    axes.set_xlabel("Tenth of customers by predicted value (10 = highest)")
    axes.set_ylabel(f"Mean value a customer, {unit}")
    axes.legend(frameon=False)
    return figure


def gain_curve(evaluation: Evaluation) -> Figure:
    """Share of the total value held by the customers ranked highest, the top tenth marked."""
    table = evaluation.predictions
    actual = table["target_value"].to_numpy()
    figure, axes = titled_axes("How much value the top customers hold")
    rankings = (
        ("perfect ranking", actual, {"color": GREY, "linestyle": ":"}),
        (MODEL, table["predicted_value"].to_numpy(), {"color": BLUE}),
        (evaluation.best_baseline, table["best_baseline_value"].to_numpy(), {"color": ORANGE}),
        ("at random", np.zeros(len(actual)), {"color": GREY, "linewidth": 1}),
    )
    for name, score, style in rankings:
        held = top_decile_capture(actual, score) * 100
        axes.plot(*_gain(actual, score), label=f"{name} ({held:.0f} % in the top tenth)", **style)
    axes.axvline(10, color=GREY, linewidth=0.8, linestyle="--")
    axes.set_xlabel("Customers, % ranked highest by prediction")
    axes.set_ylabel("Value that they brought, % of all")
    axes.legend(frameon=False, loc="lower right")
    return figure


def churn_reliability(evaluation: Evaluation) -> Figure:
    """Observed churn beside predicted probability, in ten groups of equal size."""
    at_risk = evaluation.predictions.dropna(subset="target_churned")
    table = at_risk.sort_values("churn_probability", kind="stable")
    group = np.arange(len(table)) * 10 // len(table)
    means = table.groupby(group)[["churn_probability", "target_churned"]].mean() * 100
    figure, axes = titled_axes("Do churn probabilities mean what they say?")
    top = max(1.0, means.to_numpy().max()) * 1.05
    axes.plot([0, top], [0, top], color=GREY, linestyle=":", label="perfectly calibrated")
    axes.plot(means["churn_probability"], means["target_churned"], "o-", color=BLUE, label=MODEL)
    axes.set_xlabel("Predicted churn probability, % (mean of a tenth of customers)")
    axes.set_ylabel("Customers who churned, %")
    axes.legend(frameon=False)
    return figure


def slices(evaluation: Evaluation, unit: str) -> Figure:
    """Predicted beside actual mean value by group of customers, with the miss in per cent."""
    table = evaluation.by_slice.iloc[::-1].reset_index(drop=True)
    figure, axes = titled_axes("For whom are the amounts right?", 1.4 + 0.6 * len(table))
    place = np.arange(len(table))
    axes.barh(place + 0.2, table["mean_predicted"], 0.4, color=BLUE, label="predicted")
    axes.barh(place - 0.2, table["mean_actual"], 0.4, color=ORANGE, label="what happened")
    for row in table.itertuples():
        if pd.notna(row.total_bias):
            longest = max(row.mean_predicted, row.mean_actual, 0.0)
            _write(axes, per_cent(100 * row.total_bias), longest, row.Index)
    axes.set_yticks(place, [f"{row.slice} ({row.customers:,})" for row in table.itertuples()])
    axes.margins(x=0.12)
    axes.set_xlabel(f"Mean value a customer, {unit}; beside it, the total too high (+) or low (−)")
    axes.set_ylabel("Group (customers)")
    axes.legend(frameon=False, loc="lower right")
    return figure


def coverage(evaluation: Evaluation) -> Figure:
    """Share of customers inside their 90 % interval, by tenth of the predictions."""
    figure, axes = titled_axes("Do nine in ten customers come out inside their interval?", 3.8)
    table = evaluation.by_decile
    held = 100 * table["coverage_90"]
    axes.axhline(90, color=GREY, linestyle=":", label="as promised")
    axes.plot(table["decile"], held, "o-", color=BLUE, label="what happened")
    axes.set_ylim(min(60.0, float(held.min()) - 5), 101)
    axes.set_xticks(range(1, 11))
    axes.set_xlabel("Tenth of customers by predicted value (10 = highest)")
    axes.set_ylabel("Inside the interval, % of customers")
    axes.legend(frameon=False, loc="lower right")
    return figure


def importance(attribution: Attribution, unit: str) -> Figure:
    """What the predictions are made of: mean absolute part by theme."""
    sizes = attribution.importance().head(SHOWN)[::-1]
    meanings = theme_meanings(attribution.features)
    title = "What predicted value is associated with (not: what would change it)"
    figure, axes = titled_axes(title, 1.4 + 0.42 * len(sizes))
    axes.barh([lines(meanings[theme]) for theme in sizes.index], sizes, color=BLUE)
    axes.set_xlabel(f"Mean size of the part in predicted value, {unit}")
    axes.set_ylabel("Feature")
    return figure


def beeswarm(attribution: Attribution, unit: str) -> Figure:
    """Each customer's parts by theme, coloured by the feature's value where that is a number."""
    import matplotlib.pyplot as plt
    import shap

    themes = attribution.by_theme()
    meanings = theme_meanings(attribution.features)
    explanation = shap.Explanation(
        themes.to_numpy(),
        base_values=np.full(len(themes), attribution.base_value),
        data=theme_values(attribution).to_numpy(dtype=object),
        feature_names=[lines(meanings[theme]) for theme in themes],
    )
    figure = plt.figure(layout="constrained")
    shap.plots.beeswarm(
        explanation,
        max_display=SHOWN,
        show=False,
        plot_size=(10, 1.4 + 0.42 * SHOWN),
        color_bar_label="Value of the feature (grey: category or unknown)",
    )
    plt.close(figure)
    axes = figure.axes[0]
    axes.tick_params("y", labelsize=10)
    axes.set_xlabel(f"Part of predicted value, {unit}", fontsize=10)
    axes.set_ylabel("Feature", fontsize=10)
    title = "What predicted value is associated with, customer by customer"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def waterfall(attribution: Attribution, row: int, title: str, unit: str) -> Figure:
    """How one customer's prediction adds up from the base value, largest part at the top."""
    parts = attribution.by_theme().iloc[row].sort_values(key=np.abs, kind="stable")
    rest, shown = parts.iloc[:-STEPS], parts.iloc[-STEPS:]
    labels = _labels(attribution, row, shown.index)
    if len(rest):
        labels = [f"{len(rest)} other features", *labels]
        shown = pd.concat([pd.Series([rest.sum()]), shown])
    ends = attribution.base_value + shown.cumsum().to_numpy()
    figure, axes = titled_axes(title, 1.6 + 0.42 * len(shown))
    axes.use_sticky_edges = False  # leave room beside the last bar
    axes.margins(x=0.12, y=0.02)
    places = np.arange(1, len(shown) + 1)
    colours = [BLUE if amount >= 0 else ORANGE for amount in shown]
    axes.barh(places, shown, left=ends - shown, color=colours)
    axes.vlines(ends, places, places + 1, color=GREY, linewidth=0.8, linestyle=":")
    for place, end, amount in zip(places, ends, shown, strict=True):
        _write(axes, f"{amount:+,.2f}".replace("-", "−"), max(end, end - amount), place)
    whole = {0: attribution.base_value, len(shown) + 1: attribution.prediction[row]}
    for place, amount in whole.items():
        axes.plot(amount, place, "D", color=GREY)
        _write(axes, f"{amount:,.2f}", amount, place)
    axes.set_yticks(range(len(shown) + 2), ["base value", *labels, "prediction"])
    axes.set_xlabel(f"Predicted value, {unit}")
    axes.set_ylabel("Feature and its value")
    return figure


def _labels(attribution: Attribution, row: int, themes: pd.Index) -> list[str]:
    """Return what each theme means, with one customer's value of it."""
    meanings = theme_meanings(attribution.features)
    values = theme_values(attribution).iloc[row]
    return [
        lines(f"{meanings[theme]} =\N{NO-BREAK SPACE}{_written(values[theme])}") for theme in themes
    ]


def theme_values(attribution: Attribution) -> pd.DataFrame:
    """Return the values by theme: where it has several windows, those of the longest."""
    longest = {stem_of(name): name for name in sorted(attribution.parts, key=_window)}
    themes = dict.fromkeys(stem_of(name) for name in attribution.parts)
    return pd.DataFrame({theme: attribution.data[longest[theme]] for theme in themes})


def _window(feature: str) -> float:
    """Return how many days of the past a feature sees."""
    days = feature.removeprefix(stem_of(feature)).strip("_d")
    return float(days) if days.isdigit() else np.inf


def _written(value: object) -> str:
    if bool(pd.isna(value)):
        return "unknown"
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _gain(actual: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Customers of equal score share what they brought, as they do in the metrics."""
    _, tied = np.unique(-score, return_inverse=True)
    shared = np.bincount(tied, actual) / np.bincount(tied)
    total = np.concatenate([[0.0], shared[np.sort(tied)].cumsum()])
    return np.linspace(0, 100, len(total)), total / actual.sum() * 100


def per_cent(value: float) -> str:
    """Return a signed whole percentage; what rounds to 0 has no sign."""
    return f"{round(value):+d} %".replace("-", "−") if round(value) else "0 %"


def lines(text: str, width: int = LINE) -> str:
    """Return a label in at most two lines."""
    return textwrap.fill(text, width, max_lines=2, placeholder=" …")


def _write(axes: Axes, text: str, x: float, y: float) -> None:
    """Write a figure to the right of a point."""
    axes.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", fontsize=9)


def titled_axes(title: str, height: float = 4.6) -> tuple[Figure, Axes]:
    """Return a figure 9 inches wide with its question as title, and its axes."""
    figure = Figure(figsize=(9, height), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
