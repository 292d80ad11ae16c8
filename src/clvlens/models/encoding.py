"""Features to the doubles that models read: learned on fit rows alone, kept by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import pandas as pd

from clvlens.errors import ModelError, nearest
from clvlens.panel.panel import FeatureInfo
from clvlens.personal import names_somebody

SMALLEST_SHARE = 0.01  # a category in fewer fit rows than this is not told apart
MOST_CATEGORIES = 20


@dataclass(frozen=True)
class Encoder:
    """Which features are read, and which categories of them are told apart.

    A number stays what it is, a category becomes one indicator a known value. Values never seen
    in fit rows have every indicator 0. Features that are constant in fit rows are not read.
    """

    numbers: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]

    @property
    def columns(self) -> list[str]:
        """Names of the encoded columns, in order: `feature` or `feature=value`."""
        indicators = (f"{name}={value}" for name, vs in self.categories.items() for value in vs)
        return [*self.numbers, *indicators]

    @property
    def sources(self) -> list[str]:
        """Return the feature behind each encoded column."""
        return [*self.numbers, *(name for name, values in self.categories.items() for _ in values)]

    def encode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return one double column an entry of `columns`, a row each row of `frame`.

        Raises `ModelError` naming the features that the frame lacks.
        """
        missing = [name for name in (*self.numbers, *self.categories) if name not in frame.columns]
        if missing:
            raise ModelError(
                f"{len(missing)} of the features that the model reads are missing, first "
                f"{missing[0]!r}: predict from the histories that it was trained on; "
                f"{nearest(missing[0], frame)}"
            )
        encoded = {name: frame[name].astype("float64") for name in self.numbers}
        for name, values in self.categories.items():
            for value in values:
                encoded[f"{name}={value}"] = frame[name].isin([value]).astype("float64")
        return pd.DataFrame(encoded, index=frame.index)

    def to_dict(self) -> dict[str, object]:
        """Return JSON values; categories as pairs, since their order is the columns' order."""
        return {"numbers": list(self.numbers), "categories": list(self.categories.items())}

    @classmethod
    def from_dict(cls, values: Mapping) -> Self:
        """Return the encoder that `to_dict` described."""
        categories = {name: tuple(known) for name, known in values["categories"]}
        return cls(tuple(values["numbers"]), categories)


def fit_encoder(
    frame: pd.DataFrame, features: Iterable[FeatureInfo], keep: Collection[str] = ()
) -> Encoder:
    """Learn from fit rows which features vary, and which categories are frequent enough.

    Numbers that are named in `keep` are read though they be constant.
    """
    numbers, categories = [], {}
    customers = frozenset(frame["customer_id"]) if "customer_id" in frame else frozenset()
    for feature in features:
        column = frame[feature.name]
        if len(column.unique()) < 2 and feature.name not in keep:
            continue
        if not feature.is_category:
            numbers.append(feature.name)
        elif frequent := _frequent(list(column), customers):
            categories[feature.name] = frequent
    return Encoder(tuple(numbers), categories)


def _frequent(values: list, customers: Collection[str]) -> tuple[str, ...]:
    """Return the categories to tell apart; of equally frequent ones, those first by name.

    A model is sent to servers: what names a customer is told apart from nothing.
    """
    counts = Counter(value for value in values if isinstance(value, str))
    often = [name for name in counts if counts[name] >= SMALLEST_SHARE * len(values)]
    frequent = [name for name in often if name not in customers and not names_somebody(name)]
    ranked = sorted(frequent, key=lambda name: (-counts[name], name))
    return tuple(sorted(ranked[:MOST_CATEGORIES]))
