"""How the parts of predictions depend on a feature, and on what else they depend there."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from clvlens.levers.attribution import Attribution, theme_meanings
from clvlens.output.figures import GREY, lines, theme_values

PANELS = 6
COLOUR_LINE = 34  # characters of a line beside a colour bar, which is no higher than a panel
EXTREMES = (0.01, 0.99)  # a few customers far out must not squeeze all others together


def dependence(attribution: Attribution, unit: str) -> Figure:
    """A panel for each theme that is a number and matters most: its value, and its part.

    Colour is the theme with which it interacts most: the one whose value goes with what the part
    still varies among customers of about the same value (`shap.utils.approximate_interactions`).
    """
    parts, values = attribution.by_theme(), theme_values(attribution)
    numbers = [theme for theme in attribution.importance().index if _is_number(values[theme])]
    meanings = theme_meanings(attribution.features)
    shown = numbers[:PANELS]
    rows = max(1, -(-len(shown) // 2))
    figure = Figure(figsize=(10, 0.8 + 3.0 * rows), layout="constrained")
    title = "How parts of predicted value go with a feature's value (not: what would change it)"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    panels = list(figure.subplots(rows, 2, squeeze=False).flat)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    for axes, theme in zip(panels, shown, strict=False):
        other = _interacting(theme, parts[numbers], values[numbers])
        points = _draw(axes, parts[theme], values[theme], values[other or theme])
        axes.set_xlabel(lines(meanings[theme]))
        axes.set_ylabel(f"Part, {unit.replace(' over ', chr(10) + 'over ')}", fontsize=9)
        if other:
            figure.colorbar(points, ax=axes).set_label(
                lines(meanings[other], COLOUR_LINE), fontsize=8
            )
    return figure


def _interacting(theme: str, parts: pd.DataFrame, values: pd.DataFrame) -> str | None:
    """Return the theme that interacts most with one; nothing where there is no other."""
    from shap.utils import approximate_interactions

    if parts.shape[1] < 2:
        return None
    place = parts.columns.get_loc(theme)
    ranked = approximate_interactions(place, parts.to_numpy(), values.to_numpy(dtype=float))
    return str(parts.columns[next(i for i in ranked if i != place)])


def _draw(axes: Axes, parts: pd.Series, x: pd.Series, colour: pd.Series) -> PathCollection:
    known = x.notna()
    low, high = _range(colour)
    points = axes.scatter(x[known], parts[known], c=colour[known], s=8, vmin=low, vmax=high)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_xlim(*_range(x, margin=0.04))
    axes.spines[["top", "right"]].set_visible(False)
    return points


def _range(values: pd.Series, margin: float = 0.0) -> tuple[float, float]:
    """Return where all but the extremes of the known values lie, never an empty range."""
    if values.isna().all():
        return 0.0, 1.0
    low, high = values.quantile(list(EXTREMES))
    room = margin * (high - low) if high > low else 0.5
    return float(low - room), float(high + room)


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values)
