"""What is found of a lever, and how it is said: a row of `levers.csv`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

import pandas as pd

from clvlens.histories import discover
from clvlens.histories.base import Lever
from clvlens.levers.heterogeneity import Ranking
from clvlens.levers.trials import Trial

NAN = float("nan")


@dataclass(frozen=True)
class Effect:
    """One lever and policy: a row of `levers.csv`.

    Money is in `currency` over `horizon_days`; churn is a change of the share that orders nothing
    in them. `per_eligible` is for each customer for whom the lever is decided, `per_customer` for
    each who signed up, eligible or not. `treated` and `untreated` are customers; of a lever that is
    given at many ages, trials of customers. `gain_slope` is by how much the gain of those away from
    the target rises with a unit of the value expected at it; `ranking` is there, and no column,
    where that differs from zero. Where evidence is D no effect is shown: its columns
    are missing, and `reason` says why. `sample` says on how many customers it was estimated, if not
    on all.
    """

    lever: str
    meaning: str
    history: str
    kind: str
    controllable: bool
    decided: str = ""
    eligible: str = ""
    assignment_note: str = ""
    target: str = ""
    policy: str = ""
    currency: str = ""
    horizon_days: int = 0
    eligible_customers: int = 0
    treated: int = 0
    untreated: int = 0
    population: str = ""
    sample: str = ""
    effect_per_eligible: float = NAN
    low_95: float = NAN
    high_95: float = NAN
    effect_per_customer: float = NAN
    customer_low_95: float = NAN
    customer_high_95: float = NAN
    churn_effect_per_eligible: float = NAN
    churn_low_95: float = NAN
    churn_high_95: float = NAN
    raw_difference: float = NAN
    overlap_share_below_05: float = NAN
    worst_imbalance_before: float = NAN
    worst_imbalance_after: float = NAN
    negative_control: str = ""
    robustness_value: float = NAN
    strongest_benchmark: str = ""
    strongest_benchmark_value: float = NAN
    bound_low: float = NAN
    bound_high: float = NAN
    gain_slope: float = NAN
    gain_slope_low_95: float = NAN
    gain_slope_high_95: float = NAN
    evidence: str = "D"
    verdict: str = ""
    reason: str = ""
    ranking: Ranking | None = field(default=None, repr=False, compare=False)

    @property
    def could_be_given(self) -> bool:
        """Whether it is shown to pay, and is given to a customer, not met by one."""
        pays = self.is_shown and self.low_95 > 0
        return pays and self.controllable and self.kind in ("one_time", "standing")

    @property
    def is_shown(self) -> bool:
        """Whether there is an effect to speak of; else an association alone."""
        return self.evidence != "D"


def describe(lever: Lever, currency: str) -> Effect:
    """Return what is known of a lever before it is studied."""
    homes = {known.name: name for name, h in discover().items() for known in h.levers}
    decision = lever.decision
    history = homes.get(lever.name) or (decision.arm.history if decision else "")
    kind = decision.kind if decision else "indicator"
    return Effect(lever.name, lever.meaning, history, kind, lever.controllable, currency=currency)


def effects_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """Return one row an effect, with the columns of `Effect`."""
    names = [each.name for each in fields(Effect) if each.name != "ranking"]
    return pd.DataFrame(
        [{name: getattr(e, name) for name in names} for e in effects], columns=names
    )


def design(trial: Trial, about: Effect) -> Effect:
    """Add what was compared, among whom, and which policy that is."""
    decision = trial.decision
    return replace(
        about,
        decided=trial.decided,
        eligible=decision.eligible_note,
        assignment_note=decision.assignment_note,
        target=decision.target,
        policy=_policy(trial),
        horizon_days=trial.horizon_days,
        eligible_customers=trial.eligible,
    )


def _policy(trial: Trial) -> str:
    """Say for how long the target is held: an effect of a window is none of a lasting policy."""
    decision = trial.decision
    if decision.kind == "event":
        days = decision.periods * decision.arm.within_days
        return "to the end of the horizon" if trial.is_held else f"for {days:.0f} days"
    if decision.kind == "intensity":
        return "the first time"
    often = f", on average over {trial.ages} ages" if trial.ages > 1 else ""
    return ("once" if decision.kind == "one_time" else "from then on") + often


def refuse(about: Effect, reason: str) -> Effect:
    """Return what is left where no effect may be shown: the association, and the reason."""
    return replace(about, evidence="D", verdict=f"association only: {reason}", reason=reason)


def verdict_of(about: Effect) -> str:
    """Say an effect in a sentence, with its interval, its policy and among whom it holds."""
    unit, days = about.currency, about.horizon_days
    among = f"; for {about.population}" if about.population else ""
    span = f"95 % interval {about.low_95:+,.2f} to {about.high_95:+,.2f}"
    if about.low_95 <= 0 <= about.high_95:
        return f"not distinguishable from zero with these numbers ({span} {unit} each){among}"
    return (
        f"with '{about.target}' for all of {about.eligible}, {about.policy}, value would change "
        f"by {about.effect_per_eligible:+,.2f} {unit} each over {days} days ({span}){among}"
    )
