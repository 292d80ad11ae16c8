"""What must hold before an effect may be shown: numbers, overlap, balance, negative controls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm
from sklearn.tree import DecisionTreeClassifier

from clvlens.levers.trials import Trial
from clvlens.models.rows import Floats

LEAST = 200  # customers an arm
UNLIKELY, TOLERATED = 0.05, 0.10  # propensity, and the share of the eligible that may lie below
IMBALANCE = 0.25  # standardised difference after weighting: Rubin (2001)
ROUNDING = 1e-9  # covariates that vary by no more than this share are constant
SUSPICIOUS = 0.01  # significance at which an effect on what cannot be touched is one


def counts(trial: Trial) -> tuple[int, int]:
    """Return the customers at the target and away from it; of a dose, up to twice the target."""
    hours = trial.decision.arm.hours
    there = trial.arm == 1 if hours is None else trial.arm <= 2 * hours
    return tuple(len(np.unique(trial.customers[which])) for which in (there, ~there))


def few(treated: int, untreated: int) -> str:
    """Return why the numbers do not do, or nothing."""
    if min(treated, untreated) >= LEAST:
        return ""
    which = "were" if treated < untreated else "were not"
    return f"only {min(treated, untreated):,} customers {which} at the target; it takes {LEAST}"


def overlap(propensity: Floats) -> tuple[float, np.ndarray]:
    """Return the share of rows unlikely to be at the target, and which rows to keep.

    All are kept while the unlikely are few; else those that are likely enough.
    """
    unlikely = propensity < UNLIKELY
    share = float(unlikely.mean())
    return share, ~unlikely if share > TOLERATED else np.ones(len(unlikely), dtype=bool)


def describe(trial: Trial, kept: np.ndarray) -> str:
    """Say in words whom a restricted population holds, by at most two conditions on covariates."""
    known = np.nan_to_num(trial.X, nan=-1.0)
    tree = DecisionTreeClassifier(max_depth=2, min_samples_leaf=max(1, len(kept) // 50))
    tree.fit(known, kept)
    leaves = tree.apply(known)
    mostly = {leaf for leaf in np.unique(leaves) if kept[leaves == leaf].mean() > 0.5}
    agreed = float((np.isin(leaves, list(mostly)) == kept).mean())
    paths = [_path(tree, trial, leaf) for leaf in sorted(mostly)]
    who = "; or ".join(dict.fromkeys(path for path in paths if path)) or "no simple rule tells whom"
    return (
        f"the {kept.mean():.0%} of the eligible whose chance of '{trial.decision.target}' is at "
        f"least {UNLIKELY:.0%}; roughly (right for {agreed:.0%}): {who}"
    )


def _path(tree: DecisionTreeClassifier, trial: Trial, leaf: int) -> str:
    """Return the conditions on the way from the root to a leaf."""
    inner, steps, node = tree.tree_, [], leaf
    while node:
        left = node in inner.children_left
        parent = int(
            np.flatnonzero((inner.children_left if left else inner.children_right) == node)[0]
        )
        steps.append(
            _words(trial, int(inner.feature[parent]), float(inner.threshold[parent]), left)
        )
        node = parent
    return " and ".join(reversed(steps))


def _words(trial: Trial, column: int, threshold: float, below: bool) -> str:
    info, label = trial.columns[column], trial.labels[column]
    if "=" in label:
        return f"{info.meaning} is {'not ' if below else ''}{label.partition('=')[2]}"
    return f"{info.meaning} {'at most' if below else 'above'} {threshold:.3g}"


def imbalance(X: Floats, weights: Floats, treated: np.ndarray) -> tuple[float, float]:
    """Return the largest standardised difference of a covariate, before and after weighting.

    Between those at the target and everybody, in standard deviations; what is missing counts
    as the mean.
    """
    Z = _standard(X)
    before, after = Z[treated].mean(axis=0), (weights / weights.sum()) @ Z
    return float(np.abs(before).max(initial=0)), float(np.abs(after).max(initial=0))


def denied(trial: Trial, difference: float) -> str:
    """Say why lots cannot have been drawn, from the largest difference before the decision; or "".

    Lots leave a covariate's mean among the n₁ at the target sqrt(1/n₁ − 1/n) standard deviations
    from everybody's, a correlation with a dose 1/sqrt(n) from 0. Rows of several ages or periods
    are not drawn apart, and are not asked.
    """
    n, there = len(trial.arm), int((trial.arm == 1).sum())
    if not trial.decision.randomised or trial.ages > 1 or trial.decision.periods > 1:
        return ""
    error = np.sqrt(1 / n if trial.target is not None else max(1 / max(there, 1) - 1 / n, 0.0))
    limit = norm.ppf(1 - SUSPICIOUS / 2 / max(trial.X.shape[1], 1)) * error
    if difference <= limit:
        return ""
    return (
        "said to be randomised, but those at the target differed before it by "
        f"{difference:.2f} standard deviations, where lots leave {limit:.2f} at most"
    )


def dependence(X: Floats, dose: Floats, left: Floats) -> tuple[float, float]:
    """Return the largest correlation of a covariate with the dose, and with what is left of it."""
    Z = _standard(X)

    def largest(values: Floats) -> float:
        values = (values - values.mean()) / max(values.std(), 1e-12)
        return float(np.abs(Z.T @ values / len(values)).max(initial=0))

    return largest(dose), largest(left)


def _standard(X: Floats) -> Floats:
    """Return covariates in standard deviations from their mean, without those that do not vary."""
    mean, spread = np.nanmean(X, axis=0), np.nanstd(X, axis=0)
    varied = spread > ROUNDING * np.maximum(np.abs(mean), 1)
    return np.nan_to_num((X[:, varied] - mean[varied]) / spread[varied])


def touched(controls: Sequence[tuple[str, float, float]]) -> tuple[str, bool]:
    """Say what the negative controls show, and whether one of them casts doubt.

    Each is a name, an estimate and its standard error.
    """
    if not controls:
        return "none is named", False
    words, doubt = [], False
    limit = norm.ppf(1 - SUSPICIOUS / 2 / len(controls))
    for name, estimate, error in controls:
        z = abs(estimate) / error if error > 0 else 0.0
        doubt |= z > limit
        state = "moved, though it cannot be" if z > limit else "not moved"
        words.append(f"{name}: {state} (z {z:.1f})")
    return "; ".join(words), doubt
