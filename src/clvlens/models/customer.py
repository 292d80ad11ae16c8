"""What is predicted of a customer: value with its interval, orders, churn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clvlens.errors import ModelError
from clvlens.models.blend import ValueBlend
from clvlens.models.churn import ChurnClassifier, contractual_columns, mixed
from clvlens.models.encoding import Encoder
from clvlens.models.intervals import ValueInterval
from clvlens.models.orders import OrderCountRegressor
from clvlens.models.own import OwnValue
from clvlens.models.rows import Floats
from clvlens.models.season import Swing
from clvlens.models.silence import HISTORY, Silence, stretched
from clvlens.models.spread import Spread
from clvlens.models.value import HurdleRegressor
from clvlens.panel.panel import FeatureInfo
from clvlens.panel.target import AT_RISK

BTYD_SHARE = "btyd_share_of_churn"
TOLD = 0.01  # of value: a season that moves it by less goes without saying


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

    def swing(self, cutoffs: pd.Series | Sequence[pd.Timestamp]) -> Floats:
        """Return how many times as much is sold after each cutoff as after those learned from.

        That is the season's: 1 where none is known. Shape (rows,). Raises `ModelError` on numbers,
        which nobody can tell seconds from days of.
        """
        given = pd.Series(cutoffs)
        if pd.api.types.is_numeric_dtype(given) and len(given):
            raise ModelError(f"cutoff holds numbers such as {given.iloc[0]}; give times")
        times = pd.to_datetime(given, utc=True)
        if "swing" not in self.about:
            return np.ones(len(times))
        swing = Swing.from_dict(self.about["swing"])
        days = self.about["horizon_days"]
        known = {at: swing.factor(int(at.value // 1000), days) for at in times.unique()}
        return times.map(known).to_numpy(float)

    def season_told(self, cutoffs: Iterable[pd.Timestamp]) -> Iterator[str]:
        """Say by how much the season moves predictions from each cutoff on, where it does."""
        for cutoff in sorted(set(cutoffs)):
            more = float(self.swing([cutoff])[0]) - 1
            if abs(more) >= TOLD:
                yield (
                    f"the season moves values by {100 * more:+.0f} % from {cutoff:%Y-%m-%d} on, as "
                    "the same days sold the year before, beside those that the model learned from"
                )

    @property
    def spread(self) -> Spread | None:
        """How far value lies from what is expected; older models do not know."""
        return Spread.from_dict(self.about["spread"]) if "spread" in self.about else None

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return predictions over the horizon, one row each row of features.

        Columns: `predicted_value`, `value_low_90`, `value_high_90` (money), `churn_probability`,
        `expected_orders`. Rows with a `cutoff` are of that time of the year, others of that of the
        newest that was learned from. Bounds are widened where they would exclude the expected
        value. Where churn is contractual, its probability is missing for who has no subscription
        to lose, and is split into `voluntary_churn_probability` and
        `involuntary_churn_probability` if reasons are recorded.
        """
        encoded = self.encoder.encode(frame)
        swing = self.swing(pd.Series(frame["cutoff"])) if "cutoff" in frame else 1.0
        return self.predict_encoded(encoded.to_numpy(), swing).set_index(encoded.index)

    def predict_encoded(self, X: Floats, swing: Floats | float = 1.0) -> pd.DataFrame:
        """Return predictions from rows of the encoder's columns, at a season's `swing`."""
        scale = self.stretch * swing
        value = self.value.predict(X) * scale
        columns = {"predicted_value": value}
        if self.interval is not None:
            low, high = self.interval.predict_interval(X).T * scale
            columns["value_low_90"] = np.minimum(low, value)
            columns["value_high_90"] = np.maximum(high, value)
        columns |= self._churn(X, swing)
        columns["expected_orders"] = self.orders.predict(X) * scale
        return pd.DataFrame(columns)

    def _churn(self, X: Floats, swing: Floats | float) -> dict[str, Floats]:
        """Return the columns about churn, over the horizon.

        Where orders come `swing` times as often, the chance of none is to that power, as it is of
        a Poisson process.
        """
        churn = self.churn.predict_proba(X)[:, 1]
        if not self.is_contractual:
            churn = stretched(churn, self._silence_lasts(X), self.stretch)
            return {"churn_probability": self._heard_btyd(churn, X) ** swing}
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
