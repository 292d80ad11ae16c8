"""How well the kinds of contractual churn are told apart."""

from __future__ import annotations

import pandas as pd

from clvlens.metrics import CHURN_METRICS
from clvlens.panel.panel import INVOLUNTARY

KINDS = ("voluntary", "involuntary")


def score_kinds(predictions: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """Return one row a kind of churn, judged on who could churn; none where kinds are not told.

    Columns: `kind`, `customers` at risk, share `churned` so and `predicted` to, and metrics of
    the probability that a customer churns in this way.
    """
    if f"{KINDS[0]}_churn_probability" not in predictions or INVOLUNTARY not in test:
        return pd.DataFrame()
    at_risk = test["target_churned"].notna()
    involuntary = test.loc[at_risk, INVOLUNTARY].fillna(0.0)
    happened = {"voluntary": test.loc[at_risk, "target_churned"] - involuntary,
                "involuntary": involuntary}  # fmt: skip
    rows = []
    for kind in KINDS:
        actual = happened[kind]
        predicted = predictions.loc[at_risk, f"{kind}_churn_probability"]
        figures = {name: m.function(actual, predicted) for name, m in CHURN_METRICS.items()}
        means = {"churned": actual.mean(), "predicted": predicted.mean()}
        rows.append({"kind": kind, "customers": len(actual), **means, **figures})
    return pd.DataFrame(rows)
