"""The grade: what the difference to the best baseline means, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan

from clvlens.evaluation.backtest import MODEL, Evaluation

CLOSE = 0.05
FAR = 0.20


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

    @property
    def is_poor(self) -> bool:
        """Whether acting on the predictions is not better than acting on the baseline."""
        return self.letter in {"C", "D"}

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self)


def grade(evaluation: Evaluation) -> Grade:
    """Grade a model by its lead in nGini over the best baseline, and by its total.

    A: ranks better beyond chance (the 90 % interval of the paired difference lies above 0), and
    the total is within 5 %. B: ranks better beyond chance, total within 20 %. C: ranking not
    distinguishable from the best baseline, or a total that is further off. D: ranks worse beyond
    chance.
    """
    baseline = evaluation.best_baseline
    found = evaluation.differences.query("method == @baseline and metric == 'ngini'").iloc[0]
    gain, low, high = (float(found[name]) for name in ("estimate", "low", "high"))
    bias = evaluation.score(MODEL, "total_bias")
    letter = _letter(low, high, abs(bias))
    return Grade(
        letter,
        _words(letter, baseline, low, bias),
        baseline,
        evaluation.score(MODEL, "ngini"),
        evaluation.score(baseline, "ngini"),
        gain,
        low,
        high,
        bias,
    )


def _letter(low: float, high: float, miss: float) -> str:
    if high < 0:
        return "D"
    if not (low > 0 and miss <= FAR):  # nor where either is unknown
        return "C"
    return "A" if miss <= CLOSE else "B"


def _words(letter: str, baseline: str, low: float, bias: float) -> str:
    total = _total(bias)
    if letter == "D":
        return f"ranks customers worse than '{baseline}': use that instead; {total}"
    if not low > 0:
        return f"ranks customers no better than '{baseline}', as far as these data tell; {total}"
    better = f"ranks customers better than the best baseline, '{baseline}', beyond chance"
    if letter == "C":
        return f"{better}, but {total}: trust the order, not the amounts"
    return f"{better}, and {total}"


def _total(bias: float) -> str:
    if isnan(bias):
        return "its total cannot be judged"
    if abs(bias) < 0.005:
        return "predicts the total to the percent"
    return f"predicts the total {abs(bias):.0%} too {'high' if bias > 0 else 'low'}"
