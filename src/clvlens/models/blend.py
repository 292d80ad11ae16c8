"""Value as the weighted sum of several methods, each of which can be read alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Self

import numpy as np
import xgboost as xgb

from clvlens.models.linear import LinearRegressor
from clvlens.models.partner import BtydPartner
from clvlens.models.quantiles import QuantileRegressor
from clvlens.models.rows import Floats
from clvlens.models.tweedie import TweedieRegressor
from clvlens.models.value import HurdleRegressor
from clvlens.models.ziln import ZilnRegressor

Member = HurdleRegressor | TweedieRegressor | ZilnRegressor | QuantileRegressor | LinearRegressor

BTYD = "btyd"
ANCHORED = "anchored"
LINEAR = "linear"
KINDS: dict[str, type[Member]] = {
    "hurdle": HurdleRegressor,
    "tweedie": TweedieRegressor,
    ANCHORED: TweedieRegressor,  # its trees begin at what BTYD expects
    "ziln": ZilnRegressor,
    "quantile": QuantileRegressor,
    LINEAR: LinearRegressor,
}
TITLES = {
    "hurdle": "hurdle",
    "tweedie": "Tweedie",
    ANCHORED: "Tweedie from BTYD",
    "ziln": "ZILN",
    "quantile": "mean of quantiles",
    LINEAR: "linear",
    BTYD: "BTYD with returns",
}


@dataclass(frozen=True)
class ValueBlend:
    """E[value | x] = Σ weight × what a member expects, in money over the label window.

    `members` are fitted estimators by their name among `KINDS`, `partner` the fitted BTYD, which
    is a member of its own and where the trees of the anchored one begin. Weights hold the level
    too, so that they need not add up to 1; members of weight 0 are kept to be compared.
    `evidence` says on what the weights rest, as JSON values.
    """

    members: Mapping[str, Member]
    weights: Mapping[str, float]
    partner: BtydPartner | None = None
    evidence: dict = field(default_factory=dict)

    def predict(self, X: Floats) -> Floats:
        """Return the expected value a row. Shape (rows,)."""
        return self.compose(self.margins(X))

    def candidates(self, X: Floats) -> dict[str, Floats]:
        """Return what each member alone expects a row, weighted or not."""
        everybody = [*self.members, *([BTYD] if self.partner else [])]
        return {name: self._compose(name, self._margins(name, X)) for name in everybody}

    def margins(self, X: Floats) -> Floats:
        """Return the raw scores of all that have weight, side by side. Shape (rows, scores)."""
        return np.column_stack([self._margins(name, X) for name in self._heard])

    def compose(self, margins: Floats) -> Floats:
        """Return money from raw scores: the weighted sum of what members make of theirs."""
        parts = [self.weights[n] * self._compose(n, m) for n, m in self._apart(margins)]
        return np.sum(parts, axis=0)

    def gradient(self, margins: Floats) -> Floats:
        """Return the derivative of `compose` by each raw score. Shape (rows, scores)."""
        parts = [self.weights[n] * self._gradient(n, m) for n, m in self._apart(margins)]
        return np.column_stack(parts)

    def shares(self, X: Floats) -> list[Floats]:
        """Return what each feature adds to each raw score, the base value last.

        TreeSHAP for trees; for lines, and for BTYD over its inputs, exact Shapley values. A list
        with an entry a column of `margins`, each of shape (rows, features + 1).
        """
        base = self.partner.share(X) if self.partner else np.zeros((len(X), X.shape[1] + 1))
        shares = []
        for name in self._heard:
            if name == BTYD:
                shares.append(base)
                continue
            own = self.members[name].shares(X)
            if name == ANCHORED:
                own[0][:, -1] -= self.members[name].starts()
                own = [own[0] + base]
            shares += own
        return shares

    @property
    def followed(self) -> float:
        """How far its level follows BTYD's, and so the season's: 0 not at all, 1 all the way."""
        return float(self.evidence.get("followed", 0.0))

    @property
    def _heard(self) -> list[str]:
        return [name for name, weight in self.weights.items() if weight > 0]

    def _margins(self, name: str, X: Floats) -> Floats:
        if name == BTYD:
            return self._expected(X)
        own = self.members[name].margins(X)
        return own if name != ANCHORED else own - self.members[name].starts() + self._expected(X)

    def _expected(self, X: Floats) -> Floats:
        if self.partner is None:
            raise ValueError("a blend that hears BTYD lacks it")
        return self.partner.log_value(X)[:, None]

    def _compose(self, name: str, margins: Floats) -> Floats:
        return np.exp(margins[:, 0]) if name == BTYD else self.members[name].compose(margins)

    def _gradient(self, name: str, margins: Floats) -> Floats:
        return np.exp(margins) if name == BTYD else self.members[name].gradient(margins)

    def _apart(self, margins: Floats) -> list[tuple[str, Floats]]:
        """Return each heard member with its columns of the raw scores."""
        widths = [1 if n == BTYD else self.members[n].scores for n in self._heard]
        edges = pairwise(accumulate(widths, initial=0))
        return [
            (name, margins[:, start:end])
            for name, (start, end) in zip(self._heard, edges, strict=True)
        ]

    def words(self) -> str:
        """Say of what the value is made, and on what evidence."""
        about = self.evidence
        level, season = about.get("level", 1.0), about.get("season", 1.0)
        own = {n: self.weights[n] / (season if n == BTYD else level) for n in self._heard}
        parts = [f"{weight:.2f} × {TITLES[name]}" for name, weight in own.items()]
        which = "all but BTYD" if BTYD in own else "all"
        return (
            f"value is {' + '.join(parts)}, {which} × {level:.3f} for the level of totals: "
            f"{about['rule']} (fitted ones lower the deviance of held-out rows by "
            f"{about['gain']:.4f} ± {about['standard_error']:.4f})"
        )

    # What the store needs of every estimator.

    def get_params(self) -> dict[str, Any]:
        """Return the settings of every member."""
        return {name: member.get_params() for name, member in self.members.items()}

    @property
    def boosters_(self) -> dict[str, xgb.Booster]:
        """All trees, by member and part."""
        return {
            f"{name}-{part}": booster
            for name, member in self.members.items()
            for part, booster in member.boosters_.items()
        }

    @property
    def state_(self) -> dict[str, Any]:
        """Whatever else a copy needs, as JSON values."""
        return {
            "weights": list(self.weights.items()),
            "partner": self.partner and self.partner.to_dict(),
            "members": {name: member.state_ for name, member in self.members.items()},
            "evidence": self.evidence,
        }

    @classmethod
    def restored(cls, settings: dict, boosters: dict[str, xgb.Booster], state: dict) -> Self:
        """Return a copy from what was stored of one."""
        members = {}
        for name in (name for name in KINDS if name in settings):
            parts = {
                part.removeprefix(f"{name}-"): booster
                for part, booster in boosters.items()
                if part.startswith(f"{name}-")
            }
            members[name] = KINDS[name].restored(settings[name], parts, state["members"][name])
        partner = state["partner"] and BtydPartner.from_dict(state["partner"])
        return cls(members, dict(state["weights"]), partner, state["evidence"])
