import numpy as np
import pytest
from scipy.special import logit
from scipy.stats import lognorm

from clvlens.models.rows import Rows
from clvlens.models.ziln import ZilnRegressor, ziln_loss, ziln_slopes

SMALL = {"trees": 40, "learning_rate": 0.2}


def unfitted(mu=0.0):
    model = ZilnRegressor()
    model.state_ = {"net": 1.0, "starts": [0.0, mu, 0.0]}
    return model


def draw(rows=800, seed=1):
    """Half pay; of those, log amounts are 3 + x with deviation 0.5."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, 1))
    return X, (rng.random(rows) < 0.5) * np.exp(3 + X[:, 0] + rng.normal(0, 0.5, rows))


def test_the_mean_is_the_chance_times_the_mean_of_the_lognormal():
    # .3 × exp(3 + 1² / 2) = .3 × 33.1155
    assert unfitted().compose(np.array([[logit(0.3), 3.0, 0.0]])) == pytest.approx(9.9346, abs=1e-4)


def test_no_score_however_far_makes_an_infinite_prediction():
    far = np.array([[1e3, 1e3, 1e3], [-1e3, -1e3, -1e3]])
    value = unfitted(mu=3.0).compose(far)
    # e^(mu + 6) with sigma at e^1, and e^(mu - 6) times a chance of nothing
    assert value == pytest.approx([np.exp(9 + np.exp(2) / 2), 0.0])


def test_the_loss_is_minus_the_log_likelihood_but_for_what_no_score_changes():
    y, scores = np.array([0.0, 20.0]), np.array([[logit(0.3), 3.0, -0.5]] * 2)
    density = np.log(0.3) + lognorm.logpdf(20.0, np.exp(-0.5), scale=np.exp(3.0))
    constant = np.log(np.sqrt(2 * np.pi)) + np.log(20.0)
    assert ziln_loss(y, scores) == pytest.approx([-np.log(0.7), -density - constant])


def test_slopes_are_those_of_the_loss():
    rng = np.random.default_rng(1)
    y = np.where(rng.random(40) < 0.4, 0.0, rng.gamma(2, 20, 40))
    scores = rng.normal([0, 3, 0], 0.25, (40, 3))
    slopes, curvature = ziln_slopes(y, scores)
    for score in range(3):
        step = 1e-5 * np.eye(3)[score]
        change = (ziln_loss(y, scores + step) - ziln_loss(y, scores - step)) / 2e-5
        assert slopes[:, score] == pytest.approx(change, abs=1e-6)
    assert (curvature > 0).all()


def test_the_gradient_is_that_of_the_money():
    model, scores = unfitted(mu=3.0), np.random.default_rng(1).normal([0, 3, 0], 0.5, (40, 3))
    for score in range(3):
        step = 1e-6 * np.eye(3)[score]
        change = (model.compose(scores + step) - model.compose(scores - step)) / 2e-6
        assert model.gradient(scores)[:, score] == pytest.approx(change, rel=1e-5)


def test_chance_and_amount_are_found_again():
    X, y = draw(4000)
    scores = ZilnRegressor(**SMALL).fit(X, y).margins(np.array([[0.0], [1.0]]))
    assert scores[:, 0] == pytest.approx(0, abs=0.3)
    assert scores[:, 1] == pytest.approx([3, 4], abs=0.2)
    assert np.exp(scores[:, 2]) == pytest.approx(0.5, abs=0.15)


def test_values_add_up_and_held_out_rows_keep_their_order():
    X, y = draw()
    model = ZilnRegressor(**SMALL).fit(X, y)
    assert model.predict(X).sum() == pytest.approx(y.sum())
    assert np.corrcoef(np.log(model.held_out_), X[:, 0])[0, 1] > 0.9
    later = Rows(*draw(30, seed=2))
    model = ZilnRegressor(**SMALL).fit(X, y, select=later)
    assert model.held_out_ == pytest.approx(model.predict(later.X) / model.state_["net"], rel=0.2)


def test_parts_of_each_score_add_up_to_it():
    X, y = draw()
    model = ZilnRegressor(**SMALL).fit(X, y)
    sums = np.column_stack([share.sum(axis=1) for share in model.shares(X)])
    assert sums == pytest.approx(model.margins(X), abs=1e-5)
