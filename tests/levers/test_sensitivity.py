import numpy as np
import pytest
from tests.support.trials import make_trial

from clvlens.levers.estimation import Influence
from clvlens.levers.nuisances import prepare
from clvlens.levers.sensitivity import (
    LEAST,
    Strength,
    equal_shares,
    held_to_be,
    robustness,
    scale,
    strongest,
)


def test_equal_shares_solve_their_equation():
    for share in (0.01, 0.2, 0.7):
        assert equal_shares(share**2 / (1 - share)) == pytest.approx(share)


def test_the_size_of_a_bias_is_the_residuals_spread_times_the_weights_size():
    """σ² = 9 over those at the target, ν² = (4 + 4) / 4."""
    weights, residual = np.array([2.0, 2.0, 0.0, 0.0]), np.array([3.0, -3.0, 0.0, 0.0])
    assert scale(Influence(np.zeros(4), weights, residual)) == pytest.approx(3 * np.sqrt(2))


def test_an_effect_as_large_as_the_bias_of_half_and_half_is_robust_to_half():
    """r²/(1 - r) = ½ at r = ½, and √½ of the size is the distance."""
    assert robustness(np.sqrt(0.5), 1.0) == pytest.approx(0.5)
    assert robustness(-1.0, 1.0) == 0


def test_a_confounder_is_as_strong_as_the_bias_that_it_makes():
    strength = Strength("orders", of_outcome=0.5, of_arm=0.5)
    assert strength.product == pytest.approx(0.5)
    assert strength.value == pytest.approx(0.5)


def test_where_histories_stand_in_for_one_another_an_unseen_cause_is_held_to_be_stronger():
    found = held_to_be(Strength("orders", 0.001, 0.001))
    assert found.value == pytest.approx(LEAST)
    assert found.name == "orders, 0.1%, held to be"
    strong = Strength("orders", 0.5, 0.5)
    assert held_to_be(strong) == strong


def test_the_history_that_decides_most_is_the_strongest():
    trial = make_trial(3_000, confounding=1.5)
    found = strongest(trial, prepare(trial.X, trial.customers))
    assert found.name == "orders"
    assert found.of_outcome > 0.5
    assert found.of_arm > 0.05
