"""How far what customers bring lies from what is expected of them, each for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np

from clvlens.models.rows import Floats

POWER = 1.5  # of the Tweedie variance, as value is weighed by its deviance
GROUPS = 10
LEAST_GROUP = 200  # rows


@dataclass(frozen=True)
class Spread:
    """Var(value | x) = ratio × E[value | x]^1.5 (Jørgensen 1987), a ratio a tenth of rows.

    `edges` part the tenths by expected value over the label window. `has_losses` says whether
    anybody brought less than nothing.
    """

    edges: tuple[float, ...]
    ratios: tuple[float, ...]
    has_losses: bool

    def variance(self, value: Floats, stretch: float = 1.0) -> Floats:
        """Return the variance of each row's value, in money squared.

        `value` is expected over a horizon `stretch` times as long as the label window; what a
        customer does in the one is taken to go on in the rest of the other.
        """
        learned = np.maximum(value, 0.0) / stretch
        group = np.searchsorted(self.edges, learned, side="right")
        return stretch**2 * np.array(self.ratios)[group] * learned**POWER

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return {**asdict(self), "edges": [*self.edges], "ratios": [*self.ratios]}

    @classmethod
    def from_dict(cls, values: Mapping) -> Self:
        """Return the spread that `to_dict` described."""
        return cls(tuple(values["edges"]), tuple(values["ratios"]), bool(values["has_losses"]))


def fit_spread(expected: Floats, seen: Floats) -> Spread:
    """Fit to what rows were expected to bring, and what they brought."""
    count = max(1, min(GROUPS, len(seen) // LEAST_GROUP))
    edges = np.quantile(expected, np.arange(1, count) / count)
    group = np.searchsorted(edges, expected, side="right")
    missed = np.bincount(group, (seen - expected) ** 2, minlength=count)
    scale = np.bincount(group, np.maximum(expected, 0.0) ** POWER, minlength=count)
    ratios = np.divide(missed, scale, out=np.zeros(count), where=scale > 0)
    return Spread(tuple(edges.tolist()), tuple(ratios.tolist()), bool(np.any(seen < 0)))
