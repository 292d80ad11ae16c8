"""Predictions whose horizon is over, beside what happened."""

from __future__ import annotations

from typing import cast

import ibis
import numpy as np
import pandas as pd

from clvlens import metrics
from clvlens.bootstrap import bootstrap_difference, bootstrap_interval
from clvlens.config.finance import Monitor
from clvlens.errors import DataError, Fault, TimeError
from clvlens.histories.exact import DAY
from clvlens.panel.instants import midnight_before, to_instant
from clvlens.panel.panel import Panel
from clvlens.panel.target import outcomes
from clvlens.panel.world import World

NEEDED = ("customer_id", "cutoff", "horizon_days", "predicted_value", "churn_probability")
BOUNDS = ("value_low_90", "value_high_90")
RIVAL = "past_value"  # what the past of the horizon's length brought, if predictions carry it
DRAWS = 200
SLACK = 0.03  # by which calibration may be worse than when graded
MOST = 3  # past cutoffs at which predictions are made again


def past_cutoffs(panel: Panel, world: World) -> list[int]:
    """Return up to three matured cutoffs that the model has not learned from, newest first.

    A month apart, back from the newest whose horizon and embargo are over; with the panel's test
    cutoffs, whatever they are, where nothing else is left.
    """
    target = world.config.target
    newest = world.ends - (target.horizon_days + target.embargo_days) * DAY
    frame = panel.frame[panel.frame["role"] != "test"]
    ends = (frame["cutoff"] + pd.to_timedelta(frame["label_days"], unit="D")).max()
    seen = to_instant(ends.to_pydatetime(), world.config.time_zone)
    found = []
    for back in range(MOST):
        cutoff = midnight_before(newest - back * 30 * DAY, world.config.time_zone)
        if cutoff >= seen:
            found.append(cutoff)
    tests = {int(cutoff) for cutoff in panel.plan.test}
    return found or sorted(tests, reverse=True)


def what_happened(world: World, predictions: pd.DataFrame) -> pd.DataFrame:
    """Return matured predictions with `actual_value` and `actual_churned`; young ones are left out.

    `predictions` are rows of a prediction file. Raises `DataError` where columns are missing,
    `TimeError` where nothing has matured yet, with the day when it does.
    """
    missing = [name for name in NEEDED if name not in predictions]
    if missing:
        mend = "give a file that clvlens predict wrote"
        raise DataError([Fault("predictions", f"without {', '.join(missing)}", mend)])
    zone, embargo = world.config.time_zone, world.config.target.embargo_days
    written = predictions["cutoff"].astype(str)
    instants = {at: to_instant(pd.Timestamp(at).to_pydatetime(), zone) for at in written.unique()}
    table = predictions.assign(instant=written.map(instants).astype("int64"))
    ends = table["instant"] + (table["horizon_days"] + embargo) * DAY
    matured = table[ends <= world.ends]
    if matured.empty:
        raise TimeError(
            f"no prediction has matured: the first does on {world.show(int(ends.min()))}, and "
            f"orders are known until {world.show(world.ends - 1)}; predict an earlier cutoff"
        )
    parts = [_outcome(world, own, int(days)) for days, own in matured.groupby("horizon_days")]
    return pd.concat(parts, ignore_index=True)


def score_matured(table: pd.DataFrame, settings: Monitor, graded: pd.DataFrame) -> pd.DataFrame:
    """Return how good matured predictions were, a row a cutoff and horizon.

    `graded` are the predictions by which the model was graded, with what happened: an alarm is
    for what is too far off and further than it was then.

    Columns: `total_bias` with its 90 % interval, `spearman`, `ngini`, `gain` over carrying the
    past forward (where known), `ece`, `coverage_90`, and `alarm`: in words, what is too far off.
    """
    found = _scores(table)
    promised = _scores(graded.assign(cutoff="")).iloc[0].to_dict()
    return found.assign(alarm=[_alarm(row, promised, settings) for row in found.to_dict("records")])


def _scores(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for key, own in table.groupby(["cutoff", "horizon_days"]):
        cutoff, days = cast("tuple[str, int]", key)
        actual = own["actual_value"].to_numpy(dtype=float)
        said = own["predicted_value"].to_numpy(dtype=float)
        bias = bootstrap_interval(metrics.total_bias, actual, said, draws=DRAWS)
        risky = own.dropna(subset=["actual_churned", "churn_probability"])
        row = {
            "cutoff": str(cutoff),
            "horizon_days": int(days),
            "customers": len(own),
            "total_bias": bias.estimate,
            "bias_low": bias.low,
            "bias_high": bias.high,
            "spearman": metrics.spearman(actual, said),
            "ngini": metrics.normalised_gini(actual, said),
            "ece": metrics.expected_calibration_error(
                risky["actual_churned"], risky["churn_probability"]
            ),
        }
        if set(BOUNDS) <= set(own):
            row["coverage_90"] = metrics.coverage(actual, own[BOUNDS[0]], own[BOUNDS[1]])
        rows.append({**row, **_against_past(own, actual, said)})
    return pd.DataFrame(rows)


def _outcome(world: World, predictions: pd.DataFrame, days: int) -> pd.DataFrame:
    keys = predictions[["customer_id", "instant"]].rename(columns={"instant": "cutoff"})
    keys = keys.assign(customer_id=keys["customer_id"].astype(str))
    rows = world.engine.keep(ibis.memtable(keys))
    future = world.engine.frame(outcomes(world, rows, days))
    future = future.rename(
        columns={"cutoff": "instant", "value": "actual_value", "churned": "actual_churned"}
    )
    own = predictions.assign(customer_id=predictions["customer_id"].astype(str))
    wanted = ["customer_id", "instant", "actual_value", "actual_churned"]
    return own.merge(future[wanted], on=["customer_id", "instant"]).drop(columns="instant")


def _against_past(own: pd.DataFrame, actual: np.ndarray, said: np.ndarray) -> dict[str, float]:
    if RIVAL not in own:
        return {}
    found = bootstrap_difference(
        metrics.normalised_gini, actual, said, own[RIVAL].to_numpy(dtype=float), draws=DRAWS
    )
    return {"gain": found.estimate, "gain_low": found.low, "gain_high": found.high}


def _alarm(row: dict, promised: dict, settings: Monitor) -> str:
    """Return what is too far off, and further than promised; nothing where all is well."""
    found = []
    bounds = row["bias_low"], row["bias_high"]
    beyond = min(map(abs, bounds)) if bounds[0] * bounds[1] > 0 else 0.0
    if beyond > max(settings.bias, abs(promised["total_bias"])):
        found.append(f"the total is {row['total_bias']:+.0%} off")
    if row.get("coverage_90", 1.0) < min(settings.coverage, promised.get("coverage_90", 1.0)):
        found.append(f"intervals of 90% hold {row['coverage_90']:.0%} of customers")
    if row["ece"] > max(settings.calibration, promised["ece"] + SLACK):
        found.append(f"churn probabilities miss by {row['ece']:.2f}")
    if row.get("gain_high", 0.0) < -settings.ranking:
        found.append("customers are ranked worse than by past spending")
    return "; ".join(found)
