"""What may be set about the simulated business, and what is fixed about it.

Times inside the simulation are days: `day` counts from the first day of the business, a
customer's `age` from sign-up. A month has 30 days and a year 360, so that a year of a customer's
life is twelve steps.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np

from clvlens.errors import ConfigError, nearest

Regime = Literal["clean", "hidden", "sharp", "drift", "heavy"]
Format = Literal["parquet", "csv"]

OPENED = np.datetime64("2022-01-01T00:00:00", "s")  # midnight of day 0, UTC
MONTH = 30
YEAR = 360
LAST_DAY = 1080  # the first day about which nothing is known
LANDMARK = 90  # age at which the standing levers are decided
SPECIAL_DAY = 180  # age of the first special-day message
FIRST_EVENT = 180  # a lever decided at a first event is decided before this age, or never
HORIZON = 360  # days after a lever's decision in which value is counted
FIRST_SIGN_UP = 15
COHORT_ENDS = 540  # who signs up before this day has a whole horizon in the tables, for any lever
LAST_SIGN_UP = 1050

SHARES = ("refunds", "missing", "dirty_ids")


@dataclass(frozen=True)
class Business:
    """How strongly things act. The first four are set by `calibration` to meet stated facts.

    Hazards are a month; multipliers of hazard, frequency and amount have no unit.
    """

    bad_onboarding_hazard: float = 3.23
    bundle_uplift: float = 0.248
    cart_completion: float = 0.189
    booking_rate: float = 0.2632

    leaving: float = 0.020
    annual_hazard: float = 0.6
    annual_discount: float = 0.08
    card_failing: float = 0.026
    recovery: float = 0.35
    smart_recovery: float = 0.80
    updater_saves: float = 0.8
    slow_reply: float = 0.30
    fast_mail: float = 0.16
    slow_mail: float = 0.02
    recommended_uplift: float = 0.04
    loyal_light: float = 1.04
    special_lift: float = 1.50


@dataclass(frozen=True)
class Settings:
    """What a run is told.

    `noise` multiplies the spread of order amounts, `seasonality` is the share by which demand
    swings over the year, `trend` the growth of prices a year. `refunds`, `missing` and
    `dirty_ids` are shares of rows; rows arrive up to `late_days` after they happened. In
    `shock_month` (as `2024-03`, if any) support collapses. Raises `ConfigError` where a value will
    not do.
    """

    customers: int = 20_000
    seed: int = 1
    regime: Regime = "clean"
    format: Format = "parquet"
    noise: float = 1.0
    seasonality: float = 0.15
    trend: float = 0.0
    refunds: float = 0.03
    late_days: float = 0.0
    missing: float = 0.0
    dirty_ids: float = 0.0
    shock_month: str = ""
    business: Business = Business()

    def __post_init__(self) -> None:
        for name, known in (("regime", get_args(Regime)), ("format", get_args(Format))):
            if getattr(self, name) not in known:
                value = getattr(self, name)
                raise ConfigError(f"{name} {value!r} is unknown; {nearest(value, known)}")
        if self.customers < 1 or self.seed < 0:
            raise ConfigError("simulate needs at least 1 customer and a seed of 0 or more")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in SHARES and not 0 <= value <= 1:
                raise ConfigError(f"{field.name} is {value}; give a share from 0 to 1")
        if min(self.noise, self.late_days) < 0:
            raise ConfigError("noise and late_days must not be negative")
        if self.shock_month:
            self.shock_days()

    def shock_days(self) -> tuple[int, int]:
        """Return the first day of the shock, and the first after it."""
        try:
            first = np.datetime64(self.shock_month, "M")
        except ValueError:
            first = OPENED.astype("M8[M]") - 1
        days = [int((month - OPENED.astype("M8[D]")).astype(int))
                for month in (first.astype("M8[D]"), (first + 1).astype("M8[D]"))]  # fmt: skip
        if not 0 <= days[0] < LAST_DAY or len(self.shock_month) != len("2024-03"):
            raise ConfigError(
                f"shock_month {self.shock_month!r} is no month of the business; write it as "
                f"2024-03, from 2022-01 to {OPENED + np.timedelta64(LAST_DAY - 1, 'D'):.7}"
            )
        return days[0], days[1]
