"""Which methods predict value, and how much each is heard: judged on rows held out.

Held out are the rows of the select role; where it has none, the fit rows, cross-fitted by
customer. Every method is judged by Tweedie deviance, which asks for the mean and lets no single
large amount decide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from clvlens.models.blend import ANCHORED, BTYD, KINDS, Member, ValueBlend
from clvlens.models.boosting import Floats, Rows
from clvlens.models.partner import BtydPartner

POWER = 1.5
SMALLEST = 1e-3  # of the mean value: less is taken for so much, as deviance allows no 0
TRUST = 0.1  # log miss of a total at which one window tells as much as the prior below
HALFWAY = 0.5  # between the level of the last window and that of all history, before evidence


class Window(NamedTuple):
    """Totals of one label window: what came, what learned methods and BTYD expected."""

    actual: float
    learned: float
    btyd: float


def fit_members(
    names: tuple[str, ...],
    settings: dict,
    fit: Rows,
    select: Rows | None,
    partner: BtydPartner | None,
) -> tuple[dict[str, Member], dict[str, Floats]]:
    """Fit every method, and return what each expected of the rows that were held out."""
    members, held = {}, {}
    later = fit if select is None else select
    for name in names:
        if name == BTYD:
            continue
        model = KINDS[name](**settings)
        if name != ANCHORED:
            members[name] = model.fit(*fit, select)
        elif partner is not None:
            days = partner.label_days
            bases = [partner.log_value(rows.X, days) for rows in (fit, later)]
            members[name] = model.fit(*fit, select, *bases)
    for name, model in members.items():
        held[name] = model.held_out_
        del model.held_out_
    if partner is not None and BTYD in names:
        held[BTYD] = np.exp(partner.log_value(later.X, partner.label_days))
    return members, held


def choose_weights(
    y: Floats, held: dict[str, Floats], *, later: bool = True
) -> tuple[dict[str, float], dict]:
    """Return each method's weight, adding up to 1, and the evidence.

    Equal weights, which have nothing to learn, unless those of the lowest deviance beat them by
    more than one standard error of the difference, row by row. Rows that are not `later` than
    those that were learned from decide nothing: the trees know their window, and BTYD does not.
    """
    expected = np.column_stack(list(held.values()))
    equal = np.full(expected.shape[1], 1 / expected.shape[1])
    best = _fitted(y, expected)
    gain = deviance(y, expected @ equal) - deviance(y, expected @ best)
    error = float(gain.std() / np.sqrt(len(gain)))
    chosen = best if later and gain.mean() > error else equal
    evidence = {
        "rule": "fitted weights" if chosen is best else "equal weights",
        "gain": float(gain.mean()),
        "standard_error": error,
        "deviance": {
            **{name: float(deviance(y, value).mean()) for name, value in held.items()},
            "equal weights": float(deviance(y, expected @ equal).mean()),
            "fitted weights": float(deviance(y, expected @ best).mean()),
        },
    }
    return dict(zip(held, (float(w) for w in chosen), strict=True)), evidence


def _fitted(y: Floats, expected: Floats) -> Floats:
    """Return the weights ≥ 0, adding up to 1, of the lowest deviance; less than 1 % is 0."""
    count = expected.shape[1]
    found = minimize(
        lambda weights: deviance(y, expected @ weights).mean(),
        np.full(count, 1 / count),
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
        method="SLSQP",
    )
    weights = np.where(found.x < 0.01, 0, found.x)
    return weights / weights.sum()


def deviance(y: Floats, expected: Floats) -> Floats:
    """Return the Tweedie deviance of `POWER` a row, per square root of the mean of y.

    With p = 1.5 it is 4 (√y - √mu)² / √mu. Rows that brought less than nothing count as 0.
    """
    paid = np.maximum(y, 0.0)
    mean = float(paid.mean()) or 1.0
    root = np.sqrt(np.maximum(expected, SMALLEST * mean))
    return 4 * (np.sqrt(paid) - root) ** 2 / (root * np.sqrt(mean))


def level(last: Window, later: list[Window]) -> tuple[float, float]:
    """Return what learned methods are to be multiplied by, and how far BTYD was followed.

    Learned methods expect the level of the window that their labels came from; BTYD expects that
    of all history. Half the way from one to the other is gone, unless windows after the labels
    (`later`) tell: each has a miss of the learned total, e, and the gap to BTYD's, d, as
    logarithms. The share followed is ridge regression of e on d: (Σ d e + t² h) / (Σ d² + t²),
    t being `TRUST` and h `HALFWAY`, between 0 and 1.
    """
    gaps = np.array([np.log(w.btyd / w.learned) for w in later])
    misses = np.array([np.log(w.actual / w.learned) for w in later])
    prior = TRUST**2
    share = (gaps @ misses + prior * HALFWAY) / (gaps @ gaps + prior)
    share = float(np.clip(share, 0, 1))
    newest = later[-1] if later else last
    return float((newest.btyd / newest.learned) ** share), share


def fit_blend(
    names: tuple[str, ...],
    settings: dict,
    fit: Rows,
    later: list[Rows | None],
    partner: BtydPartner | None,
) -> ValueBlend:
    """Fit the methods, weigh them on held-out rows, and set the level.

    `later` are the select and the calibrate role; the level of what came in them is compared with
    what was expected.
    """
    select = later[0]
    if partner is None and not set(names) - {ANCHORED, BTYD}:
        names = ("tweedie",)  # as orders tell too little of BTYD
    members, held = fit_members(names, settings, fit, select, partner)
    y = (fit if select is None else select).y
    weights, evidence = choose_weights(y, held, later=select is not None)
    blend = ValueBlend(members, weights, partner, evidence)
    learned = {name: weight for name, weight in weights.items() if name != BTYD and weight > 0}
    if partner is None or not learned:
        return blend
    trees = ValueBlend(members, {n: w / sum(learned.values()) for n, w in learned.items()}, partner)
    windows = [_window(trees, partner, rows) for rows in (fit, *later) if rows is not None]
    if not all(min(window) > 0 for window in windows):
        return blend
    factor, share = level(windows[0], windows[1:])
    weights = {name: w * (1 if name == BTYD else factor) for name, w in weights.items()}
    return ValueBlend(members, weights, partner, {**evidence, "level": factor, "followed": share})


def _window(trees: ValueBlend, partner: BtydPartner, rows: Rows) -> Window:
    btyd = float(np.exp(partner.log_value(rows.X, partner.label_days)).sum())
    return Window(float(rows.y.sum()), float(trees.predict(rows.X).sum()), btyd)
