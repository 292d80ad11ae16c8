"""Renewal of contracts: the shifted beta-geometric model of retention.

Customers differ in their chance θ of leaving at a renewal, θ ~ Beta(α, β), and each keeps their
own. Those inclined to leave go first, so that the retention of a cohort rises with age though
nobody changes (Fader and Hardie 2007, "How to project customer retention").
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import betaln, hyp2f1

from clvlens.finance.formulas import Floats, floats

LOG_RANGE = (-7.0, 9.0)  # of α and β: beyond, the likelihood is flat


@dataclass(frozen=True)
class ShiftedBetaGeometric:
    """Retention of a cohort by renewal; `alpha` and `beta` are those of Beta(α, β)."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if min(self.alpha, self.beta) <= 0:
            raise ValueError(
                f"alpha {self.alpha} and beta {self.beta} must be above 0; fit them to survivors."
            )

    def retention(self, renewal: ArrayLike) -> Floats:
        """Share of those left who renew at renewal t = 1, 2, …: (β + t - 1)/(α + β + t - 1).

        >>> print(ShiftedBetaGeometric(0.668, 3.806).retention([1, 2, 3]).round(3))
        [0.851 0.878 0.897]
        """
        t = _renewals(renewal, 1)
        return (self.beta + t - 1) / (self.alpha + self.beta + t - 1)

    def survival(self, renewals: ArrayLike) -> Floats:
        """Share of a cohort left after t renewals: B(α, β + t)/B(α, β).

        >>> print(ShiftedBetaGeometric(0.668, 3.806).survival([0, 1, 5]).round(3))
        [1.    0.851 0.562]
        """
        t = _renewals(renewals, 0)
        return np.exp(betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta))

    def residual_lifetime(self, renewal: ArrayLike, discount_rate: float) -> Floats:
        """DERL: discounted payments still expected from a customer just before renewal n = 1, 2, ….

        (β + n - 1)/(α + β + n - 1) · ₂F₁(1, β + n; α + β + n; 1/(1 + d)), the payment at renewal n
        undiscounted (Fader and Hardie 2010). Times the margin a period it is money.

        >>> print(ShiftedBetaGeometric(0.668, 3.806).residual_lifetime([1, 2, 5], 0.1).round(4))
        [5.4149 5.9018 6.8971]
        """
        if discount_rate <= 0:
            raise ValueError(
                f"discount_rate is {discount_rate}; give one above 0: undiscounted, some customers "
                "are expected to stay without an end."
            )
        n = _renewals(renewal, 1)
        whole = hyp2f1(1, self.beta + n, self.alpha + self.beta + n, 1 / (1 + discount_rate))
        return self.retention(n) * whole


def fit_survivors(survivors: ArrayLike) -> ShiftedBetaGeometric:
    """Return the most likely model of a cohort, from how many were left after 0, 1, … renewals.

    >>> found = fit_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> print(round(found.alpha, 3), round(found.beta, 3))
    0.668 3.806
    """
    left = floats(survivors)
    if left.size < 3 or (np.diff(left) > 0).any() or left[-1] < 0:
        raise ValueError(
            f"survivors are {survivors}; give how many were left after 0, 1, 2, … renewals, at "
            "least three numbers that never rise."
        )
    still = np.zeros(left.size - 1)
    still[-1] = left[-1]
    return fit_renewals(-np.diff(left), still)


def fit_renewals(lost: ArrayLike, still: ArrayLike) -> ShiftedBetaGeometric:
    """Return the most likely model, from customers of any age.

    Entry t - 1 of `lost` is how many left at renewal t; of `still`, how many have renewed t times
    and were then seen no further. Raises ValueError where nobody left, or nobody ever renewed.
    """
    gone, there = floats(lost), floats(still)
    if gone.sum() <= 0:
        raise ValueError("nobody has left yet, so retention is not known; observe for longer.")
    if gone[1:].sum() + there.sum() <= 0:
        raise ValueError("everybody left at the first renewal: there is no retention to model.")
    t = np.arange(1, gone.size + 1)

    def cost(logs: Floats) -> float:
        alpha, beta = np.exp(logs)
        left = betaln(alpha, beta + t) - betaln(alpha, beta)
        leaves = betaln(alpha + 1, beta + t - 1) - betaln(alpha, beta)
        return -(gone @ leaves + there @ left) / (gone.sum() + there.sum())

    found = minimize(cost, np.zeros(2), method="L-BFGS-B", bounds=[LOG_RANGE] * 2,
                     options={"ftol": 1e-13, "gtol": 1e-9})  # fmt: skip
    return ShiftedBetaGeometric(*(float(value) for value in np.exp(found.x)))


def _renewals(value: ArrayLike, least: int) -> Floats:
    count = floats(value)
    if (count < least).any():
        raise ValueError(f"renewals are {value}; count them from {least}.")
    return count
