"""How good predictions are: arrays in, floats out.

Every metric is called as ``metric(actual, predicted)`` with two arrays of shape (customers,) and
returns one float. Where a formula is 0/0 the metric returns nan and its docstring says when; no
customers, or a nan among the inputs, gives nan as well, so a broken prediction cannot look good.

Metrics that rank customers average over ties: customers with equal predictions share their actual
value equally, which is the mean over all orders in which they could have been listed. A constant
prediction scores like a random order, and shuffling the rows changes nothing.
"""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Formula = Callable[[Floats, Floats], float]
MetricFunction = Callable[[ArrayLike, ArrayLike], float]

GROUPS = 10


class Metric(NamedTuple):
    """A metric with what a reader needs to read it; ``higher_is_better`` is None for a bias."""

    function: MetricFunction
    unit: str
    higher_is_better: bool | None


def _over_customers(formula: Formula) -> MetricFunction:
    """Hand the formula float arrays of equal length; nothing in, or a nan in, is nan out."""

    @wraps(formula)
    def metric(actual: ArrayLike, predicted: ArrayLike) -> float:
        y, p = np.asarray(actual, dtype=float), np.asarray(predicted, dtype=float)
        if y.shape != p.shape:
            raise ValueError(
                f"{formula.__name__}: {y.shape} actual values but {p.shape} predictions; "
                "pass one of each per customer, in the same order."
            )
        if not y.size or np.isnan(y).any() or np.isnan(p).any():
            return np.nan
        return float(formula(y, p))

    return metric


def _highest_first(actual: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    """Both arrays by prediction descending; equal predictions share their actual value."""
    order = np.argsort(-predicted, kind="stable")
    y, p = actual[order], predicted[order]
    starts = np.flatnonzero(np.concatenate(([True], p[1:] != p[:-1])))
    sizes = np.diff(starts, append=len(p))
    return np.repeat(np.add.reduceat(y, starts) / sizes, sizes), p


def _group_means(actual: Floats, predicted: Floats) -> tuple[Floats, Floats]:
    """Means over ten groups by prediction, sizes within one; nan with fewer than ten customers."""
    if len(actual) < GROUPS:
        return np.array([np.nan]), np.array([np.nan])
    edges = np.arange(GROUPS + 1) * len(actual) // GROUPS
    sums = np.add.reduceat(_highest_first(actual, predicted), edges[:-1], axis=1)
    mean_actual, mean_predicted = sums / np.diff(edges)
    return mean_actual, mean_predicted


@_over_customers
def spearman(actual: Floats, predicted: Floats) -> float:
    """Spearman's rank correlation, ties at average ranks; nan where either side is constant."""
    if np.ptp(actual) == 0 or np.ptp(predicted) == 0:
        return np.nan
    return np.corrcoef(rankdata(actual), rankdata(predicted))[0, 1]


@_over_customers
def normalised_gini(actual: Floats, predicted: Floats) -> float:
    """Gini of the predicted order as a share of the Gini of the perfect order.

    Sort by prediction descending, let c be the cumulative shares of actual value, without a
    leading zero, and G = 2 * mean(c) - 1; the result is G(predicted order) / G(actual order) (Wang,
    Liu and Miao 2019, ties averaged here). The trapezoid rule from zero takes 1/n off either G.

    actual 0, 0, 10, 30, 60 and predicted 1, 5, 2, 20, 50: .76 / .80 = .95 (trapezoid
    .56 / .60 = .933). nan where actual is constant or does not sum to more than zero.
    """
    if actual.sum() <= 0 or np.ptp(actual) == 0:
        return np.nan
    return _gini(actual, predicted) / _gini(actual, actual)


def _gini(actual: Floats, scores: Floats) -> float:
    # sum(c) counts the k-th lowest customer's share k times, and k is its ascending rank.
    return 2 * (actual @ rankdata(scores)) / (len(actual) * actual.sum()) - 1


@_over_customers
def mean_absolute_error(actual: Floats, predicted: Floats) -> float:
    """Mean of |predicted - actual|, in the unit of the values."""
    return np.abs(predicted - actual).mean()


@_over_customers
def rmse(actual: Floats, predicted: Floats) -> float:
    """Root of the mean squared error, in the unit of the values."""
    return np.sqrt(np.square(predicted - actual).mean())


@_over_customers
def total_bias(actual: Floats, predicted: Floats) -> float:
    """Sum of predictions over sum of actual values, less one; nan unless the latter is positive."""
    return predicted.sum() / actual.sum() - 1 if actual.sum() > 0 else np.nan


@_over_customers
def decile_mape(actual: Floats, predicted: Floats) -> float:
    """Mean over ten groups by prediction of |mean predicted - mean actual| / |mean actual|.

    Group sizes differ by at most one. A group whose actual mean is 0 has no relative error and is
    left out of the mean (its absolute error still shows in MAE and total bias). nan where every
    group is left out, or with fewer than ten customers.
    """
    mean_actual, mean_predicted = _group_means(actual, predicted)
    known = mean_actual != 0
    errors = np.abs(mean_predicted[known] / mean_actual[known] - 1)
    return errors.mean() if errors.size else np.nan


@_over_customers
def misplaced(actual: Floats, predicted: Floats) -> float:
    """Sum over ten groups by prediction of |mean predicted - mean actual| over the actual money.

    `decile_mape` weighted by money: groups that bring nearly nothing don't count more than those
    that bring nearly all. At least |total bias|. nan where actual does not sum to more than zero,
    or with fewer than ten customers.
    """
    mean_actual, mean_predicted = _group_means(actual, predicted)
    held = mean_actual.sum()
    return np.abs(mean_predicted - mean_actual).sum() / held if held > 0 else np.nan


@_over_customers
def top_decile_capture(actual: Floats, predicted: Floats) -> float:
    """Share of actual value held by the tenth of customers ranked highest.

    The edge may cut through a tie or, where ten does not divide the number of customers, through
    one customer: the part inside counts. nan where actual does not sum to more than zero.
    """
    if actual.sum() <= 0:
        return np.nan
    shared, _ = _highest_first(actual, predicted)
    held = np.concatenate(([0.0], np.cumsum(shared)))
    return np.interp(len(actual) / GROUPS, np.arange(len(held)), held) / actual.sum()


def top_decile_oracle(actual: ArrayLike) -> float:
    """The largest ``top_decile_capture`` that any ranking could reach."""
    return top_decile_capture(actual, actual)


@_over_customers
def auc(actual: Floats, predicted: Floats) -> float:
    """Chance that a churner is scored above a customer who stayed; a tie counts one half.

    ``actual`` is 1 for churn and 0 otherwise. nan where only one class is present.
    """
    if np.ptp(actual) == 0:
        return np.nan
    churned = actual.sum()
    above = actual @ rankdata(predicted) - churned * (churned + 1) / 2
    return above / (churned * (len(actual) - churned))


@_over_customers
def auc_pr(actual: Floats, predicted: Floats) -> float:
    """Average precision: precision at each distinct score, weighted by the recall gained there.

    A random order scores the churn rate. nan where only one class is present.
    """
    if np.ptp(actual) == 0:
        return np.nan
    shared, p = _highest_first(actual, predicted)
    ends = np.flatnonzero(np.concatenate((p[1:] != p[:-1], [True])))
    found = np.cumsum(shared)[ends]
    return np.diff(found, prepend=0) @ (found / (ends + 1)) / actual.sum()


@_over_customers
def log_loss(actual: Floats, predicted: Floats) -> float:
    """Mean negative log likelihood of a 0/1 outcome, in nats.

    Probabilities are clipped to [1e-15, 1 - 1e-15], so that one certain error costs 34.5 nats
    rather than infinity.
    """
    p = np.clip(predicted, 1e-15, 1 - 1e-15)
    return -(actual * np.log(p) + (1 - actual) * np.log1p(-p)).mean()


@_over_customers
def brier(actual: Floats, predicted: Floats) -> float:
    """Mean squared distance between a probability and its 0/1 outcome."""
    return np.square(predicted - actual).mean()


@_over_customers
def expected_calibration_error(actual: Floats, predicted: Floats) -> float:
    """Mean |predicted - observed rate| over ten equal groups by prediction; nan with under ten."""
    observed, promised = _group_means(actual, predicted)
    return np.abs(promised - observed).mean()


def coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share of customers whose actual value lies within [low, high]; nan without customers."""
    y = np.asarray(actual, dtype=float)
    inside = (np.asarray(low) <= y) & (y <= np.asarray(high))
    return float(inside.mean()) if y.size else np.nan


def mean_width(low: ArrayLike, high: ArrayLike) -> float:
    """Mean of high - low, in the unit of the values; nan without customers."""
    width = np.asarray(high, dtype=float) - np.asarray(low, dtype=float)
    return float(width.mean()) if width.size else np.nan


VALUE_METRICS: dict[str, Metric] = {
    "spearman": Metric(spearman, "correlation", True),
    "ngini": Metric(normalised_gini, "share", True),
    "mae": Metric(mean_absolute_error, "money", False),
    "rmse": Metric(rmse, "money", False),
    "total_bias": Metric(total_bias, "share", None),
    "dmape": Metric(decile_mape, "share", False),
    "top_decile_capture": Metric(top_decile_capture, "share", True),
}

CHURN_METRICS: dict[str, Metric] = {
    "auc": Metric(auc, "probability", True),
    "auc_pr": Metric(auc_pr, "share", True),
    "log_loss": Metric(log_loss, "nats", False),
    "brier": Metric(brier, "squared probability", False),
    "ece": Metric(expected_calibration_error, "probability", False),
}
