"""Lines: straight in logarithms, cut to where somebody was, and every feature's part adds up."""

import numpy as np
import pytest

from clvlens.models.linear import (
    Line,
    LinearRegressor,
    cross_line,
    fit_line,
    logistic,
    tweedie,
)
from clvlens.models.rows import Rows

E = np.e


def line(**values):
    """Of two features, of which the second is missing at times."""
    known = {
        "lows": [0, 0, 0],
        "highs": [3, 3, 1],
        "gaps": [1],
        "means": [1, 2, 0.5],
        "spreads": [2, 1, 0.5],
        "slopes": [4, 10, 100],
        "intercept": 7.0,
    }
    return Line.from_dict(known | values)


def test_a_score_is_the_intercept_and_slopes_times_inputs():
    """log(1 + x) of e³ - 1 is 3 and of 0 is 0: 7 + 4 (3 - 1) / 2 + 10 (0 - 2) / 1 - 100 · 1."""
    assert line()(np.array([[E**3 - 1, 0.0]])) == pytest.approx([7 + 4 - 20 - 100])


def test_what_is_missing_counts_as_the_mean_and_for_being_missing():
    """7 + 4 (1 - 1) / 2 + 10 · 0 + 100 (1 - .5) / .5."""
    assert line()(np.array([[E - 1, np.nan]])) == pytest.approx([7 + 100])


def test_a_line_does_not_run_on_to_where_nobody_was():
    near, far = line()(np.array([[E**3 - 1, 0.0], [E**9 - 1, -5.0]]))
    assert near == pytest.approx(far)


def test_less_than_nothing_has_a_logarithm_of_its_own():
    """-(e² - 1) counts as -2: 7 + 4 (-2 - 1) / 2 + 10 (2 - 2) - 100."""
    below = line(lows=[-3, 0, 0])
    assert below(np.array([[1 - E**2, E**2 - 1]])) == pytest.approx([7 - 6 - 100])


def test_parts_add_up_and_what_is_missing_is_its_features_part():
    X = np.array([[E**3 - 1, 0.0], [E - 1, np.nan]])
    parts = line().shares(X)
    assert parts == pytest.approx(np.array([[4, -20 - 100, 7], [0, 0 + 100, 7]]))
    assert parts.sum(axis=1) == pytest.approx(line()(X))


def test_a_line_comes_back_from_json_values_the_same():
    again = Line.from_dict(line().to_dict())
    assert again.to_dict() == line().to_dict()
    assert again.gaps.dtype.kind == "i"


def draw(rows=4000, seed=1):
    """Log odds and the log of money are straight in log(1 + x); the second column is noise."""
    rng = np.random.default_rng(seed)
    X = rng.gamma(1.0, 3.0, (rows, 2))
    return X, np.log1p(X[:, 0]), rng


def test_odds_that_are_straight_are_found():
    X, level, rng = draw()
    y = (rng.random(len(X)) < 1 / (1 + np.exp(2 - 2 * level))).astype(float)
    found = fit_line(logistic, X, y, 1e-6)
    assert found.slopes / found.spreads == pytest.approx([2, 0], abs=0.2)


def test_money_that_is_straight_is_found_in_its_own_unit():
    X, level, rng = draw()
    y = 1000 * np.exp(0.5 * level) * rng.gamma(4.0, 0.25, len(X))
    found = fit_line(tweedie, X, y, 1e-6)
    assert found.slopes / found.spreads == pytest.approx([0.5, 0], abs=0.05)
    assert np.exp(found(np.zeros((1, 2)))) == pytest.approx([1000], rel=0.05)


def test_a_penalty_makes_slopes_smaller():
    X, level, rng = draw()
    y = np.exp(level) * rng.gamma(4.0, 0.25, len(X))
    weak, strong = (fit_line(tweedie, X, y, penalty).slopes[0] for penalty in (0.01, 10.0))
    assert 0 < strong < weak


def test_where_nobody_left_or_paid_a_line_is_flat():
    X, _, _ = draw(100)
    stayed, paid = (fit_line(fit, X, np.zeros(100)) for fit in (logistic, tweedie))
    assert stayed(X) == pytest.approx(np.full(100, np.log(0.5 / 100.5)))
    assert paid(X) == pytest.approx(np.zeros(100))


def test_columns_that_say_nothing_have_no_slope():
    """Always missing, or always the same."""
    X, level, rng = draw(500)
    X = np.column_stack([X, np.full(500, np.nan), np.full(500, 3.0)])
    found = fit_line(tweedie, X, np.exp(level) * rng.gamma(4.0, 0.25, 500))
    assert found.slopes[2:] == pytest.approx([0, 0])
    assert np.isfinite(found(X)).all()


def test_no_row_of_a_customer_is_scored_by_a_line_that_saw_them():
    """Each of 10 customers is 1 twice or 0 twice: a line that saw one row knows the other."""
    rng = np.random.default_rng(1)
    X, y = np.repeat(np.eye(10) * 9, 2, axis=0), np.repeat(rng.permutation(10) % 2, 2).astype(float)
    whole = cross_line(logistic, Rows(X, y, np.repeat(np.arange(10), 2)))
    torn = cross_line(logistic, Rows(X, y, np.arange(20)))
    assert np.corrcoef(torn, y)[0, 1] > 0.5
    assert np.corrcoef(whole, y)[0, 1] < 0.1


def test_fewer_customers_than_folds_are_scored_by_one_line():
    X, level, _ = draw(8)
    rows = Rows(X, level, np.arange(8) // 2)
    assert cross_line(tweedie, rows) == pytest.approx(fit_line(tweedie, X, level)(X))


def test_values_of_the_fit_rows_add_up_to_their_money_refunds_too():
    X, level, rng = draw(500)
    y = np.exp(level) * rng.gamma(4.0, 0.25, 500)
    y[:20] = -3.0
    model = LinearRegressor().fit(X, y)
    assert model.predict(X).sum() == pytest.approx(y.sum())


def test_nobody_is_worth_more_than_the_best_of_the_fit_rows_and_parts_are_cut_alike():
    """A top two below a raw score of four above its base halves every part."""
    X = np.array([[0.0, 0.0], [E**2 - 1, E**2 - 1]])
    model = LinearRegressor().fit(X, np.array([1.0, 2.0]))
    model.state_ = {
        "net": 1.0,
        "top": 5.0,
        "line": line(gaps=[], lows=[0, 0], highs=[3, 3], means=[0, 0], spreads=[1, 1],
                     slopes=[0.5, 1.5], intercept=3.0).to_dict(),
    }  # fmt: skip
    assert model.margins(X)[:, 0] == pytest.approx([3, 5])
    (parts,) = model.shares(X)
    assert parts == pytest.approx(np.array([[0, 0, 3], [0.5, 1.5, 3]]))
