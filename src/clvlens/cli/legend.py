"""What the figures of an evaluation mean, for those who read them for the first time."""

from __future__ import annotations

import pandas as pd

from clvlens.cli.show import decimals
from clvlens.evaluation.backtest import MODEL, Evaluation

HIGHER, LOWER, ZERO = "higher", "lower", "near 0"

# metric → which way is better, and what it is
MEANINGS = {
    "ngini": (HIGHER, "how well customers are ranked by value: 1 as by hindsight, 0 by chance"),
    "spearman": (HIGHER, "rank correlation of predicted and actual value: 1 perfect, 0 none"),
    "top_decile_capture": (HIGHER, "share of all value that the tenth ranked highest brought"),
    "mae": (LOWER, "mean distance of prediction and actual value, a customer"),
    "rmse": (LOWER, "the same, with large misses weighing more"),
    "total_bias": (ZERO, "predicted total over the actual one, less 1: above 0 is too much"),
    "dmape": (LOWER, "mean relative miss of ten groups by prediction; groups near 0 swell it"),
    "auc": (HIGHER, "chance that who left was held likelier to leave than who stayed"),
    "auc_pr": (
        HIGHER,
        "mean precision among those held likely to leave; by luck the churn rate",
    ),
    "log_loss": (LOWER, "surprise at what happened; sure and wrong costs most"),
    "brier": (LOWER, "mean squared distance of probability and outcome"),
    "ece": (LOWER, "mean gap of probability and observed rate over ten groups"),
}


def legend(evaluation: Evaluation, metrics: tuple[str, ...]) -> pd.DataFrame:
    """Return the model's figures with 90 % intervals, which way is better, and what each is."""
    rows = evaluation.scores.query("method == @MODEL").set_index("metric")
    known = [name for name in metrics if name in rows.index and name in MEANINGS]
    return pd.DataFrame(
        {
            "metric": known,
            MODEL: [_shown(rows.at[name, "estimate"]) for name in known],
            "90 % interval": [
                f"{_shown(rows.at[name, 'low'])} to {_shown(rows.at[name, 'high'])}"
                for name in known
            ],
            "better": [MEANINGS[name][0] for name in known],
            "meaning": [MEANINGS[name][1] for name in known],
        }
    )


def _shown(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:,.{decimals(value)}f}"
