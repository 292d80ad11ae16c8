"""Settings of everything that speaks of money beyond one horizon: CLV, channels, segments."""

from __future__ import annotations

from pydantic import Field

from clvlens.histories.strict import Strict


class Clv(Strict):
    """Lifetime value from the predicted one; leave the block out for no `clv` columns.

    After the horizon each further one is taken to bring the value again × the customer's chance
    to be there still, for `continuation_years`; 0 counts the horizon alone.
    """

    annual_discount_rate: float = Field(default=0.10, ge=0)
    subtract_acquisition_cost: bool = False
    continuation_years: float = Field(default=3.0, ge=0, le=20)


class Finance(Strict):
    """What `clvlens value` compares, and how a budget answers.

    `by` are columns of customers; those that the table lacks are left out. Customers won grow
    with spending to the power of `spend_elasticity`; `budget_shift` is the share of a channel's
    spending that is moved. `margin_growth` is the growth a year of a customer's margin that the
    table of retention shows beside a constant one.
    """

    by: tuple[str, ...] = ("channel", "campaign")
    spend_elasticity: float = Field(default=0.5, gt=0, le=1)
    budget_shift: float = Field(default=0.1, gt=0, le=1)
    margin_growth: float = Field(default=0.10, ge=0, le=1)


class Segments(Strict):
    """Value × risk.

    `valuable` is the share of customers of highest value, `risky` the least churn probability
    that counts as a risk.
    """

    valuable: float = Field(default=0.2, gt=0, lt=1)
    risky: float = Field(default=0.5, gt=0, lt=1)


class Monitor(Strict):
    """When `clvlens monitor` raises an alarm.

    `months` are the newest whole ones in which histories are watched, `snapshots` the monthly
    ones that the newest is held against. Matured predictions are too far off where the total
    misses by `bias`, the bounds of 90 % hold fewer than `coverage`, churn probabilities miss by
    `calibration` on average, or customers are ranked worse by `ranking` of nGini than by past
    spending; the first and the last only beyond chance, the first three only if they were better
    when the model was graded.
    """

    months: int = Field(default=12, gt=0, le=120)
    snapshots: int = Field(default=6, ge=4, le=24)
    bias: float = Field(default=0.20, gt=0)
    coverage: float = Field(default=0.80, gt=0, lt=1)
    calibration: float = Field(default=0.10, gt=0, lt=1)
    ranking: float = Field(default=0.05, ge=0)
