"""Value in one piece: boosted trees with Tweedie's loss, from zero to large amounts alike."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from clvlens.models.boosting import Based, Boosted, margins
from clvlens.models.rows import Floats, Rows


class TweedieRegressor(RegressorMixin, Boosted):
    """E[value | x] = net × exp(base + trees), with Tweedie deviance of `power` and log link.

    `base` is where raw scores begin: the logarithm of what another method expects of the row, or
    of the mean of the fit rows. Tweedie's loss takes no negative value: rows that brought less
    than nothing count as 0, and `net` takes off in the total what they took. Source: Jørgensen
    (1987), "Exponential dispersion models"; Yang, Qian and Zou (2018) for boosted trees.

    `y` is money a row over the label window.
    """

    def __init__(
        self,
        trees: int = 300,
        learning_rate: float = 0.03,
        max_depth: int = 4,
        min_child_weight: float = 10.0,
        seed: int = 7,
        device: str = "cpu",
        power: float = 1.5,
    ) -> None:
        super().__init__(trees, learning_rate, max_depth, min_child_weight, seed, device)
        self.power = power

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        select: Rows | None = None,
        base: Floats | None = None,
        select_base: Floats | None = None,
    ) -> Self:
        """Fit on rows of one or several cutoffs, and keep what held-out rows are expected to bring.

        All rows of a customer (`groups`) are held out together; `select` are later rows. `base`
        and `select_base`, of shape (rows,), are logarithms of money.
        """
        X, y, groups, order = self._ordered(X, y, groups)
        paid = np.maximum(y, 0.0)
        start = float(np.log(paid.mean())) if paid.any() else 0.0
        self.state_: dict[str, Any] = {"net": 1.0, "start": start}
        fit = _based(Rows(X, y, groups), start, base if base is None else base[order])
        later = None if select is None else _based(select, start, select_base)
        objective = {
            "objective": "reg:tweedie",
            "tweedie_variance_power": self.power,
            "base_score": 1.0,  # whose logarithm is 0: raw scores begin at `base` alone
        }
        booster, held = self._held_out("value", fit, objective, later)
        self.boosters_ = {"value": booster}
        expected = np.exp(margins(booster, X, fit.base) + start).sum()
        self.state_["net"] = float(max(y.sum(), 0.0) / expected)
        held = held if select is not None else held[np.argsort(order)]
        self.held_out_ = self.state_["net"] * np.exp(held + start)
        return self

    def predict(self, X: ArrayLike, base: Floats | None = None) -> Floats:
        """Return the expected value a row, in money over the label window. Shape (rows,)."""
        raw = self.margins(X)
        return self.compose(raw if base is None else raw - self.state_["start"] + base[:, None])

    def margins(self, X: ArrayLike) -> Floats:
        """Return the raw scores, begun at the mean of the fit rows. Shape (rows, 1)."""
        X = self._rows(X)
        raw = margins(self.boosters_["value"], X)
        return raw[:, None] + self.state_["start"]

    def compose(self, margins: Floats) -> Floats:
        """Return money from raw scores: net × exponential."""
        return self.state_["net"] * np.exp(margins[:, 0])

    def gradient(self, margins: Floats) -> Floats:
        """Return the derivative of `compose` by the raw score. Shape (rows, 1)."""
        return self.compose(margins)[:, None]

    def starts(self) -> Floats:
        """Return where raw scores begin without trees. Shape (1,)."""
        return np.array([self.state_["start"]])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # the benchmark of that tag has negative targets
        return tags


def _based(rows: Rows, start: float, base: Floats | None) -> Based:
    """Return rows with money in units of exp(`start`), so that any currency grows alike trees."""
    begin = np.zeros(len(rows.y)) if base is None else base - start
    return Based(rows.X, np.maximum(rows.y, 0.0) / np.exp(start), rows.groups, begin)
