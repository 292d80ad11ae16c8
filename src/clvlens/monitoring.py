"""Whether predictions still hold: matured ones beside what happened, and what has moved since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from clvlens.config import Config
from clvlens.evaluation.history_drift import history_drift
from clvlens.evaluation.matured import RIVAL, past_cutoffs, score_matured, what_happened
from clvlens.evaluation.satisfaction import by_answer, by_month
from clvlens.evaluation.snapshot_drift import snapshot_drift
from clvlens.histories.exact import DAY
from clvlens.models.customer import CustomerModel
from clvlens.panel.instants import midnight_before, show, to_instant
from clvlens.panel.monthly import whole_months
from clvlens.panel.panel import Panel, snapshot_frames
from clvlens.panel.world import read_world
from clvlens.valuation import attributes

MONTH_DAYS = 30

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Monitoring:
    """What was found; `alarms` has a row each (`when`, `where`, `words`), none where all is well.

    `matured`: a row a cutoff; `histories`: a row a month × history × column; `snapshots`: a row a
    feature or prediction; `satisfaction` and `answers` as in their module.
    """

    matured: pd.DataFrame
    histories: pd.DataFrame
    snapshots: pd.DataFrame
    satisfaction: pd.DataFrame
    answers: pd.DataFrame
    alarms: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by the name of its file; no row is a customer."""
        return {
            "alarms": self.alarms,
            "matured": self.matured,
            "history_drift": self.histories,
            "snapshot_drift": self.snapshots,
            "satisfaction_by_month": self.satisfaction,
            "satisfaction_by_answer": self.answers,
        }


def monitor(
    model: CustomerModel,
    panel: Panel,
    predictions: pd.DataFrame | None = None,
    progress: Progress = lambda _: None,
) -> Monitoring:
    """Score matured predictions, and say what has moved.

    `predictions` are those of a file written earlier; without them they are made again at past
    cutoffs, from what was known then, by a model that had not seen what came. Raises as
    `what_happened`.
    """
    config = panel.config
    world = read_world(config)
    now = midnight_before(world.ends, config.time_zone)
    recent = [now - back * MONTH_DAYS * DAY for back in range(config.monitor.snapshots + 1)]
    past = past_cutoffs(panel, world) if predictions is None else []
    progress(f"snapshots {show(min(recent), config.time_zone)} to {world.show(now)}")
    wanted = sorted({cutoff for cutoff in (*recent, *past) if cutoff > world.starts})
    rows = snapshot_frames(world, wanted)
    instants = rows["cutoff"].map(lambda at: to_instant(at.to_pydatetime(), config.time_zone))
    progress("score matured predictions")
    made = predictions
    if made is None:
        made = _again(model, config, rows.loc[instants.isin(past)])
    happened = what_happened(world, made)
    matured = score_matured(happened, config.monitor, _graded(model, panel))
    histories = history_drift(world, config.monitor.months, progress)
    progress("compare snapshots")
    latest = rows.loc[instants.isin(recent)].reset_index(drop=True)
    snapshots = snapshot_drift(model, latest)
    progress("follow satisfaction")
    watched = whole_months(world)[-config.monitor.months :]
    today = rows.loc[instants == now].reset_index(drop=True)
    satisfaction = by_month(world, today, attributes(config, panel), watched)
    alarms = _alarms(matured, histories, snapshots)
    return Monitoring(matured, histories, snapshots, satisfaction, by_answer(panel), alarms)


def _again(model: CustomerModel, config: Config, rows: pd.DataFrame) -> pd.DataFrame:
    """Return predictions made from snapshots of the past, with what the past itself would say."""
    rows = rows.reset_index(drop=True)
    target = config.target
    return pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "cutoff": rows["cutoff"].dt.tz_convert(config.time_zone).astype(str),
            "horizon_days": target.horizon_days,
            RIVAL: rows[f"orders__total_{target.value}_{target.horizon_days}d"],
        }
    ).join(model.predict(rows))


def _graded(model: CustomerModel, panel: Panel) -> pd.DataFrame:
    """Return the model's predictions of the panel's test rows, with what happened."""
    test = panel.rows("test")
    outcome = {"actual_value": test["target_value"], "actual_churned": test["target_churned"]}
    days = panel.plan.horizon_days
    return model.predict(test).assign(horizon_days=days, **outcome)


def _alarms(
    matured: pd.DataFrame, histories: pd.DataFrame, snapshots: pd.DataFrame
) -> pd.DataFrame:
    """Return everything that is beyond its threshold, predictions first, then month by month."""
    found = [
        ("predictions", f"of {row['cutoff'][:10]}", row["alarm"])
        for row in matured.to_dict("records") if row["alarm"]
    ]  # fmt: skip
    then = "{what}: {before:,.2f} before, {in_month:,.2f} then"
    out = histories.loc[histories["moved"]].sort_values(["month", "history"], kind="stable")
    found += [(row["month"], row["history"], then.format(**row)) for row in out.to_dict("records")]
    now = "{what}: {before:,.2f} before, {now:,.2f} now"
    out = snapshots.loc[snapshots["moved"]]
    found += [("now", row["kind"], now.format(**row)) for row in out.to_dict("records")]
    return pd.DataFrame(found, columns=["when", "where", "words"])
