"""Who signs up: what moves them, which nobody sees, and what the business saw of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clvlens.simulation.noise import BLOCK, Floats, Noise
from clvlens.simulation.settings import COHORT_ENDS, FIRST_SIGN_UP, LAST_SIGN_UP, Settings

Flags = NDArray[np.bool_]
Codes = NDArray[np.intp]

CHANNELS = ("ads", "social", "search", "friend")
CAMPAIGNS = ("spring", "brand", "retargeting")
COUNTRIES = ("US", "CA", "GB", "DE")
PLANS = ("basic", "plus", "pro")
PRICES = np.array([20.0, 40.0, 80.0])  # USD a month
ACQUISITION_COST = np.array([28.0, 18.0, 12.0, 4.0])  # USD, by channel
EARLY_VISITS = 4  # looks around the site, at most, before sign-up


@dataclass(frozen=True)
class People:
    """A block of customers, one entry each.

    The first five are latent: no table shows them. `day` is the instant of sign-up. All else is
    what the business knew then.
    """

    need: Floats
    wealth: Floats
    stress: Floats
    contentment: Floats
    digital: Floats
    index: Codes
    day: Floats
    channel: Codes
    campaign: Codes
    country: Codes
    plan: Codes
    subscriber: Flags
    trial: Flags
    early_visits: Floats
    early_email: Flags
    born: Floats
    card_expires: Floats

    @property
    def size(self) -> int:
        """Number of customers in the block."""
        return len(self.index)

    @property
    def price(self) -> Floats:
        """USD a month of the plan that the customer chose, or would choose."""
        return PRICES[self.plan]


def meet(noise: Noise, settings: Settings, *, cohort: bool = False) -> People:
    """Return the customers of a block; with `cohort`, all sign up before `COHORT_ENDS`."""
    need, wealth, stress, contentment, digital = (
        noise.normal(name) for name in ("need", "wealth", "stress", "contentment", "digital")
    )
    plan = cut(noise.normal("plan") + 0.8 * need + 0.6 * wealth, (0.0, 1.45))
    subscriber = noise.uniform("subscriber") < logistic(0.75 + 0.6 * need)
    curious = logistic(-0.7 + 0.8 * digital + 0.6 * need)
    return People(
        need=need,
        wealth=wealth,
        stress=stress,
        contentment=contentment,
        digital=digital,
        index=noise.block * BLOCK + np.arange(noise.size),
        day=_sign_up(noise, cohort),
        channel=cut(
            noise.normal("channel") + 0.4 * need + 0.3 * digital - 0.5 * stress, (-0.7, 0.0, 0.9)
        ),
        campaign=cut(noise.normal("campaign"), (-0.4, 0.4)),
        country=cut(noise.normal("country"), (0.3, 0.8, 1.4)),
        plan=plan,
        subscriber=subscriber,
        trial=subscriber & (noise.uniform("trial") < logistic(-0.7 - 0.6 * (plan - 0.6))),
        early_visits=_count(noise.uniform("early visits", EARLY_VISITS), curious),
        early_email=noise.uniform("early email") < logistic(-0.4 + 0.5 * digital),
        born=-365.25 * np.clip(38 + 12 * noise.normal("born"), 18, 85),
        card_expires=np.floor(36 * noise.uniform("card expires")),
    )


def _sign_up(noise: Noise, cohort: bool) -> Floats:
    """Return the instants of sign-up, in whole seconds; seven tenths are of the cohort."""
    early, when = noise.uniform("sign-up early") < 0.7, noise.uniform("sign-up")
    first = np.where(early | cohort, FIRST_SIGN_UP, COHORT_ENDS)
    last = np.where(early | cohort, COHORT_ENDS, LAST_SIGN_UP)
    return np.floor((first + (last - first) * when) * 86_400) / 86_400


def logistic(x: Any) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def cut(score: Floats, at: tuple[float, ...]) -> Codes:
    """Return how many of the bounds each score exceeds."""
    return np.searchsorted(np.array(at), score)


def _count(uniform: Floats, chance: Floats) -> Floats:
    return (uniform < chance[:, None]).sum(axis=1).astype(float)
