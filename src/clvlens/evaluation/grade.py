"""The grade: what the difference to the best baseline means, in words, for all and by slice."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan

import pandas as pd

from clvlens.evaluation.backtest import Evaluation

CLOSE = (0.05, 0.10)  # of the total, and of the money by tenths
FAR = (0.10, 0.20)


@dataclass(frozen=True)
class Grade:
    """A letter, the sentence that goes with it, and the figures behind it."""

    letter: str
    words: str
    best_baseline: str
    ngini: float
    ngini_baseline: float
    gain: float
    gain_low: float
    gain_high: float
    total_bias: float
    misplaced: float

    @property
    def is_poor(self) -> bool:
        """Whether the ranking is no better than the baseline's, or the amounts are far off."""
        return self.letter in {"C", "D"}

    @property
    def difference(self) -> str:
        """What the letter rests on: the lead in nGini, with its interval."""
        return (
            f"nGini {self.ngini:.3f} beside {self.ngini_baseline:.3f} of '{self.best_baseline}' "
            f"(difference {self.gain:+.3f}, 90 % interval {self.gain_low:+.3f} to "
            f"{self.gain_high:+.3f})"
        )

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self)


def grade(evaluation: Evaluation) -> Grade:
    """Grade a model by its lead in nGini over the best baseline, and by its amounts.

    A: ranks better beyond chance (the 90 % interval of the paired difference lies above 0), the
    total is within 5 %, and amounts by tenth of customers miss by at most 10 % of the money. B:
    ranks better beyond chance, total within 10 %, tenths within 20 %. C: ranking not
    distinguishable from the best baseline, or amounts that are further off. D: ranks worse beyond
    chance.
    """
    return _grade(evaluation.leads.iloc[0])


def grade_slices(evaluation: Evaluation) -> pd.DataFrame:
    """Return the grade of each slice beside its own best baseline, by the same rule.

    Columns: `slice`, `customers`, `grade`, `words`. Too few customers get no letter.
    """
    rows = []
    for _, lead in evaluation.leads.iloc[1:].iterrows():
        letter, words = "–", "too few customers, or too little value, to tell"
        if pd.notna(lead["gain_low"]):
            found = _grade(lead)
            letter, words = found.letter, found.words
        who = {"slice": lead["slice"], "customers": lead["customers"]}
        rows.append({**who, "grade": letter, "words": words})
    return pd.DataFrame(rows)


def _grade(lead: pd.Series) -> Grade:
    baseline = str(lead["best_baseline"])
    low, high, bias, missed = (
        float(lead[name]) for name in ("gain_low", "gain_high", "total_bias", "misplaced")
    )
    letter = _letter(low, high, abs(bias), missed)
    figures = {name: float(lead[name]) for name in ("ngini", "ngini_baseline", "gain")}
    return Grade(
        letter,
        _words(letter, baseline, low, _amounts(bias, missed)),
        baseline,
        **figures,
        gain_low=low,
        gain_high=high,
        total_bias=bias,
        misplaced=missed,
    )


def _letter(low: float, high: float, miss: float, missed: float) -> str:
    if high < 0:
        return "D"
    if not (low > 0 and miss <= FAR[0] and missed <= FAR[1]):  # nor where any is unknown
        return "C"
    return "A" if miss <= CLOSE[0] and missed <= CLOSE[1] else "B"


def _words(letter: str, baseline: str, low: float, amounts: str) -> str:
    if letter == "D":
        return f"ranks customers worse than '{baseline}': use that instead; {amounts}"
    if not low > 0:
        return f"ranks customers no better than '{baseline}', as far as these data tell; {amounts}"
    better = f"ranks customers better than the best baseline, '{baseline}', beyond chance"
    if letter == "C":
        return f"{better}, but {amounts}: trust the order, not the amounts"
    return f"{better}, and {amounts}"


def _amounts(bias: float, missed: float) -> str:
    """Say how far the total is off, and the amounts by tenth where they are worse than that."""
    if isnan(bias) or isnan(missed):
        return "its amounts cannot be judged"
    total = "predicts the total to the percent"
    if abs(bias) >= 0.005:
        total = f"predicts the total {abs(bias):.0%} too {'high' if bias > 0 else 'low'}"
    if missed <= CLOSE[1] or missed < abs(bias) + 0.005:
        return total
    return f"{total}, with amounts by tenth of customers off by {missed:.0%} of the money"
