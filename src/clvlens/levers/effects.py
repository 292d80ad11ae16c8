"""Effects: what would change if a lever were at its target for all who are eligible, in money.

E[value at the target] − E[value as is], from target trials, with a 95 % interval, gates, and a
letter for the evidence: A randomised; B the gates pass and no confounder as strong as the strongest
history that is seen could explain the effect away; C the gates pass; D association only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from clvlens.histories import discover
from clvlens.histories.base import Lever
from clvlens.levers import gates, sensitivity
from clvlens.levers.estimation import Assignment, Influence, assign
from clvlens.levers.nuisances import prepare
from clvlens.levers.sensitivity import Strength
from clvlens.levers.trials import Absent, Trial, run_trials
from clvlens.models.boosting import Floats
from clvlens.panel.world import World

Z = 1.959963984540054
NAN = float("nan")


@dataclass(frozen=True)
class Effect:
    """One lever and policy: a row of `levers.csv`.

    Money is in `currency` over `horizon_days`; churn is a change of the share that orders nothing
    in them. `per_eligible` is for each customer for whom the lever is decided, `per_customer` for
    each who signed up, eligible or not. Where evidence is D no effect is shown: its columns are
    missing, and `reason` says why.
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
    evidence: str = "D"
    verdict: str = ""
    reason: str = ""

    @property
    def is_shown(self) -> bool:
        """Whether there is an effect to speak of; else an association alone."""
        return self.evidence != "D"


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float
    error: float

    @classmethod
    def of(cls, values: Floats, everybody: int | None = None) -> Estimate:
        """Return the mean of independent values; those of `everybody` who have none count as 0."""
        n = everybody or len(values)
        mean = float(values.sum() / n)
        error = float(np.sqrt(max((values**2).sum() / n - mean**2, 0.0) / n))
        return cls(mean, mean - Z * error, mean + Z * error, error)


def estimate_effects(
    world: World, progress: Callable[[str], None] = lambda _: None
) -> list[Effect]:
    """Return what is known of each lever of the run, largest effect per customer first.

    Those of which only an association is known come last, with the reason.
    """
    config = world.config
    horizon_days = config.levers.horizon_days or config.target.horizon_days
    found = []
    trials = run_trials(world, config.levers.studied(), horizon_days, progress)
    for number, trial in enumerate(trials, 1):
        about = describe(trial.lever, config.currency)
        if isinstance(trial, Trial):
            progress(f"estimate: {trial.lever.name}, {number} of {len(trials)}")
            found.append(study(trial, about))
        else:
            found.append(_absent(trial, about))
    return sorted(found, key=lambda e: (not e.is_shown, -np.nan_to_num(e.effect_per_customer)))


def describe(lever: Lever, currency: str) -> Effect:
    """Return what is known of a lever before it is studied."""
    homes = {known.name: name for name, h in discover().items() for known in h.levers}
    decision = lever.decision
    history = homes.get(lever.name) or (decision.arm.history if decision else "")
    kind = decision.kind if decision else "indicator"
    return Effect(lever.name, lever.meaning, history, kind, lever.controllable, currency=currency)


def effects_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """Return one row an effect, with the columns of `Effect`."""
    names = [field.name for field in fields(Effect)]
    return pd.DataFrame(
        [{name: getattr(e, name) for name in names} for e in effects], columns=names
    )


def study(trial: Trial, about: Effect) -> Effect:
    """Return what a trial tells, added to what is known of its lever."""
    treated, untreated = gates.counts(trial)
    about = replace(
        _designed(trial, about), treated=treated, untreated=untreated, raw_difference=_raw(trial)
    )
    if reason := gates.few(treated, untreated):
        return _refused(about, reason)
    assignment = assign(prepare(trial.X, trial.customers), trial.dose, trial.target)
    share, kept = _overlap(assignment)
    about = replace(about, overlap_share_below_05=share)
    if not kept.all():
        there = len(np.unique(trial.customers[kept & (trial.arm == 1)]))
        if there < gates.LEAST:
            return _refused(about, "who is at the target and who is not are too different: only "
                            f"{there:,} customers at it are like others")  # fmt: skip
        about = replace(about, population=gates.describe(trial, kept))
    return _estimated(trial, about, assignment, kept)


def _estimated(trial: Trial, about: Effect, assignment: Assignment, kept: np.ndarray) -> Effect:
    value = assignment.influence(trial.value, kept)
    about = _balanced(trial, about, assignment, value, kept)
    words, doubt = gates.touched(_controls(trial, assignment, kept))
    about = replace(about, negative_control=words)
    if about.worst_imbalance_after > gates.IMBALANCE:
        differs = f"differs by {about.worst_imbalance_after:.2f} standard deviations"
        return _refused(
            about, f"weighting does not make those at the target like others: {differs}"
        )
    if doubt:
        return _refused(about, f"something unseen decides it too: {words}")
    return _graded(trial, _measured(trial, about, assignment, value, kept), assignment, value)


def _measured(
    trial: Trial, about: Effect, assignment: Assignment, value: Influence, kept: np.ndarray
) -> Effect:
    each = _by_customer(trial, value, kept)
    mean, overall = Estimate.of(each), Estimate.of(each, max(trial.cohort, len(each)))
    churn = Estimate.of(_by_customer(trial, assignment.influence(trial.churned, kept), kept))
    return replace(
        about,
        eligible_customers=len(each),
        effect_per_eligible=mean.value,
        low_95=mean.low,
        high_95=mean.high,
        effect_per_customer=overall.value,
        customer_low_95=overall.low,
        customer_high_95=overall.high,
        churn_effect_per_eligible=churn.value,
        churn_low_95=churn.low,
        churn_high_95=churn.high,
    )


def _graded(trial: Trial, about: Effect, assignment: Assignment, value: Influence) -> Effect:
    """Add how robust an effect is, its letter and its verdict."""
    size = sensitivity.scale(value) * len(value.values) / about.eligible_customers
    distance = max(about.low_95, -about.high_95, 0.0)
    about = replace(about, robustness_value=sensitivity.robustness(distance, size))
    benchmark = sensitivity.strongest(trial, assignment.rows) if distance > 0 else None
    if benchmark is not None:
        about = _bounded(about, sensitivity.held_to_be(benchmark), size)
    robust = max(about.bound_low, -about.bound_high) > 0
    letter = "A" if trial.decision.randomised else "B" if robust else "C"
    return replace(about, evidence=letter, verdict=_verdict(about))


def _bounded(about: Effect, benchmark: Strength, size: float) -> Effect:
    bias = size * float(np.sqrt(benchmark.product))
    return replace(
        about,
        strongest_benchmark=f"{benchmark.name} ({benchmark.value:.1%})",
        strongest_benchmark_value=benchmark.value,
        bound_low=about.low_95 - bias,
        bound_high=about.high_95 + bias,
    )


def _overlap(assignment: Assignment) -> tuple[float, np.ndarray]:
    if assignment.target is not None:  # of a dose, the numbers near the target are counted
        return NAN, np.ones(len(assignment.arm), dtype=bool)
    return gates.overlap(assignment.likely)


def _balanced(
    trial: Trial, about: Effect, assignment: Assignment, value: Influence, kept: np.ndarray
) -> Effect:
    X, arm = trial.X[kept], trial.dose[kept]
    if assignment.target is None:
        before, after = gates.imbalance(X, value.weights, arm == 1)
    else:
        before, after = gates.dependence(X, arm, arm - assignment.likely[kept])
    return replace(about, worst_imbalance_before=before, worst_imbalance_after=after)


def _controls(
    trial: Trial, assignment: Assignment, kept: np.ndarray
) -> list[tuple[str, float, float]]:
    found = []
    for name, tally in trial.controls.items():
        if tally.std() > 0:
            estimate = Estimate.of(_by_customer(trial, assignment.influence(tally, kept), kept))
            found.append((name, estimate.value, estimate.error))
    return found


def _by_customer(trial: Trial, influence: Influence, kept: np.ndarray) -> Floats:
    """Return the sum over the rows of each eligible customer, so that errors are clustered."""
    _, place = np.unique(trial.customers[kept], return_inverse=True)
    return np.bincount(place, influence.values)


def _raw(trial: Trial) -> float:
    hours = trial.decision.arm.hours
    there = trial.arm == 1 if hours is None else trial.arm <= 2 * hours
    if there.all() or not there.any():
        return NAN
    return float(trial.value[there].mean() - trial.value[~there].mean())


def _designed(trial: Trial, about: Effect) -> Effect:
    decision = trial.decision
    policies = {
        "event": f"{decision.periods * decision.arm.within_days:.0f} days",
        "intensity": "the first one",
        "one_time": "once",
    }
    return replace(
        about,
        decided=trial.decided,
        eligible=decision.eligible_note,
        assignment_note=decision.assignment_note,
        target=decision.target,
        policy=policies.get(decision.kind, "from then on"),
        horizon_days=trial.horizon_days,
        eligible_customers=trial.eligible,
    )


def _absent(absent: Absent, about: Effect) -> Effect:
    return _refused(about, absent.reason)


def _refused(about: Effect, reason: str) -> Effect:
    verdict = f"association only: {reason}"
    return replace(about, evidence="D", verdict=verdict, reason=reason)


def _verdict(about: Effect) -> str:
    unit, days = about.currency, about.horizon_days
    among = f"; for {about.population}" if about.population else ""
    span = f"95 % interval {about.low_95:+,.2f} to {about.high_95:+,.2f}"
    if about.low_95 <= 0 <= about.high_95:
        return f"not distinguishable from zero with these numbers ({span} {unit} each){among}"
    return (
        f"with '{about.target}' for all of {about.eligible}, value would change by "
        f"{about.effect_per_eligible:+,.2f} {unit} each over {days} days ({span}){among}"
    )
