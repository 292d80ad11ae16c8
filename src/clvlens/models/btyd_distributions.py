"""Buy-till-you-die distributions: what a fitted model says about each customer.

The literature's words differ from RFM's. Of a customer first seen T time units ago, x counts the
*repeat* purchases (the first is the reason that the customer is known) and t_x is the time from
the first purchase to the last, 0 where x is 0; the RFM recency is T - t_x. All times are in one
unit of the caller's choice, and so are ``alpha`` and ``beta``: ask a model in the unit it was
fitted in. Methods take arrays of shape (customers,) and return one value per customer.

Sources: Fader, Hardie and Lee 2005, "Counting Your Customers the Easy Way" (BG/NBD) and "RFM and
CLV" (Pareto/NBD); Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value". Where a
published formula overflows for frequent buyers, Euler's transformation of the hypergeometric
function gives the same value from smaller numbers.
"""

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, expit, exprel, gammaln, hyp2f1, hyperu

Floats = NDArray[np.float64]


FAR = 30.0  # e-folds
_nodes, _weights = np.polynomial.legendre.leggauss(32)
NODES = ((_nodes + 1) / 2, _weights / 2)  # of the interval from 0 to 1


@dataclass(frozen=True)
class Parameters:
    """Positive parameters that can be written as JSON and read back."""

    def to_dict(self) -> dict[str, float]:
        """The parameters by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, parameters: dict[str, float]) -> Self:
        """The model whose ``to_dict`` was given."""
        return cls(**parameters)


@dataclass(frozen=True)
class BgNbd(Parameters):
    """Purchases at a Gamma(r, alpha) rate; after each repeat one dies with a Beta(a, b) chance.

    Nobody dies before a repeat purchase, so P(alive) is 1 for every one-time buyer: rank customers
    by ``expected_purchases`` or ``probability_active``, never by ``probability_alive``.
    """

    r: float
    alpha: float
    a: float
    b: float

    def log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log density of each customer's purchases."""
        return (
            gammaln(self.r + x)
            - gammaln(self.r)
            + self.r * np.log(self.alpha)
            - (self.r + x) * np.log(self.alpha + T)
            + betaln(self.a, self.b + x)
            - betaln(self.a, self.b)
            + np.logaddexp(0, self._log_odds_dead(x, t_x, T))
        )

    def _log_odds_dead(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        died_after_last = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1)
        silent_since = np.log(self.alpha + T) - np.log(self.alpha + t_x)
        return np.where(x > 0, died_after_last + (self.r + x) * silent_since, -np.inf)

    def probability_alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Chance of not having died by now; 1 wherever x is 0."""
        return expit(-self._log_odds_dead(x, t_x, T))

    def probability_active(self, x: Floats, t_x: Floats, T: Floats, t: float) -> Floats:
        """Chance of at least one purchase in the next t.

        Whoever is alive now stays so until the next purchase, at a Gamma(r + x, alpha + T) rate.
        """
        wait = np.log1p(t / (self.alpha + T))
        return self.probability_alive(x, t_x, T) * -np.expm1(-(self.r + x) * wait)

    def expected_purchases(self, x: Floats, t_x: Floats, T: Floats, t: float) -> Floats:
        """Expected number of purchases in the next t."""
        a = self.a
        if min(abs(a - 1), abs(a + self.b - 1)) < 1e-6:
            a += 2e-6  # the formula is 0/0 there, and continuous
        c, z = a + self.b + x - 1, t / (self.alpha + T + t)
        low, high = np.minimum(a - 1, self.r + x), np.maximum(a - 1, self.r + x)
        remaining = (1 - z) ** low * hyp2f1(low, c - high, c, z)
        return c / (a - 1) * (1 - remaining) * self.probability_alive(x, t_x, T)


@dataclass(frozen=True)
class ParetoNbd(Parameters):
    """Purchases at a Gamma(r, alpha) rate during a lifetime that ends at a Gamma(s, beta) rate."""

    r: float | Floats
    alpha: float | Floats
    s: float
    beta: float | Floats

    def log_likelihood(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log density of each customer's purchases."""
        return (
            gammaln(self.r + x)
            - gammaln(self.r)
            + self.r * np.log(self.alpha)
            - (self.r + x) * np.log(self.alpha + T)
            + self.s * (np.log(self.beta) - np.log(self.beta + T))
            + np.logaddexp(0, self._log_odds_dead(x, t_x, T))
        )

    def _log_odds_dead(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        alive = -(self.r + x) * np.log(self.alpha + T) - self.s * np.log(self.beta + T)
        return np.log(self.s) + self._log_mass(x, t_x, T) - alive

    def _log_mass(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Log of the integral of (alpha + u)^-(r + x) (beta + u)^-(s + 1) over t_x < u < T.

        By Gauss-Legendre over log(u + the smaller of alpha and beta), where both factors are
        smooth. Its closed form, a difference of hypergeometric functions, loses digits and takes
        long where alpha and beta are far apart. What is `FAR` below the start adds nothing.
        """
        rate, decay, least = self.r + x, self.s + 1, np.minimum(self.alpha, self.beta)
        start = least + t_x
        with np.errstate(over="ignore"):
            ends = [
                (scale + t_x) * np.exp(FAR / power) - scale
                for scale, power in ((self.alpha, rate), (self.beta, decay))
            ]
        span = np.log((least + np.minimum(T, np.minimum(*ends))) / start)
        area = np.zeros_like(span)
        for node, weight in zip(*NODES, strict=True):
            stretch = np.exp(span * node)
            on = start * (stretch - 1)
            fallen = rate * np.log1p(on / (self.alpha + t_x))
            fallen += decay * np.log1p(on / (self.beta + t_x))
            area += weight * stretch * np.exp(-fallen)
        with np.errstate(divide="ignore"):  # log 0: no time to die in since a purchase just now
            mass = np.log(span * start * area)
        return mass - rate * np.log(self.alpha + t_x) - decay * np.log(self.beta + t_x)

    def probability_alive(self, x: Floats, t_x: Floats, T: Floats) -> Floats:
        """Chance that the lifetime has not ended by now."""
        return expit(-self._log_odds_dead(x, t_x, T))

    def probability_alive_later(self, x: Floats, t_x: Floats, T: Floats, t: float) -> Floats:
        """Chance that the lifetime will not have ended in t.

        Whoever is alive now has a lifetime that ends at a Gamma(s, beta + T) rate.
        """
        onwards = -self.s * np.log1p(t / (self.beta + T))
        return self.probability_alive(x, t_x, T) * np.exp(onwards)

    def probability_active(self, x: Floats, t_x: Floats, T: Floats, t: float) -> Floats:
        """Chance of at least one purchase in the next t.

        Whoever is alive now is a new customer of a Pareto/NBD with rates Gamma(r + x, alpha + T)
        and Gamma(s, beta + T), whose chance of no purchase in t is the likelihood of x = 0.
        """
        onwards = ParetoNbd(self.r + x, self.alpha + T, self.s, self.beta + T)
        silent = onwards.log_likelihood(np.zeros_like(T), np.zeros_like(T), np.full_like(T, t))
        return self.probability_alive(x, t_x, T) * -np.expm1(silent)

    def expected_purchases(self, x: Floats, t_x: Floats, T: Floats, t: float) -> Floats:
        """Expected number of purchases in the next t."""
        span = np.log1p(t / (self.beta + T))
        lifetime = (self.beta + T) * span * exprel(-(self.s - 1) * span)
        return self._rate(x, T) * lifetime * self.probability_alive(x, t_x, T)

    def discounted_expected_residual_transactions(
        self, x: Floats, t_x: Floats, T: Floats, discount_rate: float
    ) -> Floats:
        """DERT: expected purchases from now on for ever, discounted to now.

        ``discount_rate`` is continuous and per time unit: ln(1.15) / 52 for 15 % a year in weeks.
        """
        span = self.beta + T
        lifetime = span * hyperu(1, 2 - self.s, discount_rate * span)
        return self._rate(x, T) * lifetime * self.probability_alive(x, t_x, T)

    def _rate(self, x: Floats, T: Floats) -> Floats:
        return (self.r + x) / (self.alpha + T)


@dataclass(frozen=True)
class GammaGamma(Parameters):
    """Spend per purchase is Gamma(p, nu) with nu ~ Gamma(q, v) over customers, v in money.

    The model takes spend to be independent of the number of purchases.
    """

    p: float
    q: float
    v: float

    def log_likelihood(self, x: Floats, mean_spend: Floats) -> Floats:
        """Log density of the mean spend over x > 0 repeat purchases, mean_spend > 0."""
        px = self.p * x
        return (
            gammaln(px + self.q)
            - gammaln(px)
            - gammaln(self.q)
            + self.q * np.log(self.v)
            + px * np.log(x)
            + (px - 1) * np.log(mean_spend)
            - (px + self.q) * np.log(self.v + x * mean_spend)
        )

    def expected_spend(self, x: Floats, mean_spend: Floats) -> Floats:
        """Expected spend per future purchase, in the unit of ``mean_spend``.

        The population mean p v / (q - 1) where there is no repeat purchase or where mean spend is
        missing or not positive, as the model cannot read it.
        """
        readable = (x > 0) & (mean_spend > 0)
        count, total = np.where(readable, x, 0), np.where(readable, x * mean_spend, 0)
        return self.p * (self.v + total) / (self.p * count + self.q - 1)
