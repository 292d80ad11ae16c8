"""Today's worth of money that arrives later.

Rates are effective annual rates: at .10, 110 due in 365 days is worth 100 today.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR


def discount_factor(annual_rate: float, days: ArrayLike) -> NDArray[np.float64]:
    """Worth today of one unit of money due in ``days``: (1 + rate) ^ -(days / 365).

    Raises ValueError for a rate of -1 or less, at which no future money has a finite worth.
    """
    if annual_rate <= -1:
        raise ValueError(f"annual_rate is {annual_rate}; give a share above -1, as .10 for 10 %.")
    return (1 + annual_rate) ** (-np.asarray(days, dtype=float) / DAYS_PER_YEAR)


def discounted_horizon_value(
    value: ArrayLike, horizon_days: float, annual_rate: float
) -> NDArray[np.float64]:
    """Worth today of ``value`` that arrives evenly over the next ``horizon_days``.

    Discounted monthly, each month of 365 / 12 days at its middle, since money that arrives evenly
    is half a month away on average; a last part of a month counts by its days, at its own middle.
    ``value`` has shape (customers,) or is one number, in money; so is the result.

    365 days at .21: the months' factors 1.21 ^ -(1/24), 1.21 ^ -(3/24), ... average .9105, so 1,200
    becomes 1,092.55. Raises ValueError for a horizon that is not positive.
    """
    if horizon_days <= 0:
        raise ValueError(f"horizon_days is {horizon_days}; give a number of days above 0.")
    starts = np.arange(0, horizon_days, DAYS_PER_MONTH)
    days = np.diff(starts, append=horizon_days)
    factors = discount_factor(annual_rate, starts + days / 2)
    return np.asarray(value, dtype=float) * (factors @ days / horizon_days)


def continuation_multiple(
    retention: ArrayLike, horizon_days: float, annual_rate: float, years: float
) -> NDArray[np.float64]:
    """How many times the horizon's worth is still to come in the ``years`` after the horizon.

    Assumes that each further horizon brings the value of the one before times ``retention``, the
    chance to be there still: the sum of (r / (1 + rate) ^ (horizon / 365)) ^ k over horizons k; a
    last part of a horizon counts by its share. ``retention`` is over one horizon, a share.

    >>> print(continuation_multiple(0.5, horizon_days=365, annual_rate=0, years=2))
    0.75
    """
    if years < 0:
        raise ValueError(f"years is {years}; give 0 or more.")
    periods = years * DAYS_PER_YEAR / horizon_days
    kept = np.asarray(retention, dtype=float) * discount_factor(annual_rate, horizon_days)
    count = np.arange(1, int(np.ceil(periods)) + 1)
    return kept[..., None] ** count @ np.minimum(periods - count + 1, 1)
