"""Target trials: everybody eligible at a lever's time zero, what was known, given and came after.

Hernán and Robins (2016), "Using big data to emulate a target trial when a randomized trial is not
available": eligibility, assignment and the start of follow-up fall together. Nobody is dropped for
having left: they count with what they brought, which is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from clvlens.histories.base import Lever
from clvlens.histories.decisions import Condition, Decision
from clvlens.histories.exact import DAY
from clvlens.models.encoding import fit_encoder
from clvlens.models.rows import Floats
from clvlens.panel.decided import (
    Zeros,
    missing_columns,
    recorded_beside,
    sign_ups,
    time_zeros,
)
from clvlens.panel.panel import FeatureInfo, describe
from clvlens.panel.snapshot import KEYS, snapshot
from clvlens.panel.target import exposures, outcomes, tallies
from clvlens.panel.world import World

UNRECORDED = "the tables lack "  # begins the reason where no table says who had a lever
CALENDAR = FeatureInfo("calendar_day", "the date", "days", "calendar", "", False)
PERIOD = replace(CALENDAR, name="period", meaning="the period")
BESIDES = (CALENDAR.name, PERIOD.name)  # covariates that are no features


@dataclass(frozen=True)
class Trial:
    """A lever's trial, one row a customer and period, and when it was `decided`.

    Periods of an event follow one another, and their effects add up. Of a lever that is given at
    many `ages`, each period is a trial of its own among those not given it before; their average
    is meant. `is_held` tells that the target is held to the end of the horizon.

    `arm` is 1 at the target and 0 else, or a dose; `value` in money and `churned` are of the
    horizon from time zero on. `X` holds the covariates, known strictly before time zero or settled
    beside the decision, encoded; `columns` names the feature behind each. `controls` are outcomes
    that the lever cannot touch, by name.
    """

    lever: Lever
    decision: Decision
    decided: str
    customers: np.ndarray
    period: Floats
    arm: Floats
    value: Floats
    churned: Floats
    X: Floats
    columns: tuple[FeatureInfo, ...]
    labels: tuple[str, ...]
    cohort: int
    horizon_days: int
    controls: dict[str, Floats]
    ages: int = 1
    is_held: bool = False

    @property
    def eligible(self) -> int:
        """Number of customers for whom the lever was decided."""
        return len(np.unique(self.customers))

    @property
    def left(self) -> Floats:
        """The share of the horizon that is left at each row's time zero."""
        passed = self.period * self.decision.arm.within_days / self.horizon_days
        return 1 - passed if self.decision.periods > 1 else np.ones(len(self.arm))

    @property
    def dose(self) -> Floats:
        """The arm on the scale on which it acts: doublings of hours + 1, if it is in hours."""
        return self.arm if self.decision.arm.hours is None else doublings(self.arm)

    @property
    def target(self) -> float | None:
        """The target dose on that scale; nothing where the arm is at the target or not."""
        hours = self.decision.arm.hours
        return None if hours is None else float(doublings(np.array(hours)))


@dataclass(frozen=True)
class Absent:
    """A lever whose effect cannot be studied, and what would have to be given."""

    lever: Lever
    reason: str


@dataclass(frozen=True)
class _Begun:
    lever: Lever
    decision: Decision
    decided: str
    rows: pd.DataFrame  # KEYS, period, arm, value, orders, controls, columns beside
    entry: pd.DataFrame  # KEYS at which it is settled who is eligible
    cohort: int
    ages: int
    is_held: bool


def doublings(hours: Floats) -> Floats:
    """Return log2(hours + 1): the first hour of waiting counts as much as the next two."""
    return np.log2(1 + np.maximum(hours, 0.0))


def run_trials(
    world: World,
    levers: Sequence[Lever],
    horizon_days: int,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Trial | Absent]:
    """Return the trials of each lever, in order; one snapshot serves them all.

    A lever has one, and another of its target held to the end where the decision asks for it.
    """
    begun = []
    for number, lever in enumerate(levers, 1):
        if lever.decision is not None:
            progress(f"find who was eligible for: {lever.name}, {number} of {len(levers)}")
        begun.append(_begin(world, lever, lever.decision, horizon_days))
        if lever.decision is not None and lever.decision.sustained:
            held = lever.decision.held(horizon_days)
            begun.append(_begin(world, lever, held, horizon_days, is_held=True))
    rows = [part[[*KEYS]] for b in begun if isinstance(b, _Begun) for part in (b.rows, b.entry)]
    if not rows:
        return [b for b in begun if isinstance(b, Absent)]
    distinct = pd.concat(rows).drop_duplicates()
    progress(f"look at {len(distinct):,} customers as they were before a decision")
    features = world.engine.frame(snapshot(world, world.engine.hold(distinct)))
    infos = describe(world)
    return [
        b if isinstance(b, Absent) else _finish(world, b, features, infos, horizon_days)
        for b in begun
    ]


def _begin(
    world: World, lever: Lever, decision: Decision | None, horizon_days: int, is_held: bool = False
) -> _Begun | Absent:
    if decision is None:
        return Absent(lever, lever.why_not or "no table records who was given it, and when")
    if missing := missing_columns(world, decision):
        return Absent(lever, f"{UNRECORDED}{', '.join(missing)}")
    if decision.periods == 1 and (days := decision.arm.within_days) >= horizon_days:
        return Absent(lever, f"it may be given for {days:.0f} days, and value is counted for "
                      f"{horizon_days}: give a longer levers.horizon_days")  # fmt: skip
    zeros = time_zeros(world, decision)
    if not zeros.days:
        return Absent(lever, "nobody was given it")
    if len(zeros.days) > 1 and decision.periods > 1:
        return Absent(lever, f"it is given {_in_words(zeros)}: say when it is decided, under "
                      "decided_at")  # fmt: skip
    decided = decision.decided_at.replace("usual age", _in_words(zeros))
    table, cohort = _mature(world, zeros.table, horizon_days)
    periods = [_period(world, table, decision, k, horizon_days) for k in range(decision.periods)]
    rows = pd.concat(periods, ignore_index=True)
    if rows.empty:
        return Absent(lever, "of nobody is it known what they were given and what came of it: "
                      f"a decision needs {horizon_days} days after it")  # fmt: skip
    entry = rows
    if decision.periods > 1:
        rows, entry = _one_outcome(world, table, rows, horizon_days)
    return _Begun(lever, decision, decided, rows, entry, cohort, len(zeros.days), is_held)


def _one_outcome(
    world: World, zeros: ir.Table, rows: pd.DataFrame, horizon_days: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows with the orders of the whole horizon, and their customers' time zeros.

    Effects of periods add up to that of them all if they are on one outcome: to order nothing
    after the last period is not to have left.
    """
    whole = world.engine.frame(outcomes(world, zeros, horizon_days))
    whole = whole[whole["customer_id"].isin(rows["customer_id"])].reset_index(drop=True)
    orders = whole[["customer_id", "orders"]]
    return rows.drop(columns="orders").merge(orders, on="customer_id"), whole


def _in_words(zeros: Zeros) -> str:
    low, high = min(zeros.days), max(zeros.days)
    return f"{low:.0f} days" if low == high else f"{low:.0f} to {high:.0f} days"


def _mature(world: World, zeros: ir.Table, horizon_days: int) -> tuple[ir.Table, int]:
    """Keep customers whose horizon is known whole, whenever the decision fell; count them all.

    Whoever signed up too late for the latest decision is left out, though theirs came early:
    to choose by what happened later would favour the quick.
    """
    delay = world.engine.row(zeros.aggregate(most=(zeros.cutoff - zeros.born).max()))[0] or 0
    follow = (horizon_days + world.config.target.embargo_days) * DAY
    born = sign_ups(world)
    cohort = born.filter(
        born.born + int(max(delay, 0)) + follow <= world.ends, born.born >= world.starts - DAY
    )
    kept = zeros.semi_join(cohort, "customer_id")
    return world.engine.keep(kept.filter(kept.cutoff >= world.starts)), world.engine.count(cohort)


def _period(
    world: World, zeros: ir.Table, decision: Decision, number: int, horizon_days: int
) -> pd.DataFrame:
    """Return those for whom a period's occasion came: what was given, and outcomes to the end."""
    days = horizon_days - int(number * decision.arm.within_days)
    shift = int(number * decision.arm.within_days * DAY)
    moved = zeros.select("customer_id", "period", cutoff=zeros.cutoff + shift)
    rows = world.engine.keep(moved.mutate(period=moved.period + float(number)))
    given = exposures(world, rows, decision.arm, decision.kind)
    rows = world.engine.keep(rows.join(given.filter(given["arm"].notnull()), list(KEYS)))
    frame = world.engine.frame(rows)
    came = [world.engine.frame(outcomes(world, rows, days))]
    for control in decision.negative_controls:
        if control.history in world.histories:
            tally = world.engine.frame(tallies(world, rows, control, days))
            came.append(tally.rename(columns={"tally": f"control {control.name}"}))
    came.append(recorded_beside(world, rows, decision))
    for other in came:
        frame = frame.merge(other, on=list(KEYS), how="left")
    return frame.sort_values(["customer_id", "period"], ignore_index=True)


def _finish(
    world: World,
    begun: _Begun,
    features: pd.DataFrame,
    infos: tuple[FeatureInfo, ...],
    horizon_days: int,
) -> Trial | Absent:
    frame = begun.rows.merge(features, on=list(KEYS), how="left")
    if begun.decision.periods > 1:  # who is eligible later is not settled by what came before
        entry = begun.entry[[*KEYS]].merge(features, on=list(KEYS), how="left")
        entry = entry[eligible(entry, begun.decision.eligible)]
        frame = frame[frame["customer_id"].isin(entry["customer_id"])].reset_index(drop=True)
    else:
        frame = frame[eligible(frame, begun.decision.eligible)].reset_index(drop=True)
    if frame.empty:
        return Absent(begun.lever, f"nobody is eligible: {begun.decision.eligible_note}")
    beside = tuple(
        FeatureInfo(name, f"{name}, at the decision", "", name.split(".")[0], "",
                    not pd.api.types.is_numeric_dtype(frame[name]))
        for name in begun.decision.beside if name in frame
    )  # fmt: skip
    frame[CALENDAR.name] = frame["cutoff"] / DAY
    columns = (CALENDAR, PERIOD, *beside, *infos)
    encoder = fit_encoder(frame, columns)
    by_name = {info.name: info for info in columns}
    return Trial(
        begun.lever,
        begun.decision,
        begun.decided,
        frame["customer_id"].to_numpy(str),
        frame["period"].to_numpy(float),
        frame["arm"].to_numpy(float),
        frame["value"].to_numpy(float),
        (frame["orders"] == 0).to_numpy(float),
        encoder.encode(frame).to_numpy(),
        tuple(by_name[source] for source in encoder.sources),
        tuple(encoder.columns),
        begun.cohort,
        horizon_days,
        {name.removeprefix("control "): frame[name].to_numpy(float)
         for name in frame if name.startswith("control ")},
        begun.ages,
        begun.is_held,
    )  # fmt: skip


def eligible(frame: pd.DataFrame, conditions: Sequence[Condition]) -> pd.Series:
    """Return who fulfils all conditions; of features that the run lacks, nothing is asked."""
    keeps = pd.Series(True, index=frame.index)
    for condition in conditions:
        if condition.feature not in frame:
            continue
        value = frame[condition.feature]
        if condition.above is not None:
            keeps &= value > condition.above
        if condition.below is not None:
            keeps &= value < condition.below
    return keeps
