"""What others would say of the same levers: DoubleML, and a model on a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import xgboost as xgb

from clvlens.histories.exact import DAY
from clvlens.levers.trials import Trial
from clvlens.models.boosting import contributions
from clvlens.models.encoding import fit_encoder
from clvlens.panel.panel import describe, snapshot_frame
from clvlens.panel.snapshot import population
from clvlens.panel.target import outcomes
from clvlens.panel.world import World

TREES = {"n_estimators": 80, "max_depth": 3, "learning_rate": 0.1, "n_jobs": 1}

# The feature that a reader of the snapshot would move, and where to.
MOVED = {
    "annual_billing": ("subscriptions__annual_share_ever", 1.0),
    "onboarding": ("onboarding__first_assigned_program=guided", 1.0),
    "bundle": ("messages__count_bundle_offer_ever", 1.0),
    "dunning": ("payments__last_dunning_program=smart", 1.0),
    "card_updater": ("payments__card_updater_share_365d", 1.0),
    "no_card_failure": ("payments__failures_90d", 0.0),
    "cart_email": ("messages__mean_cart_delay_ever", 2.5),
    "first_response": ("tickets__mean_response_ever", 1.0),
    "out_of_hours": ("tickets__handled_out_of_hours_share_ever", 1.0),
    "loyalty": ("loyalty__count_invited_ever", 1.0),
    "newsletter": ("messages__count_newsletter_ever", 3.0),
    "recommendations": ("messages__count_recommendation_ever", 3.0),
    "special_day": ("messages__personalised_share_ever", 1.0),
}


def doubly_robust_elsewhere(trial: Trial, name: str) -> Iterator[dict]:
    """Yield DoubleML's IRM of the same trial: P(away) × the effect on those away.

    With the arm turned round, its ATTE is the effect on those who are not at the target, negated.
    """
    try:
        import doubleml
        from xgboost import XGBClassifier, XGBRegressor
    except ImportError:
        return
    if trial.target is not None or trial.decision.periods > 1:
        return
    away = 1 - trial.arm
    data = doubleml.DoubleMLData.from_arrays(np.nan_to_num(trial.X), trial.value, away)
    np.random.seed(7)  # noqa: NPY002 (DoubleML draws its folds from it)
    learners = XGBRegressor(**TREES), XGBClassifier(**TREES)
    model = doubleml.DoubleMLIRM(data, *learners, score="ATTE", n_folds=5)
    model.fit()
    low, high = (-away.mean() * model.confint().to_numpy()[0, ::-1]).tolist()
    share = trial.eligible / trial.cohort
    estimate = -away.mean() * float(model.coef[0])
    yield {"lever": name, "method": "DoubleML IRM",
           "estimate": share * estimate, "low": share * low, "high": share * high}  # fmt: skip


def shap_and_what_if(world: World, levers: Mapping[str, str], days: int) -> list[dict]:
    """Return mean |SHAP| of each lever, and the mean change of predictions with it moved.

    A model of value on one snapshot, `days` before the data end, of everybody known then.
    """
    cutoff = world.ends - days * DAY
    frame = snapshot_frame(world, cutoff)
    rows = world.engine.keep(population(world, cutoff))
    came = world.engine.frame(outcomes(world, rows, days)).set_index("customer_id")["value"]
    infos = describe(world)
    encoder = fit_encoder(frame, infos)
    X = encoder.encode(frame)
    y = came.reindex(frame["customer_id"]).to_numpy()
    booster = xgb.train(
        {"max_depth": 4, "eta": 0.05, "nthread": 1}, xgb.DMatrix(X.to_numpy(), y), 200
    )
    parts = pd.DataFrame(contributions(booster, X.to_numpy())[:, :-1]).T
    homes = {info.name: info.lever for info in infos}
    by_lever = parts.groupby([homes[name] for name in encoder.sources]).sum().abs().mean(axis=1)
    usual = booster.predict(xgb.DMatrix(X.to_numpy())).mean()
    found = []
    for name, ours in levers.items():
        found.append({"lever": name, "method": "mean |SHAP|", "estimate": by_lever.get(ours, 0.0)})
        feature, value = MOVED[name]
        if feature in X:
            moved = booster.predict(xgb.DMatrix(X.assign(**{feature: value}).to_numpy())).mean()
            found.append({"lever": name, "method": "what-if", "estimate": float(moved - usual)})
    return found
