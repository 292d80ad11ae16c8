"""What is predicted of a customer: value with its interval, orders, churn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.models.boosting import Floats
from clvlens.models.churn import ChurnClassifier
from clvlens.models.encoding import Encoder, fit_encoder
from clvlens.models.intervals import ValueInterval
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.value import HurdleRegressor
from clvlens.panel.panel import FeatureInfo, Panel

LEAST_CUSTOMERS = 100
LEAST_OF_A_KIND = 10

Progress = Callable[[str], None]


@dataclass(frozen=True)
class CustomerModel:
    """Fitted models with what is needed to read, check and explain them.

    `about` holds name, currency, value (revenue or margin), horizon, label days, cutoffs, data
    fingerprint and versions, as JSON values.
    """

    encoder: Encoder
    features: tuple[FeatureInfo, ...]
    value: HurdleRegressor
    churn: ChurnClassifier
    orders: OrderCountRegressor
    interval: ValueInterval | None = None
    about: dict = field(default_factory=dict)

    @property
    def stretch(self) -> float:
        """Horizon over label days: how much longer the horizon is than what was learned from."""
        return self.about["horizon_days"] / self.about["label_days"]

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return predictions over the horizon, one row each row of features.

        Columns: `predicted_value`, `value_low_90`, `value_high_90` (money), `churn_probability`,
        `expected_orders`. Bounds are widened where they would exclude the expected value.
        """
        return self.predict_encoded(self.encoder.encode(frame).to_numpy())

    def predict_encoded(self, X: Floats) -> pd.DataFrame:
        """Return predictions from rows of the encoder's columns."""
        value = self.value.predict(X) * self.stretch
        stayed = self.churn.predict_proba(X)[:, 0]
        columns = {"predicted_value": value}
        if self.interval is not None:
            low, high = self.interval.predict_interval(X).T * self.stretch
            columns["value_low_90"] = np.minimum(low, value)
            columns["value_high_90"] = np.maximum(high, value)
        columns["churn_probability"] = (1 - stayed) ** self.stretch
        columns["expected_orders"] = self.orders.predict(X) * self.stretch
        return pd.DataFrame(columns)


def train_model(panel: Panel, about: dict, progress: Progress = lambda _: None) -> CustomerModel:
    """Fit every model on the panel's fit rows; later roles stop growth and calibrate.

    Raises `ModelError` where there is too little to learn from.
    """
    fit = panel.rows("fit")
    _check_enough(fit)
    encoder = fit_encoder(fit, panel.features)
    X = encoder.encode(fit).to_numpy()
    groups = fit["customer_id"].to_numpy()
    select, calibrate = (_later(panel, role, encoder) for role in ("select", "calibrate"))
    settings = panel.config.model
    shape = {
        "trees": settings.trees,
        "learning_rate": settings.learning_rate,
        "max_depth": settings.max_depth,
        "seed": settings.seed,
    }
    progress("fit value (hurdle)")
    value = HurdleRegressor(**shape).fit(X, _target(fit, "value"), groups, select("value"))
    progress("fit churn")
    churn = ChurnClassifier(**shape).fit(
        X, _target(fit, "churned"), groups, select("churned"), calibrate("churned")
    )
    progress("fit orders")
    orders = OrderCountRegressor(**shape).fit(X, _target(fit, "orders"), groups, select("orders"))
    interval = None
    if settings.intervals:
        progress("fit intervals")
        interval = ValueInterval(**shape).fit(
            X, _target(fit, "value"), groups, select("value"), calibrate("value")
        )
    return CustomerModel(encoder, panel.features, value, churn, orders, interval, about)


def _target(rows: pd.DataFrame, name: str) -> Floats:
    return rows[f"target_{name}"].to_numpy()


def _later(
    panel: Panel, role: str, encoder: Encoder
) -> Callable[[str], tuple[Floats, Floats] | None]:
    """Return a way to get one role's rows with a target; nothing where the role is merged."""
    rows = panel.rows(role)
    X = encoder.encode(rows).to_numpy() if len(rows) else None
    return lambda name: None if X is None else (X, _target(rows, name))


def _check_enough(fit: pd.DataFrame) -> None:
    customers = fit["customer_id"].nunique()
    if customers < LEAST_CUSTOMERS:
        raise ModelError(
            f"{customers} customers are too few to learn from; at least {LEAST_CUSTOMERS} are "
            "needed, so use more data or an earlier history"
        )
    churned = int(fit["target_churned"].sum())
    for count, what in ((churned, "left"), (len(fit) - churned, "bought")):
        if count < LEAST_OF_A_KIND:
            raise ModelError(
                f"only {count} of {len(fit):,} rows {what} within the label window; at least "
                f"{LEAST_OF_A_KIND} are needed, so change target.horizon_days or add cutoffs.fit"
            )
