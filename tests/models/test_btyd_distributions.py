import json

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from clvlens.models.btyd_distributions import BgNbd, GammaGamma, ParetoNbd

# Fitted to the CDNOW sample in weeks (Fader, Hardie and Lee 2005), with its worked customer: two
# repeat purchases, the last after 30.43 of 38.86 weeks.
BG_NBD = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
PARETO_NBD = ParetoNbd(r=0.553, alpha=10.578, s=0.606, beta=11.669)
GAMMA_GAMMA = GammaGamma(p=6.25, q=3.74, v=15.44)
CUSTOMER = np.array([2.0]), np.array([30.43]), np.array([38.86])

# Rates so round that integrals can be done by hand: exponential rates with a mean of 1/10.
ROUND_BG = BgNbd(r=1, alpha=10, a=1, b=2)
ROUND_PARETO = ParetoNbd(r=1, alpha=10, s=1, beta=10)
ONE_TIME = np.array([0.0]), np.array([0.0]), np.array([10.0])

both_processes = pytest.mark.parametrize("model", [BG_NBD, PARETO_NBD], ids=["BG", "Pareto"])


def test_worked_customer_of_bg_nbd_expects_1_226_purchases_in_39_weeks():
    assert BG_NBD.expected_purchases(*CUSTOMER, 39) == pytest.approx(1.2260, abs=5e-5)
    assert BG_NBD.probability_alive(*CUSTOMER) == pytest.approx(0.7266, abs=5e-5)


def test_worked_customer_of_pareto_nbd_expects_1_455_purchases_in_39_weeks():
    assert PARETO_NBD.expected_purchases(*CUSTOMER, 39) == pytest.approx(1.4551, abs=5e-5)
    assert PARETO_NBD.probability_alive(*CUSTOMER) == pytest.approx(0.8692, abs=5e-5)


def test_worked_customer_of_gamma_gamma_spends_24_66():
    # a spend of 6.25 (15.44 + 2 * 22.35) over 6.25 * 2 + 3.74 - 1
    spend = GAMMA_GAMMA.expected_spend(np.array([2.0]), np.array([22.35]))
    assert spend == pytest.approx(24.664, abs=5e-4)


def test_discounted_residual_transactions_of_three_customers_at_15_percent():
    x, t_x, T = np.array([2.0, 7.0, 0.0]), np.array([30.43, 35.0, 0.0]), np.full(3, 38.86)
    dert = PARETO_NBD.discounted_expected_residual_transactions(x, t_x, T, np.log(1.15) / 52)
    assert dert == pytest.approx([6.5017, 20.716, 0.4785], rel=1e-4)


# --- BG/NBD


def test_bg_nbd_takes_every_one_time_buyer_for_alive():
    # hence P(alive) must not rank customers: it puts them above a loyal one
    x, t_x, T = np.array([0.0, 0.0, 20.0]), np.array([0.0, 0.0, 38.0]), np.array([1.0, 300.0, 39.0])
    assert BG_NBD.probability_alive(x, t_x, T)[:2].tolist() == [1, 1]
    assert BG_NBD.probability_alive(x, t_x, T)[2] < 1
    purchases = BG_NBD.expected_purchases(x, t_x, T, 39)
    assert purchases[2] > purchases[0] > purchases[1]


def test_bg_nbd_one_time_buyer_waits_for_a_gamma_rate():
    # no death before the second purchase: 1 - (10 + 10) / (10 + 10 + 20) = 1/2
    assert ROUND_BG.probability_active(*ONE_TIME, 20) == pytest.approx(0.5)


def test_bg_nbd_is_continuous_where_its_formula_is_zero_over_zero():
    # a = 1, and a + b = 1 for one-time buyers; beside those points the formula needs no care
    for singular, beside in [
        (BgNbd(1, 10, 1, 2), BgNbd(1, 10, 1.0001, 2)),
        (BgNbd(1, 10, 0.4, 0.6), BgNbd(1, 10, 0.4001, 0.6)),
    ]:
        expected = beside.expected_purchases(*ONE_TIME, 20)
        assert singular.expected_purchases(*ONE_TIME, 20) == pytest.approx(expected, rel=1e-3)


def test_bg_nbd_expects_the_mean_over_dropout_chances():
    # p ~ Beta(1, 2) has density 2 (1 - p); given p, 1 - 20 / (20 + 20 p) purchases per p
    by_hand = quad(lambda p: 2 * (1 - p) * (1 - 20 / (20 + 20 * p)) / p, 0, 1)[0]
    assert ROUND_BG.expected_purchases(*ONE_TIME, 20) == pytest.approx(by_hand, rel=1e-5)


# --- Pareto/NBD


def test_pareto_nbd_likelihood_of_a_one_time_buyer_by_hand():
    # alive all along (10/20)^2 = .25; died at u: integral of 100 (10 + u)^-3 to 10 = .375
    assert np.exp(ROUND_PARETO.log_likelihood(*ONE_TIME)) == pytest.approx(0.625)
    assert ROUND_PARETO.probability_alive(*ONE_TIME) == pytest.approx(0.25 / 0.625)


def test_pareto_nbd_expects_purchases_even_at_s_equal_to_one():
    # rate 1/20 for a lifetime of mean 20 ln((20 + 20) / 20), if alive
    expected = 0.25 / 0.625 * np.log(2)
    assert ROUND_PARETO.expected_purchases(*ONE_TIME, 20) == pytest.approx(expected)


def test_pareto_nbd_buyer_of_today_is_alive():
    today = np.array([3.0]), np.array([20.0]), np.array([20.0])
    assert PARETO_NBD.probability_alive(*today) == 1


@pytest.mark.parametrize("beta", [2.0, 11.669])
def test_pareto_nbd_chance_of_activity_is_the_mean_over_rates(beta):
    # with rates l and m, nothing is bought in t with chance m/(l+m) + l/(l+m) exp(-(l+m) t)
    model, t = ParetoNbd(0.553, 10.578, 0.606, beta), 39
    quantiles = (np.arange(1000) + 0.5) / 1000
    rate = gamma(0.553 + 2, scale=1 / (10.578 + 38.86)).ppf(quantiles)[:, None]
    death = gamma(0.606, scale=1 / (beta + 38.86)).ppf(quantiles)
    silent = (death + rate * np.exp(-(rate + death) * t)) / (rate + death)
    active = model.probability_active(*CUSTOMER, t) / model.probability_alive(*CUSTOMER)
    assert active == pytest.approx(1 - silent.mean(), abs=1e-4)


def test_pareto_nbd_without_discount_approaches_all_purchases_to_come():
    model = ParetoNbd(r=1, alpha=10, s=3, beta=10)
    dert = model.discounted_expected_residual_transactions(*CUSTOMER, 1e-9)
    assert dert == pytest.approx(model.expected_purchases(*CUSTOMER, 1e7), rel=1e-4)


# --- both


@both_processes
def test_one_purchase_is_never_likelier_than_the_number_expected(model):
    x = np.array([0.0, 0.0, 1.0, 5.0, 50.0, 1000.0])
    t_x = np.array([0.0, 0.0, 1.0, 20.0, 1.0, 99.0])
    T = np.array([0.0, 100.0, 100.0, 20.0, 100.0, 100.0])
    for t in (0.1, 10, 1000):
        active, purchases = (
            model.probability_active(x, t_x, T, t),
            model.expected_purchases(x, t_x, T, t),
        )
        assert (active >= 0).all()
        assert (active <= purchases * (1 + 1e-9)).all()
        assert (active <= model.probability_alive(x, t_x, T)).all()


def simulated_purchases(model, random, size, calibration, horizon):
    """x, t_x and the purchases of the horizon, by playing each customer's life."""
    rate = random.gamma(model.r, 1 / model.alpha, size)
    if isinstance(model, ParetoNbd):
        death = random.exponential(1 / random.gamma(model.s, 1 / model.beta, size))
    gaps = random.exponential(1 / rate, (200, size))
    times = gaps.cumsum(axis=0)
    if isinstance(model, BgNbd):
        fatal = random.random(times.shape) < random.beta(model.a, model.b, size)
        happened = np.cumsum(fatal, axis=0) - fatal == 0
    else:
        happened = times < death
    before = happened & (times <= calibration)
    after = happened & (times > calibration) & (times <= calibration + horizon)
    return before.sum(axis=0), np.where(before, times, 0).max(axis=0), after.sum(axis=0)


@both_processes
def test_promises_come_true_in_the_world_that_the_model_describes(model):
    size, calibration, horizon = 20_000, 40.0, 40.0
    x, t_x, bought = simulated_purchases(
        model, np.random.default_rng(1), size, calibration, horizon
    )
    T = np.full(size, calibration)
    expected = model.expected_purchases(x, t_x, T, horizon)
    active = model.probability_active(x, t_x, T, horizon)
    for some in (x == 0, x == 1, x > 1):
        noise = 3 / np.sqrt(some.sum())
        assert bought[some].mean() == pytest.approx(
            expected[some].mean(), abs=noise * bought[some].std()
        )
        assert (bought[some] > 0).mean() == pytest.approx(active[some].mean(), abs=0.5 * noise)


@pytest.mark.parametrize("model", [BG_NBD, PARETO_NBD, GAMMA_GAMMA], ids=["BG", "Pareto", "GG"])
def test_parameters_survive_being_written_as_json(model):
    assert type(model).from_dict(json.loads(json.dumps(model.to_dict()))) == model


# --- Gamma-Gamma


def test_without_a_readable_repeat_purchase_spend_is_the_population_mean():
    x, mean_spend = np.array([0.0, 0.0, 2.0, 2.0]), np.array([np.nan, 50.0, -3.0, np.nan])
    mean = 6.25 * 15.44 / (3.74 - 1)
    assert GAMMA_GAMMA.expected_spend(x, mean_spend) == pytest.approx(np.full(4, mean))


def test_gamma_gamma_density_of_the_mean_of_three_purchases_adds_up_to_one():
    def density(mean_spend):
        return np.exp(GAMMA_GAMMA.log_likelihood(np.array([3.0]), np.array([mean_spend])))[0]

    assert quad(density, 0, np.inf)[0] == pytest.approx(1)


@pytest.mark.parametrize(
    ("model", "x", "t_x", "T"),
    [
        (ParetoNbd(2.4, 11, 158, 36_000), 40, 95.0, 100.0),  # almost alike lifetimes
        (ParetoNbd(0.5, 300, 0.3, 0.05), 300, 90.0, 100.0),  # almost alike rates
        (ParetoNbd(0.55, 10.6, 0.6, 11.6), 0, 0.0, 40.0),
    ],
)
def test_pareto_nbd_weighs_every_moment_at_which_a_customer_may_have_died(model, x, t_x, T):
    def died(u):
        """What dying at u is worth beside being alive at T."""
        silent = (model.r + x) * np.log((model.alpha + T) / (model.alpha + u))
        lived = model.s * np.log((model.beta + T) / (model.beta + u))
        return model.s / (model.beta + u) * np.exp(silent + lived)

    odds = quad(died, t_x, T, epsabs=0, epsrel=1e-12, limit=500)[0]
    row = (np.array([float(x)]), np.array([t_x]), np.array([T]))
    assert model.probability_alive(*row) == pytest.approx(1 / (1 + odds), rel=1e-10)
