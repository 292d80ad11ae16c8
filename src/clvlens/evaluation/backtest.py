"""The model and every baseline, judged on the same customers at the same test cutoffs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clvlens import metrics
from clvlens.bootstrap import Interval, bootstrap_difference, bootstrap_interval
from clvlens.errors import ModelError
from clvlens.evaluation.kinds import score_kinds
from clvlens.evaluation.slices import FEWEST, leads, slices
from clvlens.evaluation.survival import survival_curves
from clvlens.evaluation.totals import judge_totals
from clvlens.metrics import CHURN_METRICS, VALUE_METRICS, Metric
from clvlens.models.baselines import Forecast, forecast_baselines
from clvlens.models.blend import TITLES, ValueBlend
from clvlens.models.customer import CustomerModel
from clvlens.models.rows import Floats
from clvlens.panel.panel import TARGETS, Panel
from clvlens.panel.snapshot import KEYS

MODEL = "clvlens"
CHANCE = 0.5  # the AUC of a coin
PART = "part: "  # what begins the name of a method that the model is made of
ACTUAL = {"value": "target_value", "churn": "target_churned"}
RANKS = ("spearman", "ngini", "top_decile_capture", "auc", "auc_pr")
DRAWS = 200
LEAST_DRAWS = 50
DRAWN_ROWS = 4_000_000  # beyond, fewer draws: intervals are narrow there, and take long

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Evaluation:
    """What the test role showed.

    `scores`: one row a method × metric, the model's parts and the losers among them (`target`,
    `method`, `metric`, `estimate`, `low`, `high`: 90 % bootstrap interval over customers, `unit`).
    `differences`: the model minus each baseline,
    on the same drawn customers. `by_slice`: the model by group of customers. `by_decile`: mean
    predicted and actual value by tenth of the predictions. `predictions`: the model's, with the
    outcomes, a row a customer and cutoff; `best_baseline_value` is what `best_baseline` says of
    them, a score without unit where it only ranks. `leads`: the lead over the best baseline of
    each slice. `kinds`: the kinds of contractual churn, where they are told apart. `totals`: what
    everybody, slices and segments bring together, with intervals; see `judge_totals`. `survival`:
    how many of a slice are still customers, by month; see `survival_curves`.
    """

    scores: pd.DataFrame
    differences: pd.DataFrame
    by_slice: pd.DataFrame
    by_decile: pd.DataFrame
    predictions: pd.DataFrame
    notes: tuple[str, ...] = ()
    leads: pd.DataFrame = field(default_factory=pd.DataFrame)
    kinds: pd.DataFrame = field(default_factory=pd.DataFrame)
    totals: pd.DataFrame = field(default_factory=pd.DataFrame)
    survival: pd.DataFrame = field(default_factory=pd.DataFrame)

    def score(self, method: str, metric: str) -> float:
        """Return one figure; nan where the method has none."""
        rows = self.scores.query("method == @method and metric == @metric")
        return float(rows["estimate"].iloc[0]) if len(rows) else float("nan")

    @property
    def best_baseline(self) -> str:
        """The baseline that ranks value best on the test role, by nGini."""
        return _best_baseline(self.scores)


def backtest(
    model: CustomerModel,
    panel: Panel,
    progress: Progress = lambda _: None,
    beside: Mapping[str, ArrayLike] = MappingProxyType({}),
) -> Evaluation:
    """Judge a model on the panel's test rows, beside the baselines.

    `beside` are more of those: the money that a method of the user's own expects, by its name.
    Raises `ModelError` where one does not speak of every test row.
    """
    test = panel.rows("test")
    predictions = model.predict(test)
    forecasts, notes = forecast_baselines(
        panel.rows("fit"),
        test,
        value=panel.config.target.value,
        horizon_days=panel.plan.horizon_days,
        label_days=panel.plan.label_days,
        contractual=model.is_contractual,
    )
    forecasts = [*forecasts, *_of_the_user(beside, test)]
    own = Forecast(
        MODEL,
        predictions["predicted_value"].to_numpy(),
        predictions["churn_probability"].to_numpy(),
    )
    rows, differences = [], []
    judged = (own, *_parts(model, test), *forecasts)
    for number, forecast in enumerate(judged, 1):
        progress(f"score {forecast.name}, {number} of {len(judged)}")
        rows += _scores(forecast, test)
        differences += _differences(own, forecast, test) if is_baseline(forecast.name) else []
    scores = pd.DataFrame(rows)
    best = {forecast.name: forecast.value for forecast in forecasts}[_best_baseline(scores)]
    return Evaluation(
        scores,
        pd.DataFrame(differences),
        _by_slice(test, predictions),
        _by_decile(test, predictions),
        pd.concat([test[list(KEYS)], predictions.assign(best_baseline_value=best),
                   test[list(TARGETS)]], axis=1),
        (*notes, *model.season_told(test["cutoff"]), *_told_by_chance(scores), *panel.notes),
        leads(own, forecasts, test, _drawn(test)["draws"]),
        score_kinds(predictions, test),
        _totals(model, panel, predictions),
        survival_curves(model, test, predictions),
    )  # fmt: skip


def _told_by_chance(scores: pd.DataFrame) -> Iterator[str]:
    """Say so where chance would tell as well who leaves: the grade is about value alone."""
    for row in scores.query("method == @MODEL and metric == 'auc'").itertuples():
        if row.low <= CHANCE:
            yield (
                f"churn is told apart no better than by chance (AUC {row.estimate:.2f}, 90 % "
                f"interval {row.low:.2f} to {row.high:.2f}): leave churn_probability alone"
            )


def _totals(model: CustomerModel, panel: Panel, predictions: pd.DataFrame) -> pd.DataFrame:
    if model.spread is None:
        return pd.DataFrame()
    how = (model.spread, model.stretch, panel.config.segments)
    return judge_totals(panel.rows("test"), predictions, *how)


def _of_the_user(beside: Mapping[str, ArrayLike], test: pd.DataFrame) -> Iterator[Forecast]:
    for name, expected in beside.items():
        value = np.asarray(expected, dtype="float64")
        if value.shape != (len(test),) or not np.isfinite(value).all():
            raise ModelError(
                f"beside: {name!r} has no finite value for each of the {len(test):,} test rows; "
                "predict the rows of panel.rows('test'), in their order"
            )
        yield Forecast(name, value)


def _parts(model: CustomerModel, test: pd.DataFrame) -> list[Forecast]:
    """Return what each method that the model weighed says alone, at its weight, be it 0."""
    if not isinstance(model.value, ValueBlend):
        return []
    alone = model.value.candidates(model.encoder.encode(test).to_numpy())
    return [
        Forecast(f"{PART}{model.value.weights[name]:.2f} × {TITLES[name]}", value * model.stretch)
        for name, value in alone.items()
    ]


def is_baseline(method: str) -> bool:
    """Whether a method is neither the model nor a part of it."""
    return method != MODEL and not method.startswith(PART)


def _best_baseline(scores: pd.DataFrame) -> str:
    """Return the first of the baselines with the highest nGini; one without any comes last."""
    rivals = scores[(scores["metric"] == "ngini") & scores["method"].map(is_baseline)]
    return str(rivals.loc[rivals["estimate"].fillna(-np.inf).idxmax(), "method"])


def _targets(
    forecast: Forecast, test: pd.DataFrame
) -> Iterator[tuple[str, str, Metric, pd.DataFrame, Floats]]:
    """Yield (target, metric name, metric, rows, predicted) for all that a forecast speaks of.

    Churn is judged on the rows of who could churn.
    """
    for name, metric in VALUE_METRICS.items():
        if forecast.value_is_money or name in RANKS:
            yield "value", name, metric, test, forecast.value
    if forecast.churn is not None:
        at_risk = test["target_churned"].notna().to_numpy()
        for name, metric in CHURN_METRICS.items():
            if forecast.churn_is_probability or name in RANKS:
                yield "churn", name, metric, test[at_risk], forecast.churn[at_risk]


def _scores(forecast: Forecast, test: pd.DataFrame) -> list[dict]:
    return [
        _row(target, forecast.name, name, metric, bootstrap_interval(
            metric.function, rows[ACTUAL[target]], predicted, **_drawn(rows)))
        for target, name, metric, rows, predicted in _targets(forecast, test)
    ]  # fmt: skip


def _differences(own: Forecast, rival: Forecast, test: pd.DataFrame) -> list[dict]:
    ours = {name: predicted for _, name, _, _, predicted in _targets(own, test)}
    return [
        _row(target, rival.name, name, metric, bootstrap_difference(
            metric.function, rows[ACTUAL[target]], ours[name], predicted, **_drawn(rows)))
        for target, name, metric, rows, predicted in _targets(rival, test)
        if name in ("ngini", "spearman", "mae", "top_decile_capture", "auc", "log_loss")
    ]  # fmt: skip


def _drawn(test: pd.DataFrame) -> dict[str, Any]:
    """Return how often whom the bootstrap draws: customers, with all their rows."""
    draws = min(DRAWS, max(LEAST_DRAWS, DRAWN_ROWS // max(len(test), 1)))
    return {"draws": draws, "groups": test["customer_id"].to_numpy()}


def _row(target: str, method: str, name: str, metric: Metric, figure: Interval) -> dict:
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
    return pd.DataFrame(
        {"slice": name, **_within(test[inside], predictions[inside])}
        for name, inside in slices(test)
    )


def _within(test: pd.DataFrame, predictions: pd.DataFrame) -> dict:
    """Return the model's figures on some rows; nan where too few customers tell."""
    actual, value = test["target_value"], predictions["predicted_value"]
    customers = len(set(test["customer_id"]))
    row = {
        "customers": customers,
        "mean_actual": actual.mean(),
        "mean_predicted": value.mean(),
        "total_bias": metrics.total_bias(actual, value),
        "ngini": metrics.normalised_gini(actual, value) if customers >= FEWEST else np.nan,
        "churned": test["target_churned"].mean(),
        "churn_predicted": predictions["churn_probability"].mean(),
    }
    if "value_low_90" in predictions:
        bounds = predictions["value_low_90"], predictions["value_high_90"]
        row["coverage_90"] = metrics.coverage(actual, *bounds)
        row["width_90"] = metrics.mean_width(*bounds)
    return row


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
        low, high = predictions["value_low_90"], predictions["value_high_90"]
        table["coverage_90"] = test["target_value"].between(low, high)
        table["width_90"] = high - low
    return table.groupby("decile", as_index=False).mean()
