"""Temporal folds before the test, and what a model loses that learned from one and is judged on it.

Losses are a row's, over the mean loss of predicting a constant: below 1, something was learned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

from clvlens import metrics
from clvlens.config import ModelConfig
from clvlens.errors import ModelError
from clvlens.models.blend import ANCHORED, KINDS
from clvlens.models.churn import ChurnClassifier
from clvlens.models.encoding import Encoder, fit_encoder
from clvlens.models.partner import BtydPartner, fit_partner
from clvlens.models.rows import Floats
from clvlens.models.training import LEAST_CUSTOMERS, LEAST_OF_A_KIND, train_model
from clvlens.panel.panel import Panel

CHURN = "churn"
CUSTOMER_FOLDS = 3
POWER = 1.5  # of the Tweedie deviance, between counts (1) and amounts (2)


@dataclass(frozen=True)
class Fold:
    """Rows of a panel to learn from, and rows to judge on."""

    panel: Panel
    learn: pd.DataFrame
    judge: pd.DataFrame

    @cached_property
    def encoder(self) -> Encoder:
        """What turns rows into numbers, learned from the rows to learn from."""
        return fit_encoder(self.learn, self.panel.features)

    @cached_property
    def partner(self) -> BtydPartner | None:
        """BTYD as the rows to learn from tell it; nothing where they tell too little."""
        days = self.panel.plan.label_days
        value = self.panel.config.target.value
        return fit_partner(self.learn, self.encoder.columns, value, days, days)

    @cached_property
    def encoded(self) -> tuple[Floats, Floats]:
        """The features of the rows to learn from, and of those to judge on."""
        learn, judge = (self.encoder.encode(rows).to_numpy() for rows in (self.learn, self.judge))
        return learn, judge


def temporal_folds(panel: Panel) -> tuple[list[Fold], tuple[str, ...]]:
    """Return folds whose rows to judge on come after every label of the rows to learn from.

    Each cutoff before the test is judged on once, if earlier labels had ended by then. Where none
    had, folds are of customers at the same cutoffs, and a note says so. Raises `ModelError` where
    no fold has enough to learn from.
    """
    rows = panel.frame.loc[panel.frame["role"] != "test"]
    ends = rows["cutoff"] + pd.to_timedelta(
        panel.plan.label_days + panel.config.target.embargo_days, unit="D"
    )
    folds = [
        Fold(panel, rows.loc[ends <= cutoff], rows.loc[rows["cutoff"] == cutoff])
        for cutoff in sorted(rows["cutoff"].unique())
    ]
    folds = [fold for fold in folds if _has_enough(fold.learn) and _has_enough(fold.judge)]
    if folds:
        return folds, ()
    if not _has_enough(rows):
        raise ModelError(
            "there is too little before the test to tune on; add cutoffs.fit, or train untuned"
        )
    split = GroupKFold(CUSTOMER_FOLDS).split(rows, groups=rows["customer_id"])
    note = "no cutoff before the test is late enough to judge on: folds are of customers instead"
    return [Fold(panel, rows.iloc[learn], rows.iloc[judge]) for learn, judge in split], (note,)


def _has_enough(rows: pd.DataFrame) -> bool:
    left, stayed = ((rows["target_churned"] == kind).sum() for kind in (1, 0))
    many = rows["customer_id"].nunique() >= LEAST_CUSTOMERS
    paid = np.any(rows["target_value"] > 0)
    return bool(many and min(left, stayed) >= LEAST_OF_A_KIND and paid)


def single_losses(fold: Fold, model: str, settings: ModelConfig) -> pd.DataFrame:
    """Return each judged row's loss of one model alone: a method of value, or churn."""
    X, asked = fold.encoded
    shape, groups = settings.shape(model), fold.learn["customer_id"].to_numpy()
    if model == CHURN:
        left = fold.learn["target_churned"].to_numpy()
        known = ~np.isnan(left)
        churn = ChurnClassifier(**shape).fit(X[known], left[known], groups[known])
        return _told(fold, _churn_losses(fold, churn.predict_proba(asked)[:, 1]))
    bases: list[list[Floats]] = [[], []]
    if model == ANCHORED and fold.partner is not None:
        days = fold.partner.label_days
        bases = [[fold.partner.log_value(rows, days)] for rows in (X, asked)]
    money = fold.learn["target_value"].to_numpy()
    value = KINDS[model](**shape).fit(X, money, groups, None, *bases[0])
    return _told(fold, _value_losses(fold, value.predict(asked, *bases[1])))


def joint_losses(fold: Fold, settings: ModelConfig) -> pd.DataFrame:
    """Return each judged row's loss of all models together: the mean of value's and churn's."""
    predicted = _predicted(fold, settings)
    spent = _value_losses(fold, predicted["predicted_value"].to_numpy())
    left = _churn_losses(fold, predicted["churn_probability"].to_numpy())
    # A customer who cannot churn says nothing of churn, and counts as the others do on average.
    return _told(fold, (spent + np.where(np.isnan(left), np.nanmean(left), left)) / 2)


def _predicted(fold: Fold, settings: ModelConfig) -> pd.DataFrame:
    """Return predictions over the label window for the rows to judge on."""
    config = fold.panel.config.model_copy(
        update={"model": settings.model_copy(update={"intervals": False})}
    )
    panel = replace(fold.panel, config=config, frame=fold.learn.assign(role="fit"))
    days = panel.plan.label_days
    about = {"churn": config.target.churn, "horizon_days": days, "label_days": days}
    return train_model(panel, about).predict(fold.judge)


def _told(fold: Fold, losses: Floats) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": fold.judge["customer_id"].to_numpy(), "loss": losses})


def _value_losses(fold: Fold, value: Floats) -> Floats:
    """Return Tweedie deviances (power 1.5; refunds count as 0), over a constant's."""
    actual = fold.judge["target_value"].to_numpy().clip(0.0)
    mean = float(np.mean(fold.learn["target_value"].clip(lower=0.0)))
    return deviance(actual, value) / deviance(actual, np.full(len(actual), mean)).mean()


def _churn_losses(fold: Fold, churn: Floats) -> Floats:
    """Return log losses, over a constant's; missing where a customer cannot churn."""
    left = fold.judge["target_churned"].to_numpy()
    known = ~np.isnan(left)
    rate = np.full(known.sum(), float(np.mean(fold.learn["target_churned"])))
    found = np.full(len(left), np.nan)
    found[known] = -np.log(np.where(left[known] == 1, churn[known], 1 - churn[known]))
    return found / metrics.log_loss(left[known], rate)


def deviance(actual: Floats, predicted: Floats) -> Floats:
    """Return the Tweedie deviance of each row, for a power between 1 and 2 (Jørgensen 1987)."""
    mean, p = np.maximum(predicted, 1e-6), POWER
    return 2 * (
        actual ** (2 - p) / ((1 - p) * (2 - p))
        - actual * mean ** (1 - p) / (1 - p)
        + mean ** (2 - p) / (2 - p)
    )
