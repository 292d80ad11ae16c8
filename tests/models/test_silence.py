import numpy as np
import pandas as pd
import pytest

from clvlens.models.btyd_distributions import BgNbd, ParetoNbd
from clvlens.models.silence import HISTORY, Silence, fit_silence, stretched

MODEL = Silence(ParetoNbd(1.0, 10.0, 0.6, 12.0))
# Cleo bought once, 20 weeks ago; Dora on four more days, last a week ago; Emil never.
HISTORIES = np.array([[0, 0, 140], [4, 133, 140], [np.nan, np.nan, np.nan]])


def test_silence_until_the_horizon_is_silence_until_then_given_silence_so_far():
    """P(none in 26 weeks) = P(none in 13) × P(none in 26 | none in 13), by the process itself."""
    x, t_x, T = np.array([0.0, 4.0]), np.array([0.0, 19.0]), np.array([20.0, 20.0])
    silent = [1 - MODEL.purchases.probability_active(x, t_x, T, weeks) for weeks in (13, 26)]
    lasts = MODEL.lasts(HISTORIES, 13 * 7, 26 * 7)
    assert lasts[:2] == pytest.approx(silent[1] / silent[0])
    assert np.isnan(lasts[2])


def test_silence_makes_silence_likelier_than_a_constant_rate_would():
    """Constant rates would square the chance when the window doubles."""
    x, t_x, T = np.array([0.0, 4.0]), np.array([0.0, 19.0]), np.array([20.0, 20.0])
    once = 1 - MODEL.purchases.probability_active(x, t_x, T, 13)
    lasts = MODEL.lasts(HISTORIES, 13 * 7, 26 * 7)[:2]
    assert (lasts > once).all()
    assert (lasts < 1).all()


def test_who_never_bought_is_stretched_at_a_constant_rate():
    assert stretched(np.array([0.5, 0.5]), np.array([0.8, np.nan]), 2.0).tolist() == [0.4, 0.25]


@pytest.mark.parametrize("purchases", [BgNbd(1, 10, 1, 2), ParetoNbd(1, 10, 1, 12)])
def test_a_copy_says_the_same(purchases):
    model = Silence(purchases)
    assert Silence.from_dict(model.to_dict()) == model


def draw(purchases, customers=3000, seed=1):
    """Customers of a Pareto/NBD process over 26 weeks, and whether the next 13 were silent."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(purchases.r, 1 / purchases.alpha, customers)
    life = rng.exponential(1 / rng.gamma(purchases.s, 1 / purchases.beta, customers))
    rows = []
    for each, ends in zip(rate, life, strict=True):
        times = rng.exponential(1 / each, 200).cumsum()
        times = times[times < min(ends, 39)]
        seen = times[times < 26]
        last = seen[-1] * 7 if len(seen) else 0.0
        rows.append((len(seen), last, 182.0, float(len(times) == len(seen))))
    frame = pd.DataFrame(rows, columns=[*HISTORY, "target_churned"])
    return frame.assign(cutoff=pd.Timestamp("2024-01-01", tz="UTC"))


def test_the_process_that_says_more_of_the_labels_is_kept():
    """And it says how long silence lasts within two points of the truth."""
    frame = draw(MODEL.purchases)
    found = fit_silence(frame, 91)
    histories = frame[list(HISTORY)].to_numpy()
    truth = MODEL.lasts(histories, 91, 182).mean()
    assert found.lasts(histories, 91, 182).mean() == pytest.approx(truth, abs=0.02)


def test_nothing_is_said_where_nobody_bought_twice():
    frame = draw(MODEL.purchases, customers=50).assign(orders__repeat_days=0.0)
    frame["orders__first_to_last"] = 0.0
    assert fit_silence(frame, 91) is None
