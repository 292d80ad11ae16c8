"""Pages in one file: without scripts or network, for screen, projector and paper."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

import jinja2
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

MINUS = "\N{MINUS SIGN}"


def render(template: str, values: Mapping[str, object]) -> str:
    """Return a page made from a template of this package; what is put into HTML is escaped."""
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("clvlens.output"),
        autoescape=jinja2.select_autoescape(),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(amount=amount, signed=signed, span=span, share=share, picture=picture)
    return pages.get_template(template).render(values)


def amount(value: float) -> str:
    """Return a number with as many decimals as people read: none from a hundred on.

    >>> amount(1234.5), amount(-3.14159), amount(0.8704), amount(float("nan"))
    ('1,234', '−3.1', '0.870', '–')
    """
    return "–" if pd.isna(value) else f"{value:,.{_digits(value)}f}".replace("-", MINUS)


def signed(value: float) -> str:
    """Return a change as `amount` does, with its sign.

    >>> signed(12.34), signed(-0.5), signed(0.0)
    ('+12.3', '−0.500', '0')
    """
    return f"+{amount(value)}" if value > 0 else amount(value)


def span(row: Mapping[str, float]) -> str:
    """Return an interval with as many decimals at both ends as the larger one has.

    >>> span({"low_95": -0.393, "high_95": 39.72})
    '−0.4 to +39.7'
    """
    low, high = row["low_95"], row["high_95"]
    digits = _digits(max(abs(low), abs(high)))
    return f"{low:+,.{digits}f} to {high:+,.{digits}f}".replace("-", MINUS)


def _digits(value: float) -> int:
    size = abs(value)
    return 0 if size >= 100 or not size else 1 if size >= 1 else 3


def share(value: float) -> str:
    """Return a share in per cent.

    >>> share(0.256), share(0.0004), share(float("nan"))
    ('26 %', '0.04 %', '–')
    """
    if pd.isna(value):
        return "–"
    digits = 0 if abs(value) >= 0.1 or value == 0 else 1 if abs(value) >= 0.001 else 2
    return f"{100 * value:.{digits}f} %".replace("-", MINUS)


def picture(figure: Figure, description: str) -> Markup:
    """Return a figure as an image that lies within the page."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=150, metadata={"Software": None})
    encoded = base64.b64encode(data.getvalue()).decode()
    return Markup('<img alt="{}" src="data:image/png;base64,{}">').format(description, encoded)
