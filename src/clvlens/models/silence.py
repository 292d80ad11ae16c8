"""How a chance of silence grows rarer with time: who stayed away so far has mostly left for good.

Labels may be shorter than the horizon. With a constant rate of orders, P(no order in h) would be
P(no order in l)^(h/l); but silence sorts customers, and those who kept it for l days order less
than the rest. A buy-till-you-die model knows how much less:

    P(no order in h) = P(no order in l) × B(no order in h) / B(no order in l)

whose last factor, the chance of silence until h given silence until l, is the model's B, fitted
on the order histories of the fit rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.metrics import log_loss
from clvlens.models.btyd import FITS
from clvlens.models.btyd_distributions import BgNbd, ParetoNbd
from clvlens.models.rows import Floats

WEEK = 7.0
HISTORY = ("orders__repeat_days", "orders__first_to_last", "orders__days_since_first")
LEAST = 1e-12


@dataclass(frozen=True)
class Silence:
    """A purchase process that says what silence over the label window tells of the horizon."""

    purchases: BgNbd | ParetoNbd

    def lasts(self, histories: Floats, label_days: float, horizon_days: float) -> Floats:
        """Return P(no order in the horizon | none in the label window). Shape (rows,).

        `histories` has the columns of `HISTORY`, in days. Missing for who never bought.
        """
        return self.chance(histories, horizon_days) / self.chance(histories, label_days)

    def chance(self, histories: Floats, days: float) -> Floats:
        """Return P(no order in so many days). Shape (rows,); missing for who never bought."""
        bought = np.isfinite(histories).all(axis=1)
        active = self.purchases.probability_active(*in_weeks(histories[bought]), days / WEEK)
        chance = np.full(len(histories), np.nan)
        chance[bought] = np.clip(1 - active, LEAST, 1)
        return chance

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        kind = next(name for name, model in KINDS.items() if isinstance(self.purchases, model))
        return {"kind": kind, "parameters": self.purchases.to_dict()}

    @classmethod
    def from_dict(cls, values: dict) -> Self:
        """Return the model that `to_dict` described."""
        return cls(KINDS[values["kind"]](**values["parameters"]))


KINDS: dict[str, type[BgNbd | ParetoNbd]] = {"bg_nbd": BgNbd, "pareto_nbd": ParetoNbd}


def fit_silence(fit: pd.DataFrame, label_days: float) -> Silence | None:
    """Fit BG/NBD and Pareto/NBD, and keep the one that says more of the labels.

    The likelihood of order histories fits them; the log loss of `target_churned` chooses. Nothing
    where neither can be fitted.
    """
    rows = fit.loc[fit["cutoff"] == fit["cutoff"].max()]
    rows = rows.dropna(subset=list(HISTORY))
    histories, silent = rows[list(HISTORY)].to_numpy(float), rows["target_churned"].to_numpy()
    found = []
    for fitted in FITS.values():
        try:
            model = Silence(fitted(*in_weeks(histories)))
        except ModelError:
            continue
        found.append((log_loss(silent, model.chance(histories, label_days)), len(found), model))
    return min(found)[2] if found else None


def stretched(churn: Floats, lasts: Floats, stretch: float) -> Floats:
    """Return P(no order in the horizon) from that in the label window.

    At a constant rate of orders where nothing is known of how long silence lasts.
    """
    constant = churn**stretch
    return np.where(np.isfinite(lasts), churn * lasts, constant)


def in_weeks(histories: Floats) -> tuple[Floats, Floats, Floats]:
    """Return x, t_x and T, the times in weeks, from the columns of `HISTORY`.

    Hours may put the last order's day past the age; then the age is that.
    """
    x, t_x, T = histories.T
    return x, t_x / WEEK, np.maximum(t_x, T) / WEEK
