"""The model and every baseline, judged on the same customers at the same test cutoffs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens import metrics
from clvlens.evaluation.slices import slices
from clvlens.metrics import CHURN_METRICS, VALUE_METRICS, Metric
from clvlens.models.baselines import Forecast, forecast_baselines
from clvlens.models.boosting import Floats
from clvlens.models.customer import CustomerModel
from clvlens.panel.panel import Panel

MODEL = "clvlens"
RANKS = ("spearman", "ngini", "top_decile_capture", "auc", "auc_pr")
DRAWS = 200

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Evaluation:
    """What the test role showed.

    `scores`: one row a method × metric (`target`, `method`, `metric`, `estimate`, `low`, `high`:
    90 % bootstrap interval over customers, `unit`). `differences`: the model minus each baseline,
    on the same drawn customers. `by_slice`: the model by group of customers. `by_decile`: mean
    predicted and actual value by tenth of the predictions. `predictions`: the model's, with the
    outcomes, an entry a customer and cutoff.
    """

    scores: pd.DataFrame
    differences: pd.DataFrame
    by_slice: pd.DataFrame
    by_decile: pd.DataFrame
    predictions: pd.DataFrame
    notes: tuple[str, ...] = ()

    def score(self, method: str, metric: str) -> float:
        """Return one figure; nan where the method has none."""
        rows = self.scores.query("method == @method and metric == @metric")
        return float(rows["estimate"].iloc[0]) if len(rows) else float("nan")

    @property
    def best_baseline(self) -> str:
        """The baseline that ranks value best on the test role, by nGini."""
        ranked = self.scores.query(
            "metric == 'ngini' and method != @MODEL", local_dict={"MODEL": MODEL}
        )
        return str(ranked.sort_values("estimate")["method"].iloc[-1])


def backtest(model: CustomerModel, panel: Panel, progress: Progress = lambda _: None) -> Evaluation:
    """Judge a model on the panel's test rows, beside the baselines."""
    test = panel.rows("test")
    predictions = model.predict(test)
    forecasts, notes = forecast_baselines(
        panel.rows("fit"),
        test,
        value=panel.config.target.value,
        horizon_days=panel.plan.horizon_days,
        label_days=panel.plan.label_days,
    )
    own = Forecast(
        MODEL,
        predictions["predicted_value"].to_numpy(),
        predictions["churn_probability"].to_numpy(),
    )
    scores = []
    for forecast in (own, *forecasts):
        progress(f"score {forecast.name}")
        scores += _scores(forecast, test)
    differences = [row for forecast in forecasts for row in _differences(own, forecast, test)]
    return Evaluation(
        pd.DataFrame(scores),
        pd.DataFrame(differences),
        _by_slice(test, predictions),
        _by_decile(test, predictions),
        pd.concat([test[["customer_id", "cutoff"]], predictions,
                   test[["target_value", "target_orders", "target_churned"]]], axis=1),
        tuple(notes) + panel.notes,
    )  # fmt: skip


def _targets(
    forecast: Forecast, test: pd.DataFrame
) -> Iterator[tuple[str, str, Metric, Floats, Floats]]:
    """Yield (target, metric name, metric, actual, predicted) for all that a forecast speaks of."""
    for name, metric in VALUE_METRICS.items():
        if forecast.value_is_money or name in RANKS:
            yield "value", name, metric, test["target_value"].to_numpy(), forecast.value
    if forecast.churn is not None:
        for name, metric in CHURN_METRICS.items():
            if forecast.churn_is_probability or name in RANKS:
                yield "churn", name, metric, test["target_churned"].to_numpy(), forecast.churn


def _scores(forecast: Forecast, test: pd.DataFrame) -> list[dict]:
    groups = test["customer_id"].to_numpy()
    return [
        _row(target, forecast.name, name, metric, metrics.bootstrap_interval(
            metric.function, actual, predicted, draws=DRAWS, groups=groups))
        for target, name, metric, actual, predicted in _targets(forecast, test)
    ]  # fmt: skip


def _differences(own: Forecast, rival: Forecast, test: pd.DataFrame) -> list[dict]:
    groups = test["customer_id"].to_numpy()
    ours = {name: predicted for _, name, _, _, predicted in _targets(own, test)}
    return [
        _row(target, rival.name, name, metric, metrics.bootstrap_difference(
            metric.function, actual, ours[name], predicted, draws=DRAWS, groups=groups))
        for target, name, metric, actual, predicted in _targets(rival, test)
        if name in ("ngini", "spearman", "mae", "top_decile_capture", "auc", "log_loss")
    ]  # fmt: skip


def _row(target: str, method: str, name: str, metric: Metric, figure: metrics.Interval) -> dict:
    return {
        "target": target,
        "method": method,
        "metric": name,
        "estimate": figure.estimate,
        "low": figure.low,
        "high": figure.high,
        "unit": metric.unit,
    }


def _by_slice(test: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    rows = []
    actual = test["target_value"].to_numpy()
    for name, inside in slices(test):
        mine, theirs = actual[inside], predictions[inside]
        value = theirs["predicted_value"].to_numpy()
        row = {
            "slice": name,
            "customers": int(inside.sum()),
            "mean_actual": mine.mean() if inside.any() else np.nan,
            "mean_predicted": value.mean() if inside.any() else np.nan,
            "total_bias": metrics.total_bias(mine, value),
            "ngini": metrics.normalised_gini(mine, value),
            "churned": test["target_churned"].to_numpy()[inside].mean() if inside.any() else np.nan,
            "churn_predicted": theirs["churn_probability"].mean(),
        }
        if "value_low_90" in predictions:
            row["coverage_90"] = metrics.coverage(
                mine, theirs["value_low_90"], theirs["value_high_90"]
            )
        rows.append(row)
    return pd.DataFrame(rows)


def _by_decile(test: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Tenths by prediction, 1 the lowest; ties are shared out in the order of customers."""
    value = predictions["predicted_value"].to_numpy()
    order = np.argsort(value, kind="stable")
    decile = np.empty(len(value), dtype=int)
    decile[order] = np.arange(len(value)) * 10 // len(value) + 1
    table = pd.DataFrame(
        {"decile": decile, "predicted": value, "actual": test["target_value"].to_numpy()}
    )
    if "value_low_90" in predictions:
        inside = predictions["value_low_90"] <= test["target_value"]
        table["coverage_90"] = inside & (test["target_value"] <= predictions["value_high_90"])
    return table.groupby("decile", as_index=False).mean()
