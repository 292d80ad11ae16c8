"""Pages in one file: without scripts or network, for screen, projector and paper."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from clvlens.output.numbers import KINDS, WORDS, cells, miss, spaced, span


def render(template: str, values: Mapping[str, object]) -> str:
    """Return a page made from a template of this package; what is put into HTML is escaped."""
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("clvlens.output"),
        autoescape=jinja2.select_autoescape(),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(KINDS, span=span, miss=miss, cells=cells, spaced=spaced, picture=picture)
    pages.tests["words"] = WORDS.__contains__
    return pages.get_template(template).render(values)


def save_figure(figure: Figure, place: Path | io.BytesIO) -> None:
    """Write a figure as PNG, always with the same bytes, sharp on paper and on a projector."""
    figure.savefig(place, format="png", dpi=150, metadata={"Software": None})


def save_plots(plots: Mapping[str, Figure], folder: Path) -> None:
    """Write figures into a new folder, always with the same bytes."""
    folder.mkdir()
    for name, figure in plots.items():
        save_figure(figure, folder / f"{name}.png")


def picture(figure: Figure | Path, description: str) -> Markup:
    """Return a figure, or the file of one, as an image that lies within the page."""
    if isinstance(figure, Path):
        data = figure.read_bytes()
    else:
        drawn = io.BytesIO()
        save_figure(figure, drawn)
        data = drawn.getvalue()
    encoded = base64.b64encode(data).decode()
    return Markup('<img alt="{}" src="data:image/png;base64,{}">').format(description, encoded)
