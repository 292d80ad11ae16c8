"""Trials drawn with a seed, whose true effects are known."""

import numpy as np

from clvlens.histories.base import Lever
from clvlens.histories.decisions import Arm, Decision
from clvlens.levers.trials import Trial
from clvlens.panel.panel import FeatureInfo

HOMES = ("orders", "visits", "visits", "tickets", "tickets")


def decision(**settings: object) -> Decision:
    """Return the decision to call new customers, with some of it said otherwise."""
    usual = {
        "kind": "one_time",
        "decided_at": "customers.signed_up_at",
        "eligible_note": "everybody",
        "arm": Arm(history="calls"),
        "target": "called",
        "assignment_note": "the team calls whom it likes",
    }
    return Decision(**(usual | settings))


def lever(**settings: object) -> Lever:
    return Lever("welcome call", "whether new customers are called", (), True, decision(**settings))


def make_trial(
    n: int = 4_000,
    seed: int = 2,
    *,
    effect: float = 10.0,
    confounding: float = 1.0,
    hidden: float = 0.0,
    sharpness: float = 1.0,
    controls: bool = False,
    **settings: object,
) -> Trial:
    """Return a trial of a lever that adds `effect` × (1 + x₀ > 0) to value.

    The first covariate decides both arm and value; `hidden` is what an unseen one does.
    """
    rng = np.random.default_rng(seed)
    X, unseen = rng.normal(size=(n, 5)), rng.normal(size=n)
    logit = sharpness * (confounding * X[:, 0] + 0.3 * X[:, 1]) + hidden * unseen
    arm = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float)
    noise = 20 * rng.normal(size=n)
    each = effect * (1.0 + (X[:, 0] > 0))
    value = 100 + 30 * X[:, 0] + 20 * hidden * unseen + each * arm + noise
    columns = tuple(
        FeatureInfo(f"{home}__x{k}", f"what {home} say ({k})", "", home, "", False)
        for k, home in enumerate(HOMES)
    )
    return Trial(
        lever=(known := lever(**settings)),
        decision=known.decision,
        decided=known.decision.decided_at,
        customers=np.array([f"c{number:05d}" for number in range(n)]),
        period=np.zeros(n),
        arm=arm,
        value=value,
        churned=(value < 80).astype(float),
        X=X,
        columns=columns,
        labels=tuple(column.name for column in columns),
        cohort=2 * n,
        horizon_days=360,
        controls={"card failures": rng.poisson(1, n) + 2.0 * hidden * unseen} if controls else {},
    )


def true_effect(trial: Trial, effect: float = 10.0) -> float:
    """Return what the target for all would add to the customers of a drawn trial."""
    each = effect * (1.0 + (trial.X[:, 0] > 0))
    return float((each * (1 - trial.arm)).mean())
