"""How the models of a customer are fitted: on the panel's roles before the test, in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.models.blend import ANCHORED, BTYD, ValueBlend
from clvlens.models.boosting import check_device
from clvlens.models.churn import ChurnClassifier, choose_share, trusted_share
from clvlens.models.customer import BTYD_SHARE, CustomerModel
from clvlens.models.encoding import Encoder, fit_encoder
from clvlens.models.intervals import ValueInterval
from clvlens.models.leaderboard import Partners, Shape, fit_blend
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.own import Estimator, fit_own
from clvlens.models.partner import BtydPartner, fit_partner
from clvlens.models.rows import Rows
from clvlens.models.season import Season, Swing, fit_season
from clvlens.models.silence import HISTORY, Silence, fit_silence
from clvlens.models.spread import fit_spread
from clvlens.panel.instants import to_instant
from clvlens.panel.panel import INVOLUNTARY, Panel
from clvlens.panel.snapshot import KEYS
from clvlens.panel.target import AT_RISK

LEAST_CUSTOMERS = 100
LEAST_OF_A_KIND = 10

Progress = Callable[[str], None]
Role = Callable[[str], Rows | None]


class Roles(NamedTuple):
    """Ways to get the rows of each role before the test, with one of their targets."""

    fit: Callable[[str], Rows]
    select: Role
    calibrate: Role


def train_model(
    panel: Panel,
    about: dict,
    progress: Progress = lambda _: None,
    own: Estimator | None = None,
) -> CustomerModel:
    """Fit every model on the panel's fit rows; later roles stop growth and calibrate.

    `own` takes the place of the methods of value, and learns from all roles before the test.
    Raises `ModelError` where there is too little to learn from.
    """
    check_device(panel.config.model.device)
    fit_rows = panel.rows("fit")
    contractual = panel.config.target.is_contractual
    _check_enough(fit_rows, contractual)
    silence = None if contractual else _fit_silence(panel, fit_rows)
    needed = {AT_RISK} if contractual else set(HISTORY if silence else ())
    encoder = fit_encoder(fit_rows, panel.features, needed)
    if not encoder.columns:
        raise ModelError("no feature differs between fit rows; add histories or cutoffs.fit")
    roles = Roles(
        _by_target(fit_rows, encoder), *(_later(panel, r, encoder) for r in ("select", "calibrate"))
    )
    shape = panel.config.model.shape
    progress("fit value")
    partners = Partners(None, None) if own else _fit_partners(panel, encoder, about)
    if own:
        value, swing = fit_own(own, encoder.columns, _together(roles, "value")), None
    else:
        value, swing = _fit_value(panel, encoder, shape, roles, partners)
    progress("fit churn")
    churn = ChurnClassifier(**shape("churn")).fit(*_each(roles, "churned"))
    involuntary = None
    if INVOLUNTARY in fit_rows:
        progress("fit kinds of churn")
        involuntary = _fit_kinds(ChurnClassifier(**shape("churn")), roles)
    progress("fit orders")
    orders = OrderCountRegressor(**shape("orders")).fit(
        *roles.fit("orders"), roles.select("orders")
    )
    interval = None
    if panel.config.model.intervals:
        progress("fit intervals")
        interval = ValueInterval(**shape("interval")).fit(*_each(roles, "value"))
    newest = roles.calibrate("value") or roles.select("value") or roles.fit("value")
    told = {**about, "spread": fit_spread(value.predict(newest.X), newest.y).to_dict()}
    if silence:
        told["silence"] = silence.to_dict()
    if swing:
        told["swing"] = swing.to_dict()
    if not contractual and partners.first is not None:
        told[BTYD_SHARE] = _btyd_share(churn, partners.first, roles)
    parts = (value, churn, orders, interval, involuntary)
    return CustomerModel(encoder, panel.features, *parts, told)


def _fit_silence(panel: Panel, fit_rows: pd.DataFrame) -> Silence | None:
    """Fit how long silence lasts, where the horizon is longer than what is learned from."""
    if panel.plan.label_days == panel.plan.horizon_days:
        return None
    return fit_silence(fit_rows, panel.plan.label_days)


def _each(roles: Roles, target: str) -> tuple:
    """Return X, y and customers of the fit role, and the rows of the later ones."""
    return (*roles.fit(target), roles.select(target), roles.calibrate(target))


def _fit_value(
    panel: Panel, encoder: Encoder, shape: Shape, roles: Roles, partners: Partners
) -> tuple[ValueBlend, Swing | None]:
    """Fit the methods of value, and the season as far as their level follows it."""
    later = [roles.select("value"), roles.calibrate("value")]
    recent = None if panel.recent is None else encoder.encode(panel.recent).to_numpy()
    season = _fit_season(panel, partners)
    aheads = _aheads(panel, season)
    names = panel.config.model.candidates
    value = fit_blend(names, shape, roles.fit("value"), later, partners, recent, aheads)
    if season is None or not value.followed:
        return value, None
    return value, Swing(season, aheads[-1], value.followed)


def _together(roles: Roles, target: str) -> Rows:
    """Return the rows of all roles, those that are there."""
    return reduce(Rows.and_then, [rows for role in roles if (rows := role(target)) is not None])


def _fit_partners(panel: Panel, encoder: Encoder, about: dict) -> Partners:
    """Fit BTYD to the fit role, and to all roles before the test; nothing where nobody asks."""
    if not {ANCHORED, BTYD} & set(panel.config.model.candidates):
        return Partners(None, None)
    days = about["label_days"], about["horizon_days"]
    how = (encoder.columns, panel.config.target.value, *days)
    first = fit_partner(panel.rows("fit"), *how)
    every = panel.frame.loc[panel.frame["role"] != "test"]
    if first is None or set(every["role"]) == {"fit"}:
        return Partners(first, first)
    return Partners(first, fit_partner(every, *how, first.purchases))


def _fit_season(panel: Panel, partners: Partners) -> Season | None:
    if panel.weekly is None or partners.last is None:
        return None
    config = panel.config
    holidays = [
        tuple(to_instant(day, config.time_zone) for day in dates)
        for dates in config.holidays.values()
    ]
    return fit_season(panel.weekly, partners.last.purchases, holidays)


def _aheads(panel: Panel, season: Season | None) -> tuple[float, float, float]:
    """Return what the season adds, as a logarithm, after the later roles and the newest rows."""
    plan = panel.plan
    roles = (plan.select, plan.calibrate, plan.cutoffs_learned[-1:])
    if season is None:
        return 0.0, 0.0, 0.0
    first, second, newest = (
        float(np.mean([season.ahead(at, plan.label_days) for at in cutoffs])) if cutoffs else 0.0
        for cutoffs in roles
    )
    return first, second, newest


def _btyd_share(churn: ChurnClassifier, partner: BtydPartner, roles: Roles) -> float:
    """Return BTYD's share of churn: what helps on the newest later rows, if there are any."""
    newest = roles.calibrate("churned") or roles.select("churned")
    X, silent, _ = newest or roles.fit("churned")
    btyd = partner.silence(X, partner.label_days)
    if newest is None:
        return trusted_share(silent, churn.held_out_, btyd)
    return choose_share(silent, churn.predict_proba(X)[:, 1], btyd)


def _by_target(frame: pd.DataFrame, encoder: Encoder) -> Callable[[str], Rows]:
    """Return a way to get rows with one of their targets, in an order of their own."""
    frame = frame.sort_values(list(KEYS))
    X, customers = encoder.encode(frame).to_numpy(), frame["customer_id"].to_numpy()

    def rows(target: str) -> Rows:
        y = frame[f"target_{target}"].to_numpy()
        known = ~np.isnan(y)
        return Rows(X[known], y[known], customers[known])

    return rows


def _later(panel: Panel, role: str, encoder: Encoder) -> Role:
    """Return a way to get one role's rows with a target; nothing where there are none."""
    rows = _by_target(panel.rows(role), encoder)
    return lambda target: found if len((found := rows(target)).y) else None


def _fit_kinds(model: ChurnClassifier, roles: Roles) -> ChurnClassifier | None:
    """Tell involuntary from voluntary churn; nothing where there is too little of either."""
    rows = [role("involuntary") for role in roles]
    enough = [r and min(np.sum(r.y == 0), np.sum(r.y == 1)) >= LEAST_OF_A_KIND for r in rows]
    learn, *later = (r if is_enough else None for r, is_enough in zip(rows, enough, strict=True))
    return learn and model.fit(*learn, *later)


def _check_enough(fit: pd.DataFrame, contractual: bool) -> None:
    customers = len(set(fit["customer_id"]))
    if customers < LEAST_CUSTOMERS:
        raise ModelError(
            f"{customers} customers are too few to learn from; at least {LEAST_CUSTOMERS} are "
            "needed, so use more data or an earlier history"
        )
    if not np.any(fit["target_value"]):
        raise ModelError(
            "every customer's value is 0 in the label window; check the signs of amounts and "
            "refunds, or change target.horizon_days"
        )
    left, stayed = (int(np.sum(fit["target_churned"] == kind)) for kind in (1, 0))
    did_stay = "kept their subscription" if contractual else "bought"
    for count, what in ((left, "left"), (stayed, did_stay)):
        if count < LEAST_OF_A_KIND:
            raise ModelError(
                f"only {count} of {left + stayed:,} rows {what} within the label window; at least "
                f"{LEAST_OF_A_KIND} are needed, so change target.horizon_days or add cutoffs.fit"
            )
