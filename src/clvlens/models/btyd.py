"""Buy-till-you-die forecasts: fit to order histories by maximum likelihood, then look ahead.

The words x, t_x and T, the unit of time and the sources are those of ``btyd_distributions``. The
forecasts describe customers who have bought: for somebody who never did, nothing is expected.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from clvlens.errors import ModelError
from clvlens.models.btyd_distributions import BgNbd, Floats, GammaGamma, ParetoNbd

Kind = Literal["bg_nbd", "pareto_nbd"]
Model = TypeVar("Model", BgNbd, ParetoNbd, GammaGamma)

# A factor of 1,100 either way: further out the likelihood is flat, and its sums lose digits.
CLOSE = 1e-11  # of the likelihood: parameters agree to as many digits as papers print
LOG_RANGE = 7.0
IMPOSSIBLE = 1e10  # stands for an infinite cost, which the optimiser cannot step back from


class Returned(NamedTuple):
    """Who bought again in the ``window`` after a history: 1 or 0 each, of shape (customers,)."""

    bought: Floats
    window: float


def fit_bg_nbd(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> BgNbd:
    """BG/NBD of the highest likelihood; ModelError where the histories cannot identify one."""
    histories = _repeating(x, t_x, T)
    return _maximise_likelihood(BgNbd(1, histories[2].mean(), 1, 1), *histories)


def fit_pareto_nbd(
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    returned: Returned | None = None,
    start: ParetoNbd | None = None,
    close: float = CLOSE,
) -> ParetoNbd:
    """Pareto/NBD of the highest likelihood; ModelError where the histories cannot identify one.

    With ``returned``, of the histories and of whether each customer came back after: young
    histories say little of how long customers live, and what followed says it. A ``start`` near
    the end saves time, and so does a wider ``close``, the relative change of the likelihood at
    which the search ends.
    """
    histories = _repeating(x, t_x, T)
    age = histories[2].mean()
    start = start or ParetoNbd(1, age, 1, age)
    if returned is None:
        return _maximise_likelihood(start, *histories, close=close)
    histories = (*histories, returned.bought)
    return _maximise_likelihood(start, *histories, window=returned.window, close=close)


def fit_gamma_gamma(x: ArrayLike, mean_spend: ArrayLike) -> GammaGamma:
    """Gamma-Gamma of the highest likelihood over customers with x > 0 and positive mean spend.

    Raises ModelError for fewer than two such customers, and where a few very large spenders leave
    the population without a finite mean (q <= 1).
    """
    count, spend = np.asarray(x, dtype=float), np.asarray(mean_spend, dtype=float)
    readable = (count > 0) & (spend > 0)
    if readable.sum() < 2:
        raise ModelError(
            f"Gamma-Gamma: {readable.sum()} of {len(count)} customers repeated with a positive "
            "mean spend, at least 2 are needed; take a longer history or leave this baseline out."
        )
    count, spend = count[readable], spend[readable]
    model = _maximise_likelihood(GammaGamma(1, 2, spend.mean()), count, spend)
    if model.q <= 1:
        raise ModelError(
            f"Gamma-Gamma: spend has no finite mean (q = {model.q:.2f}, needs more than 1); "
            "look for amounts in another currency or unit, or leave this baseline out."
        )
    return model


def _repeating(*columns: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Possible histories with at least one repeat purchase, without which no rate is known."""
    x, t_x, T = _possible(*columns)
    if not ((x > 0) & (T > 0)).any():
        raise ModelError(
            f"BTYD: none of {len(x)} customers has a repeat purchase; "
            "take a longer history or leave this baseline out."
        )
    return x, t_x, T


def _possible(*columns: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """x, t_x and T as floats, refused where no purchase process could have made them."""
    x, t_x, T = (np.asarray(column, dtype=float) for column in columns)
    possible = (x >= 0) & (t_x >= 0) & (t_x <= T) & np.isfinite(x + T)
    if not possible.all():
        raise ModelError(
            f"BTYD: {(~possible).sum()} of {len(x)} customers break frequency >= 0 or "
            "0 <= recency span <= age; count repeat purchases, and measure the span to the last "
            "one and the age both from the first purchase."
        )
    return x, t_x, T


def _maximise_likelihood(
    start: Model, *columns: Floats, window: float | None = None, close: float = CLOSE
) -> Model:
    """The model of start's kind that makes the rows most likely.

    With ``window``, the last column says who bought in that time after the others' history.
    Equal rows are summed up once with their count. Parameters move on a log scale around a start
    in the data's own unit, so that days and weeks take the same path.
    """
    model = type(start)
    rows, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    weights = counts / counts.sum()

    def cost(logs: Floats) -> float:
        with np.errstate(all="ignore"):
            likelihood = _log_likelihood(model(*np.exp(logs)), rows.T, window) @ weights
        return -likelihood if np.isfinite(likelihood) else IMPOSSIBLE

    def slope(logs: Floats) -> Floats:
        # Steps far above rounding, as one frequent buyer's log likelihood runs to thousands.
        steps = 1e-4 * np.eye(len(logs))
        return np.array([cost(logs + step) - cost(logs - step) for step in steps]) / 2e-4

    centre = np.log(list(start.to_dict().values()))
    found = minimize(
        cost,
        centre,
        method="L-BFGS-B",
        jac=slope,
        bounds=[(value - LOG_RANGE, value + LOG_RANGE) for value in centre],
        options={"ftol": close, "gtol": 1e-6},
    )
    # A line search that gives up where the likelihood is flat has met rounding, not failed.
    inside = np.abs(found.x - centre) < LOG_RANGE
    flat = np.abs(found.jac[inside]).max(initial=0) < 1e-4
    if found.fun >= IMPOSSIBLE or not (found.success or flat):
        raise ModelError(
            f"{model.__name__}: no maximum of the likelihood found over {counts.sum()} customers "
            f"({found.message}); look for impossibly large frequencies, times or amounts, or leave "
            "this baseline out."
        )
    return model(*(float(value) for value in np.exp(found.x)))


def _log_likelihood(model: Model, columns: Floats, window: float | None) -> Floats:
    if window is None or isinstance(model, GammaGamma):
        return model.log_likelihood(*columns)
    x, t_x, T, bought = columns
    chance = model.probability_active(x, t_x, T, window)
    return model.log_likelihood(x, t_x, T) + np.log(np.where(bought > 0, chance, 1 - chance))


FITS: dict[Kind, Callable[..., BgNbd | ParetoNbd]] = {
    "bg_nbd": fit_bg_nbd,
    "pareto_nbd": fit_pareto_nbd,
}


class BtydCustomers(NamedTuple):
    """Order histories, each of shape (customers,); ``age`` is nan for those who never bought.

    ``frequency`` counts repeat purchases (x), ``recency_span`` is the time from the first to the
    last (t_x), ``age`` the time since the first (T), ``mean_spend`` per repeat purchase.
    """

    frequency: Floats
    recency_span: Floats
    age: Floats
    mean_spend: Floats

    def who_bought(self) -> tuple[Floats, Floats, Floats, Floats]:
        """The four columns without never-buyers."""
        x, t_x, T, spend = (column[~np.isnan(self.age)] for column in self)
        return x, t_x, T, spend


class BtydPrediction(NamedTuple):
    """What the horizon brings, each of shape (customers,); value in the unit of mean spend."""

    expected_orders: Floats
    probability_active: Floats
    expected_value: Floats


@dataclass(frozen=True, eq=False)
class BtydForecast:
    """A purchase process and a spend distribution, with the customers to whom they are applied."""

    purchases: BgNbd | ParetoNbd
    spend: GammaGamma
    customers: BtydCustomers

    def predict(self, horizon: float) -> BtydPrediction:
        """Orders, chance of at least one order and value in the next ``horizon``.

        Undiscounted; ``horizon`` is in the unit of ``age``. All three are 0 for never-buyers, whom
        these models do not describe.
        """
        x, t_x, T, spend = self.customers.who_bought()
        orders = self.purchases.expected_purchases(x, t_x, T, horizon)
        active = self.purchases.probability_active(x, t_x, T, horizon)
        value = orders * self.spend.expected_spend(x, spend)
        prediction = np.zeros((3, len(self.customers.age)))
        prediction[:, ~np.isnan(self.customers.age)] = orders, active, value
        return BtydPrediction(*prediction)

    def applied_to(
        self, frequency: ArrayLike, recency_span: ArrayLike, age: ArrayLike, mean_spend: ArrayLike
    ) -> Self:
        """The same fit, asked about other customers; arguments as in ``fit_btyd``."""
        return replace(self, customers=_customers(frequency, recency_span, age, mean_spend))


def fit_btyd(
    kind: Kind,
    frequency: ArrayLike,
    recency_span: ArrayLike,
    age: ArrayLike,
    mean_spend: ArrayLike,
) -> BtydForecast:
    """Fit purchases and spend to the customers who bought; the forecast covers all that are given.

    Arguments of shape (customers,) as in ``BtydCustomers``, times in one unit. Raises ModelError
    for impossible histories, or for too few repeat customers to fit.
    """
    customers = _customers(frequency, recency_span, age, mean_spend)
    x, t_x, T, spend = customers.who_bought()
    return BtydForecast(FITS[kind](x, t_x, T), fit_gamma_gamma(x, spend), customers)


def _customers(*columns: ArrayLike) -> BtydCustomers:
    customers = BtydCustomers(*(np.asarray(column, dtype=float) for column in columns))
    _possible(*customers.who_bought()[:3])
    return customers
