"""The part of the YAML that says what is predicted, and from which days."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from clvlens.histories.strict import Strict

ROLES = ("fit", "select", "calibrate", "test")
LONGEST = 3660  # days, some ten years; beyond, instants overflow


def _midnight(value: object) -> object:
    """Read a date as its midnight; a number is no date, though it looks like 20240131."""
    if isinstance(value, int | float):
        raise ValueError(f"{value} is no date; write it as 2024-01-31")
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time())
    return value


def _of_a_business(when: dt.datetime) -> dt.datetime:
    if not 1900 <= when.year < 2200:
        raise ValueError(f"{when:%Y-%m-%d} is no date of a business; use one from 1900 to 2199")
    return when


Instant = Annotated[dt.datetime, BeforeValidator(_midnight), AfterValidator(_of_a_business)]


class Target(Strict):
    """What is predicted: value and churn in the `horizon_days` after a cutoff.

    Churn is `non_contractual` (no order in the horizon), `contractual` (of the customers with an
    active subscription at the cutoff, those with none left at the end of the horizon) or
    `contractual_any` (those of whose active subscriptions one ended, though others may go on).

    `more_horizons` are predicted as well, each by a model of its own, where history allows.
    `label_days` < horizon learns from a shorter window where history is short: money × h/l,
    churn by how long silence lasts, or at a constant hazard where it is contractual.
    `embargo_days` is how long refunds are awaited.
    """

    horizon_days: int = Field(default=90, gt=0, le=LONGEST)
    value: Literal["revenue", "margin"] = "revenue"
    churn: Literal["non_contractual", "contractual", "contractual_any"] = "non_contractual"
    label_days: int | None = Field(default=None, gt=0, le=LONGEST)
    embargo_days: int = Field(default=0, ge=0, le=LONGEST)
    more_horizons: tuple[Annotated[int, Field(gt=0, le=LONGEST)], ...] = ()

    @property
    def is_contractual(self) -> bool:
        """Whether churn is the end of a subscription, which only subscribers can meet."""
        return self.churn != "non_contractual"

    @model_validator(mode="after")
    def _labels_fit_the_horizon(self) -> Target:
        if self.label_days is not None and self.label_days > self.horizon_days:
            raise ValueError("label_days must not exceed horizon_days")
        return self

    @model_validator(mode="after")
    def _names_every_horizon_once(self) -> Target:
        every = (self.horizon_days, *self.more_horizons)
        twice = sorted({days for days in every if every.count(days) > 1})
        if twice:
            raise ValueError(f"horizon {twice[0]} is named twice; name each horizon once")
        return self


class Cutoffs(Strict):
    """When snapshots are taken, by role; roles left empty are planned from the data."""

    fit: tuple[Instant, ...] = ()
    select: tuple[Instant, ...] = ()
    calibrate: tuple[Instant, ...] = ()
    test: tuple[Instant, ...] = ()
    step_days: int = Field(default=30, gt=0, le=LONGEST)
    at_most: int = Field(default=6, gt=0, le=1000)
