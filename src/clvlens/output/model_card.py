"""The model card: what a model predicts, what it learned from, how good it is, what it is for."""

from __future__ import annotations

from collections import Counter

from clvlens.config.target import ROLES
from clvlens.evaluation.backtest import MODEL, Evaluation
from clvlens.evaluation.grade import Grade
from clvlens.models.customer import CustomerModel
from clvlens.output.numbers import amount, share
from clvlens.output.page import render

SHOWN = {
    "ngini": "nGini (1 ranks perfectly)",
    "spearman": "Spearman rank correlation",
    "top_decile_capture": "value held by the tenth ranked highest",
    "total_bias": "total, predicted less actual",
    "mae": "mean absolute error a customer",
    "auc": "churn: AUC",
    "ece": "churn: calibration error (ECE)",
}
SHARES = ("top_decile_capture", "total_bias", "ece")


def model_card(model: CustomerModel, evaluation: Evaluation, grade: Grade, unit: str) -> str:
    """Return the model card in Markdown; `unit` is that of predicted value."""
    scores = [
        (words, *(_written(metric, evaluation.score(method, metric)) for method in
                  (MODEL, grade.best_baseline)))
        for metric, words in SHOWN.items()
    ]  # fmt: skip
    return render(
        "model_card.md",
        {
            "about": model.about,
            "cutoffs": sorted(
                model.about["cutoffs"].items(), key=lambda kept: ROLES.index(kept[0])
            ),
            "unit": unit,
            "grade": grade,
            "histories": Counter(feature.history or "the snapshot" for feature in model.features),
            "scores": scores,
            "slices": evaluation.by_slice.to_dict("records"),
            "notes": model.about["notes"],
        },
    )


def _written(metric: str, figure: float) -> str:
    return share(figure) if metric in SHARES else amount(figure)
