"""What is told of levers: effects beside associations, never added up or ranked together.

An effect is causal, with an interval and an evidence letter; an association describes the model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from clvlens.levers.trials import UNRECORDED
from clvlens.output.numbers import amount, signed, span

Row = dict[str, Any]

TOP = 3
HARDLY = 0.02  # of what predictions lean on, below which none would
LEANS = 0.10  # a lever with a tenth of what predictions lean on is one that a reader would pick


@dataclass(frozen=True)
class LeverReport:
    """What the lever page, the run's description and its files are made of.

    `effects` has one row a lever and policy, with the columns of `levers.csv`; `associated` the
    mean absolute part of predicted value by lever, money a customer in `unit`; `opportunity` one
    row a lever that pays, as `Opportunity.by_lever`.
    """

    name: str
    currency: str
    unit: str
    effects: pd.DataFrame
    associated: pd.Series
    opportunity: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def sample(self) -> str:
        """On how many customers effects were estimated, if not on all."""
        return next(iter(self.effects["sample"]), "")

    @property
    def told(self) -> list[Row]:
        """Levers about whose effect something is told, the largest a customer first."""
        rows = self.effects[self.effects["evidence"] != "D"]
        rows = rows.sort_values("effect_per_customer", key=abs, ascending=False, kind="stable")
        return rows.to_dict("records")

    @property
    def refused(self) -> list[Row]:
        """Levers of which only the association is told."""
        return self.effects[self.effects["evidence"] == "D"].to_dict("records")

    @property
    def shown(self) -> list[Row]:
        """The levers whose effect differs from zero."""
        return [row for row in self.told if differs(row)]

    @property
    def leaning(self) -> list[Row]:
        """Refused levers of which something is recorded; `associated`: how far predictions lean."""
        return [
            {**row, "associated": self.associated.get(row["lever"], 0.0)}
            for row in self.refused
            if not row["reason"].startswith(UNRECORDED)
        ]

    @property
    def unrecorded(self) -> dict[str, str]:
        """Levers of which the tables say nothing, each with what they lack."""
        reasons = {row["lever"]: row["reason"] for row in self.refused}
        return {
            lever: reason.removeprefix(UNRECORDED)
            for lever, reason in reasons.items()
            if reason.startswith(UNRECORDED)
        }

    @property
    def top(self) -> list[Row]:
        """The few levers with the largest effects that differ from zero."""
        return self.shown[:TOP]

    @property
    def unpriced(self) -> tuple[str, ...]:
        """What to know of levers that could be given at a cost that nobody gave; a line or none."""
        rows = self.opportunity
        names = list(rows.loc[rows["total_cost"].isna(), "lever"]) if len(rows) else []
        told = (
            f"net takes what {', '.join(names)} would cost as nothing, and a budget goes to others"
        )
        return (f"{told}; say it under levers.costs",) if names else ()

    @property
    def verdict(self) -> str:
        """One sentence: how many levers would change value, and which one most."""
        asked, found = self.effects["lever"].nunique(), self.shown
        if not found:
            return f"None of {asked} levers can be shown to change value with these numbers."
        names = {row["lever"] for row in found}
        number = "1 lever" if len(names) == 1 else f"{len(names)} levers"
        return (
            f"{number} of {asked} can be shown to change value; most a customer: "
            f"{found[0]['lever']}, {self.effect(found[0])}."
        )

    def effect(self, row: Row) -> str:
        """Return an effect with its interval and unit, as text."""
        return (
            f"{self.currency} {signed(row['effect_per_eligible'])} per eligible customer over "
            f"{row['horizon_days']:.0f} days (95 % interval {span(row)})"
        )

    def moved(self, row: Row) -> str:
        """Return what the lever is moved to, and for how long where it does not last."""
        lasts = row["kind"] in ("event", "intensity")
        return f"{row['target']}, {row['policy']}" if lasts else row["target"]

    def contrast(self, row: Row) -> str:
        """Say in a sentence where association, raw difference and effect disagree; or nothing."""
        found = differs(row)
        leaning = self._share(row["lever"])
        effect, raw = row["effect_per_eligible"], row["raw_difference"]
        sentences = []
        if found and np.sign(raw) * np.sign(effect) < 0:
            more = "less" if raw < 0 else "more"
            sentences.append(
                f"Customers who had it were worth {self.currency} {amount(abs(raw))} {more} than "
                "those who had not, because of whom it was given to; the effect has the other sign."
            )
        if leaning >= LEANS and not found:
            sentences.append(
                "Predictions lean on it, but moving it changes nothing that these data can tell: "
                "it marks customers who were worth more already."
            )
        if found and leaning < HARDLY:
            sentences.append(
                "Predictions hardly lean on it, yet moving it changes value: what it did was done "
                "before the day of the prediction, and other features show the result."
            )
        return " ".join(sentences)

    def _share(self, lever: str) -> float:
        """Return how much of what predictions lean on is this lever's."""
        whole = self.associated.sum()
        return float(self.associated.get(lever, 0.0) / whole) if whole else 0.0


def differs(row: Row) -> bool:
    """Whether an effect's interval leaves zero out."""
    return bool(row["low_95"] > 0 or row["high_95"] < 0)
