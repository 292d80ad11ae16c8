import numpy as np
import pandas as pd
import pytest

from clvlens.evaluation.backtest import Evaluation
from clvlens.evaluation.grade import grade, grade_slices

FIGURES = {
    "best_baseline": "past rate",
    "ngini": 0.64,
    "ngini_baseline": 0.60,
    "gain": 0.04,
}


def lead(name="all", *, low=0.02, high=0.06, bias=0.0, misplaced=0.0):
    """The model leads 'past rate' by 0.04 in nGini."""
    figures = {"gain_low": low, "gain_high": high, "total_bias": bias, "misplaced": misplaced}
    return {"slice": name, "customers": 100, **FIGURES, **figures}


def evaluation(*slices, **figures):
    leads = pd.DataFrame([lead(**figures), *slices])
    return Evaluation(*[pd.DataFrame()] * 5, leads=leads)


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
        (-0.10, f"{BETTER}, and predicts the total 10% too low"),
    ],
)
def test_b_is_for_a_better_ranking_with_a_total_within_ten_percent(bias, words):
    found = grade(evaluation(bias=bias))
    assert (found.letter, found.words, found.is_poor) == ("B", words, False)


def test_c_is_for_a_ranking_that_is_not_beyond_chance():
    found = grade(evaluation(low=-0.01))
    assert (found.letter, found.is_poor) == ("C", True)
    assert found.words == f"{NO_BETTER}; predicts the total to the percent"


def test_amounts_by_tenth_count_beside_the_total():
    """A total can be right though the top tenth is too low and all others are too high."""
    words = f"{BETTER}, and predicts the total to the percent"
    assert grade(evaluation(misplaced=0.10)).words == words
    b = grade(evaluation(misplaced=0.20))
    tenths = "with amounts by tenth of customers off by 20% of the money"
    assert (b.letter, b.words) == ("B", f"{words}, {tenths}")
    assert grade(evaluation(misplaced=0.21)).letter == "C"


def test_tenths_that_are_off_by_no_more_than_the_total_are_not_mentioned():
    words = f"{BETTER}, but predicts the total 17% too high: trust the order, not the amounts"
    assert grade(evaluation(bias=0.17, misplaced=0.17)).words == words


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


@pytest.mark.parametrize("unknown", ["bias", "misplaced"])
def test_unknown_amounts_earn_no_more_than_c(unknown):
    found = grade(evaluation(**{unknown: np.nan}))
    assert found.letter == "C"
    assert found.words == (
        f"{BETTER}, but its amounts cannot be judged: trust the order, not the amounts"
    )


def test_the_grade_carries_its_figures_as_json_values():
    assert grade(evaluation(bias=0.01, misplaced=0.02)).to_dict() == {
        "letter": "A",
        "words": f"{BETTER}, and predicts the total 1% too high",
        "best_baseline": "past rate",
        "ngini": 0.64,
        "ngini_baseline": 0.60,
        "gain": 0.04,
        "gain_low": 0.02,
        "gain_high": 0.06,
        "total_bias": 0.01,
        "misplaced": 0.02,
    }


def test_what_the_letter_rests_on_is_the_lead_with_its_interval():
    assert grade(evaluation()).difference == (
        "nGini 0.640 beside 0.600 of 'past rate' "
        "(difference +0.040, 90 % interval +0.020 to +0.060)"
    )


def test_every_slice_is_graded_beside_its_own_best_baseline():
    loyal = {**lead("repeat", low=-0.05, high=-0.01), "best_baseline": "RFM score"}
    few = {"slice": "new", "customers": 3}
    found = grade_slices(evaluation(loyal, few))
    assert found.to_dict("list") == {
        "slice": ["repeat", "new"],
        "customers": [100, 3],
        "grade": ["D", "–"],
        "words": [
            "ranks customers worse than 'RFM score': use that instead; predicts the total to the "
            "percent",
            "too few customers, or too little value, to tell",
        ],
    }
