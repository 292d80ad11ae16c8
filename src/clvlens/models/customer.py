"""What is predicted of a customer: value with its interval, orders, churn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.models.blend import ANCHORED, BTYD, ValueBlend
from clvlens.models.boosting import Floats, Rows, check_device
from clvlens.models.churn import ChurnClassifier, choose_share, contractual_columns, mixed
from clvlens.models.encoding import Encoder, fit_encoder
from clvlens.models.intervals import ValueInterval
from clvlens.models.leaderboard import Partners, fit_blend
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.own import Estimator, OwnValue, fit_own
from clvlens.models.partner import BtydPartner, fit_partner
from clvlens.models.silence import HISTORY, Silence, fit_silence, stretched
from clvlens.models.spread import Spread, fit_spread
from clvlens.models.value import HurdleRegressor
from clvlens.panel.panel import INVOLUNTARY, FeatureInfo, Panel
from clvlens.panel.snapshot import KEYS
from clvlens.panel.target import AT_RISK

LEAST_CUSTOMERS = 100
LEAST_OF_A_KIND = 10
HALF = 0.5
BTYD_SHARE = "btyd_share_of_churn"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class CustomerModel:
    """Fitted models with what is needed to read, check and explain them.

    `about` holds name, currency, value (revenue or margin), horizon, label days, cutoffs, data
    fingerprint and versions, as JSON values.
    """

    encoder: Encoder
    features: tuple[FeatureInfo, ...]
    value: ValueBlend | HurdleRegressor | OwnValue
    churn: ChurnClassifier
    orders: OrderCountRegressor
    interval: ValueInterval | None = None
    involuntary: ChurnClassifier | None = None
    about: dict = field(default_factory=dict)

    @property
    def is_contractual(self) -> bool:
        """Whether churn is the end of a subscription."""
        return self.about.get("churn", "non_contractual") != "non_contractual"

    @property
    def stretch(self) -> float:
        """Horizon over label days: how much longer the horizon is than what was learned from."""
        return self.about["horizon_days"] / self.about["label_days"]

    @property
    def spread(self) -> Spread | None:
        """How far value lies from what is expected; older models do not know."""
        return Spread.from_dict(self.about["spread"]) if "spread" in self.about else None

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return predictions over the horizon, one row each row of features.

        Columns: `predicted_value`, `value_low_90`, `value_high_90` (money), `churn_probability`,
        `expected_orders`. Bounds are widened where they would exclude the expected value. Where
        churn is contractual, its probability is missing for who has no subscription to lose, and
        is split into `voluntary_churn_probability` and `involuntary_churn_probability` if reasons
        are recorded.
        """
        encoded = self.encoder.encode(frame)
        return self.predict_encoded(encoded.to_numpy()).set_index(encoded.index)

    def predict_encoded(self, X: Floats) -> pd.DataFrame:
        """Return predictions from rows of the encoder's columns."""
        value = self.value.predict(X) * self.stretch
        columns = {"predicted_value": value}
        if self.interval is not None:
            low, high = self.interval.predict_interval(X).T * self.stretch
            columns["value_low_90"] = np.minimum(low, value)
            columns["value_high_90"] = np.maximum(high, value)
        columns |= self._churn(X)
        columns["expected_orders"] = self.orders.predict(X) * self.stretch
        return pd.DataFrame(columns)

    def _churn(self, X: Floats) -> dict[str, Floats]:
        """Return the columns about churn, over the horizon."""
        churn = self.churn.predict_proba(X)[:, 1]
        if not self.is_contractual:
            churn = stretched(churn, self._silence_lasts(X), self.stretch)
            return {"churn_probability": self._heard_btyd(churn, X)}
        subscriptions = X[:, self.encoder.columns.index(AT_RISK)]
        kind = self.involuntary and self.involuntary.predict_proba(X)[:, 1]
        return contractual_columns(1 - (1 - churn) ** self.stretch, subscriptions != 0, kind)

    def _heard_btyd(self, churn: Floats, X: Floats) -> Floats:
        """Return the chance of silence over the horizon, with what BTYD says of it heard."""
        partner = getattr(self.value, "partner", None)
        share = self.about.get(BTYD_SHARE, 0.0)
        return mixed(churn, partner.silence(X), share) if partner and share else churn

    def _silence_lasts(self, X: Floats) -> Floats:
        """Return the chance that silence over the label window lasts; nan where nothing tells."""
        if "silence" not in self.about:
            return np.full(len(X), np.nan)
        places = [self.encoder.columns.index(name) for name in HISTORY]
        days = (self.about[name] for name in ("label_days", "horizon_days"))
        return Silence.from_dict(self.about["silence"]).lasts(X[:, places], *days)


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
    silence = None
    if not contractual and panel.plan.label_days < panel.plan.horizon_days:
        silence = fit_silence(fit_rows, panel.plan.label_days)
    needed = {AT_RISK} if contractual else set(HISTORY if silence else ())
    encoder = fit_encoder(fit_rows, panel.features, needed)
    if not encoder.columns:
        raise ModelError("no feature differs between fit rows; add histories or cutoffs.fit")
    fit = _by_target(fit_rows, encoder)
    select, calibrate = (_later(panel, role, encoder) for role in ("select", "calibrate"))
    settings = panel.config.model
    shape = settings.model_dump(exclude={"intervals", "candidates"})
    progress("fit value")
    partners = Partners(None, None) if own else _fit_partners(panel, encoder, about)
    later = [select("value"), calibrate("value")]
    recent = None if panel.recent is None else encoder.encode(panel.recent).to_numpy()
    value = (
        fit_own(own, encoder.columns, _together(fit("value"), later))
        if own
        else fit_blend(settings.candidates, shape, fit("value"), later, partners, recent)
    )
    progress("fit churn")
    churn = ChurnClassifier(**shape).fit(*fit("churned"), select("churned"), calibrate("churned"))
    involuntary = None
    if INVOLUNTARY in fit_rows:
        progress("fit kinds of churn")
        involuntary = _fit_kinds(ChurnClassifier(**shape), fit, select, calibrate)
    progress("fit orders")
    orders = OrderCountRegressor(**shape).fit(*fit("orders"), select("orders"))
    interval = None
    if settings.intervals:
        progress("fit intervals")
        interval = ValueInterval(**shape).fit(*fit("value"), select("value"), calibrate("value"))
    newest = later[1] or later[0] or fit("value")
    told = {**about, "spread": fit_spread(value.predict(newest.X), newest.y).to_dict()}
    if silence:
        told["silence"] = silence.to_dict()
    if not contractual and partners.first is not None:
        told[BTYD_SHARE] = _btyd_share(churn, partners.first, calibrate, select)
    parts = (value, churn, orders, interval, involuntary)
    return CustomerModel(encoder, panel.features, *parts, told)


def _together(rows: Rows, later: list[Rows | None]) -> Rows:
    """Return the rows of all roles, those that are there."""
    return reduce(Rows.and_then, [more for more in later if more is not None], rows)


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


def _btyd_share(
    churn: ChurnClassifier, partner: BtydPartner, *later: Callable[[str], Rows | None]
) -> float:
    """Return BTYD's share of churn: what helps on the newest later rows, or half without any."""
    known = [rows for role in later if (rows := role("churned")) is not None]
    if not known:
        return HALF
    X, silent, _ = known[0]
    btyd = partner.silence(X, partner.label_days)
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


def _later(panel: Panel, role: str, encoder: Encoder) -> Callable[[str], Rows | None]:
    """Return a way to get one role's rows with a target; nothing where there are none."""
    rows = _by_target(panel.rows(role), encoder)
    return lambda target: found if len((found := rows(target)).y) else None


def _fit_kinds(
    model: ChurnClassifier,
    fit: Callable[[str], Rows],
    select: Callable[[str], Rows | None],
    calibrate: Callable[[str], Rows | None],
) -> ChurnClassifier | None:
    """Tell involuntary from voluntary churn; nothing where there is too little of either."""
    rows = [role("involuntary") for role in (fit, select, calibrate)]
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
