"""Effects: what would change if a lever were at its target for all who are eligible, in money.

E[value at the target] − E[value as is], from target trials, with a 95 % interval, gates, and a
letter for the evidence: A randomised, as far as what was there before bears it out; B the gates
pass and no confounder as strong as the strongest history that is seen could explain the effect
away; C the gates pass; D association only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from clvlens.levers import gates, sensitivity
from clvlens.levers.estimation import Assignment, Influence, Z, assign, so_far
from clvlens.levers.findings import NAN, Effect, describe, design, refuse, verdict_of
from clvlens.levers.heterogeneity import rank
from clvlens.levers.nuisances import prepare, repeat
from clvlens.levers.sensitivity import Strength
from clvlens.levers.trials import Trial, run_trials
from clvlens.models.rows import Floats
from clvlens.panel.snapshot import known_customers
from clvlens.panel.world import World, drawn


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval."""

    value: float
    low: float
    high: float
    error: float

    @classmethod
    def of(cls, values: Floats, everybody: int | None = None) -> Estimate:
        """Return the mean of independent values; those of `everybody` who have none count as 0.

        Values may have a row a repeat of cross-fitting. Then the mean is over repeats, and what
        they differ by adds to its error: Chernozhukov et al. (2018), section 3.4.
        """
        values = np.atleast_2d(values)
        n = everybody or values.shape[1]
        means = values.sum(axis=1) / n
        variances = np.maximum((values**2).sum(axis=1) / n - means**2, 0.0) / n
        mean, error = float(means.mean()), float(np.sqrt(variances.mean() + means.var()))
        return cls(mean, mean - Z * error, mean + Z * error, error)


def estimate_effects(
    world: World, progress: Callable[[str], None] = lambda _: None
) -> list[Effect]:
    """Return what is known of each lever of the run, largest effect per customer first.

    Those of which only an association is known come last, with the reason.
    """
    config = world.config
    horizon_days = config.levers.horizon_days or config.target.horizon_days
    world, sample = _sampled(world)
    found = []
    trials = run_trials(world, config.levers.studied(), horizon_days, progress)
    for number, trial in enumerate(trials, 1):
        about = replace(describe(trial.lever, config.currency), sample=sample)
        if isinstance(trial, Trial):
            progress(f"estimate: {trial.lever.name}, {number} of {len(trials)}")
            found.append(study(trial, about))
        else:
            found.append(refuse(about, trial.reason))
    return sorted(found, key=lambda e: (not e.is_shown, -np.nan_to_num(e.effect_per_customer)))


def _sampled(world: World) -> tuple[World, str]:
    """Return the world of those on whom effects are estimated, and who they are if not all."""
    sample, everybody = world.config.levers.sample, world.engine.count(known_customers(world))
    if everybody <= sample:
        return world, ""
    told = f"{sample:,} of {everybody:,} customers, drawn by the hash of their id"
    return drawn(world, sample), told


def study(trial: Trial, about: Effect) -> Effect:
    """Return what a trial tells, added to what is known of its lever."""
    treated, untreated = gates.counts(trial)
    reason = gates.few(treated, untreated)
    if trial.ages > 1:
        treated, untreated = int(trial.arm.sum()), int((1 - trial.arm).sum())
    about = replace(
        design(trial, about), treated=treated, untreated=untreated, raw_difference=_raw(trial)
    )
    if reason:
        return refuse(about, reason)
    repeats = [
        assign(rows, trial.dose, trial.target)
        for rows in repeat(prepare(trial.X, trial.customers), trial.customers)
    ]
    share, kept = _overlap(repeats)
    about = replace(about, overlap_share_below_05=share)
    if not kept.all():
        there = len(np.unique(trial.customers[kept & (trial.arm == 1)]))
        if there < gates.LEAST:
            return refuse(about, "who is at the target and who is not are too different: only "
                            f"{there:,} customers at it are like others")  # fmt: skip
        about = replace(about, population=gates.describe(trial, kept))
    return _estimated(trial, about, repeats, kept)


def _estimated(
    trial: Trial, about: Effect, repeats: Sequence[Assignment], kept: np.ndarray
) -> Effect:
    values = [_influence(trial, assignment, kept) for assignment in repeats]
    value, assignment = Influence.mean(values), repeats[0]
    about = _balanced(trial, about, assignment, value, kept)
    words, doubt = gates.touched(_controls(trial, assignment, kept))
    about = replace(about, negative_control=words)
    if about.worst_imbalance_after > gates.IMBALANCE:
        differs = f"differs by {about.worst_imbalance_after:.2f} standard deviations"
        return refuse(about, f"weighting does not make those at the target like others: {differs}")
    if doubt:
        return refuse(about, f"something unseen decides it too: {words}")
    churned = [assignment.influence(trial.churned, kept) for assignment in repeats]
    about = _graded(trial, _measured(trial, about, values, churned, kept), assignment, value)
    return _ranked(trial, about, value) if about.could_be_given and kept.all() else about


def _influence(trial: Trial, assignment: Assignment, kept: np.ndarray) -> Influence:
    """Return what each row adds to the effect on value; expected is value a day that is left."""
    left = trial.left
    found = assignment.influence(trial.value / left, kept)
    return replace(found, values=found.values * left[kept], residual=found.residual * left[kept])


def _ranked(trial: Trial, about: Effect, value: Influence) -> Effect:
    """Add whether who is expected to bring more gains more."""
    ranking = rank(trial, value)
    if ranking is None:
        return about
    slope, low, high = ranking.per_unit
    return replace(
        about,
        gain_slope=slope,
        gain_slope_low_95=low,
        gain_slope_high_95=high,
        ranking=ranking if ranking.is_supported else None,
    )


def _measured(
    trial: Trial, about: Effect, values: Sequence[Influence], churned: Sequence[Influence],
    kept: np.ndarray,
) -> Effect:  # fmt: skip
    each = np.array([_by_customer(trial, value, kept) for value in values])
    customers = each.shape[1]
    mean, overall = Estimate.of(each), Estimate.of(each, max(trial.cohort, customers))
    churn = Estimate.of(np.array([_by_customer(trial, one, kept) for one in churned]))
    return replace(
        about,
        eligible_customers=customers,
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
    often = 1.0 if trial.ages > 1 else len(value.values) / about.eligible_customers
    size = sensitivity.scale(value) * often
    distance = max(about.low_95, -about.high_95, 0.0)
    about = replace(about, robustness_value=sensitivity.robustness(distance, size))
    benchmark = sensitivity.strongest(trial, assignment.rows) if distance > 0 else None
    if benchmark is not None:
        about = _bounded(about, sensitivity.held_to_be(benchmark), size)
    robust = max(about.bound_low, -about.bound_high) > 0
    doubt = gates.denied(trial, about.worst_imbalance_before)
    drawn_by_lot = trial.decision.randomised and not doubt
    letter = "A" if drawn_by_lot else "B" if robust else "C"
    verdict = "; ".join(filter(None, [verdict_of(about), doubt]))
    return replace(about, evidence=letter, verdict=verdict)


def _bounded(about: Effect, benchmark: Strength, size: float) -> Effect:
    bias = size * float(np.sqrt(benchmark.product))
    return replace(
        about,
        strongest_benchmark=f"{benchmark.name} ({benchmark.value:.1%})",
        strongest_benchmark_value=benchmark.value,
        bound_low=about.low_95 - bias,
        bound_high=about.high_95 + bias,
    )


def _overlap(repeats: Sequence[Assignment]) -> tuple[float, np.ndarray]:
    if repeats[0].target is not None:  # of a dose, the numbers near the target are counted
        return NAN, np.ones(len(repeats[0].arm), dtype=bool)
    return gates.overlap(np.mean([assignment.likely for assignment in repeats], axis=0))


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
    """Return what each eligible customer adds to the effect, so that errors are clustered.

    It is the sum over their rows: of an event, the effects of its periods. Where rows are trials
    at several ages it is what the customer adds to the mean of all rows, linearised.
    """
    customers, values = trial.customers[kept], influence.values
    if trial.decision.periods > 1:
        values = values * so_far(customers, trial.period[kept], influence.weights)
    _, place, rows = np.unique(customers, return_inverse=True, return_counts=True)
    sums = np.bincount(place, values)
    if trial.ages == 1:
        return sums
    mean = float(values.mean())
    return mean + (sums - mean * rows) / rows.mean()


def _raw(trial: Trial) -> float:
    hours = trial.decision.arm.hours
    there = trial.arm == 1 if hours is None else trial.arm <= 2 * hours
    if there.all() or not there.any():
        return NAN
    return float(trial.value[there].mean() - trial.value[~there].mean())
