"""Every figure that is printed is explained, with which way is better."""

import pandas as pd

from clvlens.cli.learning import CHURN_SCORES, SCORES
from clvlens.cli.legend import HIGHER, LOWER, MEANINGS, ZERO, legend
from clvlens.evaluation.backtest import Evaluation
from clvlens.metrics import CHURN_METRICS, VALUE_METRICS

WORDS = {True: HIGHER, False: LOWER, None: ZERO}


def test_what_is_printed_is_explained_and_the_better_way_is_that_of_the_metric():
    metrics = {**VALUE_METRICS, **CHURN_METRICS}
    assert set(SCORES + CHURN_SCORES) <= set(MEANINGS)
    for name, (better, _) in MEANINGS.items():
        assert better == WORDS[metrics[name].higher_is_better]


def test_a_figure_stands_with_its_interval_and_money_with_fewer_decimals():
    rows = [
        ("clvlens", "ngini", 0.8, 0.75, 0.85),
        ("clvlens", "mae", 1234.5, 1100, 1300.4),
        ("RFM score", "ngini", 0.5, 0.4, 0.6),
    ]
    scores = pd.DataFrame(rows, columns=["method", "metric", "estimate", "low", "high"])
    nothing = pd.DataFrame()
    table = legend(Evaluation(scores, nothing, nothing, nothing, nothing), ("mae", "ngini", "ece"))
    assert table.iloc[:, :4].to_numpy().tolist() == [
        ["mae", "1,234", "1,100 to 1,300", "lower"],
        ["ngini", "0.800", "0.750 to 0.850", "higher"],
    ]
