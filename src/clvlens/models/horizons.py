"""Predictions over several horizons, each by a model of its own, that do not contradict."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from clvlens.config import Config

RISING = ("predicted_value", "value_low_90", "value_high_90", "expected_orders")
CHURN = "churn_probability"
KINDS = ("voluntary_churn_probability", "involuntary_churn_probability")


def trained_beside(config: Config) -> tuple[Config, ...]:
    """Return the configurations of a run's further horizons, of those that have a model."""
    return tuple(own for own in config.horizons[1:] if own.model_folder.is_dir())


def agreeing(
    predicted: Mapping[int, pd.DataFrame], *, contractual: bool
) -> tuple[dict[int, pd.DataFrame], dict[int, int]]:
    """Return predictions by horizon in which time only adds, and how many customers were moved.

    Over a longer horizon a customer brings at least as much and orders at least as often; silence
    is at most as likely, the end of a subscription at least. Where its model says otherwise, the
    longer horizon takes the figure of the shorter. Frames have a row a customer, all alike.
    """
    found = {days: predicted[days].copy() for days in sorted(predicted)}
    moved = {}
    for short, long in pairwise(found):
        before = found[long].copy()
        _follow(found[short], found[long], contractual)
        moved[long] = int(np.sum(before["predicted_value"] != found[long]["predicted_value"]))
    return found, moved


def _follow(short: pd.DataFrame, long: pd.DataFrame, contractual: bool) -> None:
    """Let the longer horizon's frame follow the shorter's, in place."""
    for name in RISING:
        if name in long:
            long[name] = np.maximum(long[name], short[name])
    bound = np.fmax if contractual else np.fmin
    churn = np.where(long[CHURN].isna(), np.nan, bound(long[CHURN], short[CHURN]))
    share = np.divide(churn, long[CHURN], out=np.ones(len(long)), where=long[CHURN] > 0)
    for kind in KINDS:
        if kind in long:
            long[kind] = long[kind] * share
    long[CHURN] = churn
