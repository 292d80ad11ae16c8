"""Which methods predict value, and how much each is heard: judged on rows held out.

Held out are the rows of the select role; where it has none, the fit rows, cross-fitted by
customer. Every method is judged by Tweedie deviance, which asks for the mean and lets no single
large amount decide. Once that is settled, every method learns again from all roles, as the newest
rows tell most of what comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from clvlens.models.blend import ANCHORED, BTYD, KINDS, Member, ValueBlend
from clvlens.models.partner import BtydPartner
from clvlens.models.rows import Floats, Rows

POWER = 1.5
SMALLEST = 1e-3  # of the mean value: less is taken for so much, as deviance allows no 0
TRUST = 0.1  # log miss of a total at which one window tells as much as the prior below
PRIOR = 1.0  # the share of the way to the level of all history that is gone before evidence
EQUAL, CREDIT = "equal weights", "equal weights, less for methods far behind"
CLOSE, FAR = 1.25, 2.0  # times the best method's deviance

Shape = Callable[[str], dict]  # the settings of a method, by name


class Window(NamedTuple):
    """Totals of one label window: what came, what learned methods and BTYD expected."""

    actual: float
    learned: float
    btyd: float

    @property
    def gap(self) -> float:
        """The logarithm of what BTYD expected over what learned methods did."""
        return float(np.log(self.btyd / self.learned))

    @property
    def miss(self) -> float:
        """The logarithm of what came over what learned methods expected."""
        return float(np.log(self.actual / self.learned))


class Partners(NamedTuple):
    """BTYD as the fit role told it, and as all roles did."""

    first: BtydPartner | None
    last: BtydPartner | None


def fit_members(
    names: tuple[str, ...],
    shape: Shape,
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
        model = KINDS[name](**shape(name))
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

    Equal weights, which have nothing to learn, but for methods far behind the best (`credit`);
    unless those of the lowest deviance beat them by more than one standard error of the
    difference, row by row. Rows that are not `later` than those that were learned from do not
    choose: the trees know their window, and BTYD does not.
    """
    expected = np.column_stack(list(held.values()))
    losses = {name: float(deviance(y, value).mean()) for name, value in held.items()}
    trust = credit(losses)
    equal = np.array(list(trust.values())) / sum(trust.values())
    best = _fitted(y, expected)
    gain = deviance(y, expected @ equal) - deviance(y, expected @ best)
    error = float(gain.std() / np.sqrt(len(gain)))
    chosen = best if later and gain.mean() > error else equal
    evidence = {
        "rule": "fitted weights"
        if chosen is best
        else EQUAL
        if min(equal) == max(equal)
        else CREDIT,
        "gain": float(gain.mean()),
        "standard_error": error,
        "credit": trust,
        "deviance": {
            **losses,
            "equal weights": float(deviance(y, expected @ equal).mean()),
            "fitted weights": float(deviance(y, expected @ best).mean()),
        },
    }
    return dict(zip(held, (float(w) for w in chosen), strict=True)), evidence


def credit(losses: dict[str, float]) -> dict[str, float]:
    """Return what each method's say is worth, from its held-out deviance over the best one's.

    Worth 1 up to `CLOSE` times the best, nothing from `FAR` times on: where histories tell far
    more than orders do, BTYD is such a method.
    """
    best = min(losses.values())
    ratios = {name: loss / best for name, loss in losses.items()}
    return {name: float(np.clip((FAR - r) / (FAR - CLOSE), 0, 1)) for name, r in ratios.items()}


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


def followed(later: list[Window], trust: float = PRIOR) -> float:
    """Return how far the level is to go from what learned methods expect to what BTYD does.

    Learned methods expect the level of the windows that their labels came from; BTYD expects that
    of all history. The way from one to the other is gone as far as BTYD is to be trusted (h, from
    0 to 1), unless windows after the labels (`later`) tell: each has a miss of the learned total,
    e, and the gap to BTYD's, d. The share is ridge regression of e on d:
    (Σ d e + t² h) / (Σ d² + t²), t being `TRUST`, between 0 and 1.
    """
    gaps, misses = (np.array([getattr(w, name) for w in later]) for name in ("gap", "miss"))
    prior = TRUST**2
    return float(np.clip((gaps @ misses + prior * trust) / (gaps @ gaps + prior), 0, 1))


def fit_blend(
    names: tuple[str, ...],
    shape: Shape,
    fit: Rows,
    later: list[Rows | None],
    partners: Partners,
    recent: Floats | None = None,
    aheads: Sequence[float] = (0.0, 0.0, 0.0),
) -> ValueBlend:
    """Fit the methods, weigh them on held-out rows, learn again from all rows, set the level.

    `later` are the select and the calibrate role; what came in them is compared with what was
    expected. `recent` are features of a snapshot after the fit role, whose outcome nobody knows.
    `aheads` are what the season adds to BTYD after the later roles and after the newest rows, as
    logarithms.
    """
    if None in partners:
        partners = Partners(None, None)
    if partners.first is None and not set(names) - {ANCHORED, BTYD}:
        names = ("tweedie",)  # as orders tell too little of BTYD
    select, known = later[0], [rows for rows in later if rows is not None]
    members, held = fit_members(names, shape, fit, select, partners.first)
    y = (fit if select is None else select).y
    weights, evidence = choose_weights(y, held, later=select is not None)
    first = ValueBlend(members, weights, partners.first, evidence)
    if known:
        members = _again(members, reduce(Rows.and_then, known, fit), partners.last)
    blend = ValueBlend(members, weights, partners.last, evidence)
    newest = (fit, *known)[-1].X if recent is None else recent
    seasons = [ahead for rows, ahead in zip(later, aheads, strict=False) if rows is not None]
    return _levelled(first, blend, known, newest, (*seasons, aheads[-1]))


def _again(
    members: dict[str, Member], rows: Rows, partner: BtydPartner | None
) -> dict[str, Member]:
    """Return the methods fitted to rows of all roles."""
    found = {}
    for name, model in members.items():
        base = []
        if name == ANCHORED and partner is not None:
            base = [partner.log_value(rows.X, partner.label_days)]
        found[name] = model.again(rows, *base)
        del found[name].held_out_
    return found


def _levelled(
    first: ValueBlend,
    blend: ValueBlend,
    later: list[Rows],
    newest: Floats,
    aheads: Sequence[float],
) -> ValueBlend:
    """Return the blend with its learned methods at the level that later windows ask for.

    `first` learned before the `later` roles, so that they tell what it missed. The gap to BTYD's
    level is that of the `newest` rows: of the last role, whose labels taught every method its
    level, or of a snapshot after the only one. Since then customers have aged, and trees, which
    have seen nobody older, do not follow them as BTYD does. BTYD knows no calendar, so that the
    season is added to what it expects.
    """
    learned = {n: w for n, w in blend.weights.items() if n != BTYD and w > 0}
    if first.partner is None or blend.partner is None or not learned:
        return blend
    windows = [
        Window(float(y.sum()), *_totals(first, first.partner, learned, X, ahead))
        for (X, y, _), ahead in zip(later, aheads, strict=False)
    ]
    trees, btyd = _totals(blend, blend.partner, learned, newest, aheads[-1])
    if not all(min(window) > 0 for window in (*windows, (trees, btyd))):
        return blend
    share = followed(windows, blend.evidence["credit"].get(BTYD, PRIOR))
    factor = (btyd / trees) ** share
    season = float(np.exp(share * aheads[-1]))
    weights = {n: w * (season if n == BTYD else factor) for n, w in blend.weights.items()}
    evidence = {**blend.evidence, "level": factor, "followed": share, "season": season}
    return ValueBlend(blend.members, weights, blend.partner, evidence)


def _totals(
    blend: ValueBlend, partner: BtydPartner, learned: dict[str, float], X: Floats, ahead: float
) -> tuple[float, float]:
    """Return what learned methods together, and BTYD in its season, expect of all rows."""
    total = sum(learned.values())
    trees = ValueBlend(blend.members, {n: w / total for n, w in learned.items()}, partner)
    btyd = np.exp(partner.log_value(X, partner.label_days))
    return float(trees.predict(X).sum()), float(btyd.sum() * np.exp(ahead))
