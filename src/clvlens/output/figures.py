"""Figures that people look at: the answer first, axes with units, safe for the colour-blind.

shap takes seconds to import, so only the figures that it draws import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clvlens.evaluation.backtest import MODEL, Evaluation
from clvlens.levers.attribution import Attribution, theme_meanings
from clvlens.models.boosting import Floats

if TYPE_CHECKING:
    import shap

# Okabe and Ito's palette
BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#8A8A8A"
SHOWN = 12
MOST_BELOW = 48  # characters of a label before it is cut


def leaderboard(evaluation: Evaluation, metric: str = "ngini") -> Figure:
    """Every method's figure with its 90 % interval, best at the top."""
    rows = evaluation.scores[evaluation.scores["metric"] == metric].dropna(subset="estimate")
    rows = rows.sort_values("estimate")
    figure, axes = _axes(height=1.2 + 0.42 * len(rows))
    for place, row in enumerate(rows.itertuples()):
        colour = BLUE if row.method == MODEL else GREY
        axes.plot([row.low, row.high], [place, place], color=colour, linewidth=3, alpha=0.45)
        axes.plot(row.estimate, place, "o", color=colour, markersize=8)
        axes.annotate(f"{row.estimate:.3f}", (row.high, place), (6, -4), color=colour,
                      textcoords="offset points")  # fmt: skip
    axes.set_yticks(range(len(rows)), rows["method"])
    axes.margins(x=0.15)
    axes.set_xlabel("nGini on the test cutoffs: 1 ranks customers perfectly, 0 at random")
    axes.set_title("How well each method ranks customers by value")
    return figure


def calibration_by_decile(evaluation: Evaluation, unit: str) -> Figure:
    """Predicted beside actual mean value by tenth of the predictions."""
    table = evaluation.by_decile
    figure, axes = _axes()
    place = np.arange(len(table))
    axes.bar(place - 0.2, table["predicted"], 0.4, color=BLUE, label="predicted")
    axes.bar(place + 0.2, table["actual"], 0.4, color=ORANGE, label="what happened")
    axes.set_xticks(place, table["decile"])
    axes.set_xlabel("Tenth of customers by predicted value (10 = highest)")
    axes.set_ylabel(f"Mean value a customer, {unit}")
    axes.set_title("Are the amounts right? Predicted and actual value")
    axes.legend(frameon=False)
    return figure


def gain_curve(evaluation: Evaluation) -> Figure:
    """Share of the total value held by the customers ranked highest, beside the best baseline."""
    table = evaluation.predictions
    actual = table["target_value"].to_numpy()
    figure, axes = _axes()
    best = _gain(actual, actual)
    axes.plot(*best, color=GREY, linestyle=":", label="perfect ranking")
    axes.plot(*_gain(actual, table["predicted_value"].to_numpy()), color=BLUE, label=MODEL)
    rival = _gain(actual, table["best_baseline_value"].to_numpy())
    axes.plot(*rival, color=ORANGE, label=f"best baseline: {evaluation.best_baseline}")
    axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, label="at random")
    axes.set_xlabel("Customers, % ranked highest by prediction")
    axes.set_ylabel("Value that they brought, % of all")
    axes.set_title("How much value the top customers hold")
    axes.legend(frameon=False, loc="lower right")
    return figure


def churn_reliability(evaluation: Evaluation) -> Figure:
    """Observed churn beside predicted probability, in ten groups of equal size."""
    table = evaluation.predictions.sort_values("churn_probability", kind="stable")
    group = np.arange(len(table)) * 10 // len(table)
    means = table.groupby(group)[["churn_probability", "target_churned"]].mean() * 100
    figure, axes = _axes()
    top = max(1.0, means.to_numpy().max()) * 1.05
    axes.plot([0, top], [0, top], color=GREY, linestyle=":", label="perfectly calibrated")
    axes.plot(means["churn_probability"], means["target_churned"], "o-", color=BLUE, label=MODEL)
    axes.set_xlabel("Predicted churn probability, % (mean of a tenth of customers)")
    axes.set_ylabel("Customers who churned, %")
    axes.set_title("Do churn probabilities mean what they say?")
    axes.legend(frameon=False)
    return figure


def importance(attribution: Attribution, unit: str) -> Figure:
    """What the predictions are made of: mean absolute part by theme."""
    sizes = attribution.importance().head(SHOWN)[::-1]
    meanings = theme_meanings(attribution.features)
    figure, axes = _axes(height=1.4 + 0.36 * len(sizes))
    axes.barh([_short(meanings[theme]) for theme in sizes.index], sizes, color=BLUE)
    axes.set_xlabel(f"Mean size of the part in predicted value, {unit}")
    axes.set_title("What predicted value is associated with (not: what would change it)")
    return figure


def beeswarm(attribution: Attribution, unit: str) -> Figure:
    """Each customer's parts by theme, coloured by the feature's value."""
    import shap

    explanation = _explanation(attribution)
    figure = plt.figure()
    shap.plots.beeswarm(explanation, max_display=SHOWN, show=False, plot_size=(10, 6))
    axes = figure.axes[0]
    axes.set_xlabel(f"Part of predicted value, {unit}", fontsize=11)
    axes.set_title("What predicted value is associated with, customer by customer", loc="left")
    return _finished(figure)


def waterfall(attribution: Attribution, row: int, title: str, unit: str) -> Figure:
    """How one customer's prediction adds up from the base value."""
    import shap

    explanation = _explanation(attribution)[row]
    figure = plt.figure()
    shap.plots.waterfall(explanation, max_display=9, show=False)
    figure = plt.gcf()
    figure.set_size_inches(10, 5)
    figure.axes[0].set_xlabel(f"Predicted value, {unit}", fontsize=11)
    figure.suptitle(title, x=0.02, ha="left", fontsize=12)
    return _finished(figure)


def _explanation(attribution: Attribution) -> shap.Explanation:
    """Return the parts as the plotting library reads them, one column a theme."""
    import shap

    themes = attribution.by_theme()
    meanings = theme_meanings(attribution.features)
    columns = {theme: [n for n in attribution.parts if n.startswith(theme)] for theme in themes}
    numbers = attribution.data.select_dtypes("number").reindex(
        columns=attribution.parts.columns,
        fill_value=0.0,  # categories have no scale to colour by
    )
    shown = np.column_stack([numbers[names[-1]] for names in columns.values()])
    return shap.Explanation(
        themes.to_numpy(),
        base_values=np.full(len(themes), attribution.base_value),
        data=np.round(shown, 2),
        feature_names=[_short(meanings[theme]) for theme in themes],
    )


def _gain(actual: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Customers of equal score share what they brought, as they do in the metrics."""
    _, tied = np.unique(-score, return_inverse=True)
    shared = np.bincount(tied, actual) / np.bincount(tied)
    total = shared[np.sort(tied)].cumsum()
    share = np.arange(1, len(actual) + 1) / len(actual)
    return share * 100, total / total[-1] * 100


def _short(text: str) -> str:
    return text if len(text) <= MOST_BELOW else text[: MOST_BELOW - 1] + "…"


def _axes(height: float = 4.6) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(9, height), layout="constrained")
    plt.close(figure)
    axes.spines[["top", "right"]].set_visible(False)
    axes.title.set_ha("left")
    axes.title.set_position((0, 1))
    axes.title.set_fontsize(12)
    return figure, axes


def _finished(figure: Figure) -> Figure:
    plt.close(figure)
    return figure
