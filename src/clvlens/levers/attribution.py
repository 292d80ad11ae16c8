"""Attribution: which features a prediction is made of, in money. It describes the model.

A composed prediction F(m₁, m₂, …), such as probability × amount, is attributed along the straight
path from the average margins to the customer's own (Aumann and Shapley 1974). Each margin's share
of the money is divided among features by the TreeSHAP values of that margin (Lundberg, Erion and
Lee 2018), and what BTYD expects by Shapley values over its four inputs. The parts of a customer
add up to their prediction minus the base value, exactly but for rounding and the quadrature,
whose error is stated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.histories.base import stem_of
from clvlens.models.customer import CustomerModel
from clvlens.models.own import OwnValue
from clvlens.models.rows import Floats
from clvlens.panel.panel import FeatureInfo

PROBE = 500  # rows explained first, to tell how long all will take
BATCH = 20_000  # rows whose parts are held at once
NODES = 24  # Gauss–Legendre; error below 1e-9 of the prediction for logistic × exponential


@dataclass(frozen=True)
class Attribution:
    """The parts of predicted values, in money over the horizon.

    `parts` has one row a customer and one column a feature; each row adds up to `prediction` -
    `base_value`. `data` has the features' values, categories as text. `error` is the largest gap
    that is left, in money: TreeSHAP's values are single floats, so it grows with predictions.
    """

    parts: pd.DataFrame
    data: pd.DataFrame
    prediction: Floats
    base_value: float
    features: tuple[FeatureInfo, ...]
    error: float

    @property
    def relative_error(self) -> float:
        """The largest gap as a share of the largest prediction; 0 where nothing is predicted."""
        largest = float(np.abs(self.prediction).max(initial=0))
        return self.error / largest if largest else 0.0

    def by_theme(self) -> pd.DataFrame:
        """Sum the windows of one feature (`orders__count_30d`, `…_90d`) into one column."""
        return self._summed({name: stem_of(name) for name in self.parts})

    def by_lever(self) -> pd.DataFrame:
        """Sum signed parts by lever; features of no lever by their history."""
        homes = {f.name: f.lever or f"{f.history}: other" for f in self.features}
        return self._summed({name: homes[name] for name in self.parts})

    def importance(self) -> pd.Series:
        """Mean absolute money by theme, largest first; signed values are summed before."""
        return self.by_theme().abs().mean().sort_values(ascending=False)

    def reasons(self, most: int = 3) -> pd.DataFrame:
        """Return `reason_1`, `reason_1_amount`, … of each customer: the largest parts by size.

        Reasons are associated with the prediction; they do not say what would change it.
        """
        themes = self.by_theme()
        meanings = theme_meanings(self.features)
        labels = np.array([meanings[theme] for theme in themes.columns], dtype=object)
        amounts = themes.to_numpy()
        ranked = np.argsort(-np.abs(amounts), axis=1, kind="stable")[:, :most]
        columns = {}
        for place, chosen in enumerate(ranked.T, start=1):
            columns[f"reason_{place}"] = labels[chosen]
            columns[f"reason_{place}_amount"] = amounts[np.arange(len(amounts)), chosen]
        return pd.DataFrame(columns, index=themes.index)

    def _summed(self, homes: dict[str, str]) -> pd.DataFrame:
        return self.parts.T.groupby([homes[name] for name in self.parts], sort=False).sum().T


def attribute(model: CustomerModel, frame: pd.DataFrame) -> Attribution:
    """Attribute the predicted value of each row of features to the features, in money.

    Cost: exact TreeSHAP of both parts, some hundred times that of predicting; choose the rows.
    Raises `ModelError` where value is said by an estimator of the user's.
    """
    if isinstance(model.value, OwnValue):
        raise ModelError(
            f"value is predicted by {model.value.name}: of what it adds up is known to it alone"
        )
    X = model.encoder.encode(frame).to_numpy()
    margins = model.value.margins(X)
    shares = model.value.shares(X)
    base = np.array([share[0, -1] for share in shares])
    scale = model.stretch * _swing(model, frame)
    weights = _path_weights(model, base, margins) * scale
    encoded = sum(weights[:, [k]] * share[:, :-1] for k, share in enumerate(shares))
    sources = model.encoder.sources
    parts = pd.DataFrame(encoded, columns=sources, index=frame.index)
    parts = parts.T.groupby(sources, sort=False).sum().T
    prediction = model.value.compose(margins) * scale
    base_value = float(model.value.compose(base[None, :])[0] * scale)
    gap = np.abs(parts.sum(axis=1).to_numpy() - (prediction - base_value))
    features = tuple(f for f in model.features if f.name in parts.columns)
    return Attribution(
        parts, frame[list(parts.columns)], prediction, base_value, features, float(gap.max())
    )


def _swing(model: CustomerModel, frame: pd.DataFrame) -> float:
    """Return the season's factor of rows of one cutoff, which every part of value shares."""
    if "cutoff" not in frame:
        return 1.0
    factors = np.unique(model.swing(frame["cutoff"].unique()))
    if len(factors) > 1:
        raise ModelError(
            f"rows of {frame['cutoff'].nunique()} cutoffs have seasons of their own: attribute "
            "those of one cutoff at a time"
        )
    return float(factors[0]) if len(factors) else 1.0


def foresee(
    model: CustomerModel, frame: pd.DataFrame, progress: Callable[[str], None], what: str
) -> None:
    """Say how long it will take to attribute rows, before it begins: a few are timed.

    Exact TreeSHAP costs rows × trees × leaves × depth², so that it is linear in rows.
    """
    few = frame.iloc[: min(PROBE, len(frame) // 20)]
    progress(what)
    if len(few):
        began = time.monotonic()
        attribute(model, few)
        seconds = (time.monotonic() - began) / len(few) * len(frame)
        progress(f"{what}, about {seconds:,.0f} s")


def find_reasons(
    model: CustomerModel, frame: pd.DataFrame, progress: Callable[[str], None]
) -> pd.DataFrame:
    """Return the reasons of each row as `Attribution.reasons` has them, in batches.

    What the first few rows cost tells how long all will take, which `progress` hears before most
    of the work is done.
    """
    what = f"find reasons for {len(frame):,} customers"
    progress(what)
    edges = sorted({0, min(PROBE, len(frame)), *range(PROBE, len(frame), BATCH), len(frame)})
    began, found = time.monotonic(), []
    for start, end in pairwise(edges):
        found.append(attribute(model, frame.iloc[start:end]).reasons())
        if start == 0 and end < len(frame):
            seconds = (time.monotonic() - began) / end * len(frame)
            progress(f"{what}, about {seconds:,.0f} s")
    return pd.concat(found)


def theme_meanings(features: tuple[FeatureInfo, ...]) -> dict[str, str]:
    """Return what each theme means: a feature's meaning without its window."""
    return {stem_of(f.name): f.meaning.split(" in the last ")[0] for f in features}


def _path_weights(model: CustomerModel, base: Floats, margins: Floats) -> Floats:
    """Return ∫₀¹ ∂F/∂mₖ along the path from the base margins, by row and part."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    total = np.zeros_like(margins)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        total += weight * model.value.gradient(base + node * (margins - base))
    return total
