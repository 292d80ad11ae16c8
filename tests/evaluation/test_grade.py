import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation.backtest import Evaluation
from clvlens.evaluation.grade import grade


def evaluation(low=0.02, high=0.06, bias=0.0):
    """The model leads 'past rate' by 0.04 in nGini; the constant ranks nothing."""
    scores = pd.DataFrame(
        [
            ("clvlens", "ngini", 0.64),
            ("clvlens", "total_bias", bias),
            ("constant mean", "ngini", 0.0),
            ("past rate", "ngini", 0.60),
            ("past rate", "total_bias", 0.9),
        ],
        columns=["method", "metric", "estimate"],
    )
    differences = pd.DataFrame(
        [
            ("constant mean", "ngini", 0.64, 0.60, 0.68),
            ("past rate", "mae", -3.0, -4.0, -2.0),
            ("past rate", "ngini", 0.04, low, high),
        ],
        columns=["method", "metric", "estimate", "low", "high"],
    )
    return Evaluation(scores, differences, *[pd.DataFrame()] * 3)


BETTER = "ranks customers better than the best baseline, 'past rate', beyond chance"
NO_BETTER = "ranks customers no better than 'past rate', as far as these data tell"


@pytest.mark.parametrize(
    ("bias", "words"),
    [
        (0.0, f"{BETTER}, and predicts the total to the percent"),
        (0.01, f"{BETTER}, and predicts the total 1% too high"),
        (0.05, f"{BETTER}, and predicts the total 5% too high"),
        (-0.05, f"{BETTER}, and predicts the total 5% too low"),
    ],
)
def test_a_is_for_a_better_ranking_with_a_total_within_five_percent(bias, words):
    found = grade(evaluation(bias=bias))
    assert (found.letter, found.words, found.is_poor) == ("A", words, False)


@pytest.mark.parametrize(
    ("bias", "words"),
    [
        (0.06, f"{BETTER}, and predicts the total 6% too high"),
        (-0.20, f"{BETTER}, and predicts the total 20% too low"),
    ],
)
def test_b_is_for_a_better_ranking_with_a_total_within_twenty_percent(bias, words):
    found = grade(evaluation(bias=bias))
    assert (found.letter, found.words, found.is_poor) == ("B", words, False)


def test_c_is_for_a_ranking_that_is_not_beyond_chance():
    found = grade(evaluation(low=-0.01))
    assert (found.letter, found.is_poor) == ("C", True)
    assert found.words == f"{NO_BETTER}; predicts the total to the percent"


def test_c_is_for_a_better_ranking_with_a_total_far_off():
    found = grade(evaluation(bias=0.21))
    assert (found.letter, found.is_poor) == ("C", True)
    assert found.words == (
        f"{BETTER}, but predicts the total 21% too high: trust the order, not the amounts"
    )


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.1), (-0.1, 0.0)])
def test_a_difference_that_may_be_none_is_no_lead_and_no_lag(low, high):
    assert grade(evaluation(low=low, high=high)).letter == "C"


def test_d_is_for_a_ranking_worse_beyond_chance():
    found = grade(evaluation(low=-0.08, high=-0.01, bias=0.30))
    assert (found.letter, found.is_poor) == ("D", True)
    assert found.words == (
        "ranks customers worse than 'past rate': use that instead; predicts the total 30% too high"
    )


def test_an_unknown_difference_is_no_lead():
    found = grade(evaluation(low=np.nan, high=np.nan))
    assert found.letter == "C"
    assert found.words.startswith(NO_BETTER)


def test_an_unknown_total_earns_no_more_than_c():
    found = grade(evaluation(bias=np.nan))
    assert found.letter == "C"
    assert found.words == (
        f"{BETTER}, but its total cannot be judged: trust the order, not the amounts"
    )


def test_the_grade_carries_its_figures_as_json_values():
    assert grade(evaluation(bias=0.01)).to_dict() == {
        "letter": "A",
        "words": f"{BETTER}, and predicts the total 1% too high",
        "best_baseline": "past rate",
        "ngini": 0.64,
        "ngini_baseline": 0.60,
        "gain": 0.04,
        "gain_low": 0.02,
        "gain_high": 0.06,
        "total_bias": 0.01,
    }
