"""Opportunity: whom a lever could still reach, what that would bring, and what it would cost.

Reached could be customers for whom the lever was decided lately and who were not given it: they
are like those of its trial, but for the date. What they gain is the effect on those who were not
at the target; those who were gain nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens.histories.base import Lever
from clvlens.histories.exact import DAY
from clvlens.levers.findings import Effect
from clvlens.levers.trials import eligible
from clvlens.panel.decided import missing_columns, time_zeros
from clvlens.panel.snapshot import KEYS, snapshot
from clvlens.panel.target import exposures
from clvlens.panel.world import World


@dataclass(frozen=True)
class Opportunity:
    """Whom levers could reach.

    `by_lever`: `lever`, `customers`, `gain` each with its 95 % interval, `cost` each, all with
    their totals (`value_at_stake`, …), `net` and `return_on_cost`; money over the horizon. A cost
    that nobody gave is missing, and nothing in `net`. `planned` are the customers whom the plan
    gives the lever.
    `by_customer`: one row a customer and lever, largest net gain first, `is_planned` where the
    budget is spent on it. It names customers, so it stays where the data are.
    """

    by_lever: pd.DataFrame
    by_customer: pd.DataFrame


def find_opportunity(
    world: World, effects: Sequence[Effect], levers: Mapping[str, Lever]
) -> Opportunity:
    """Return whom each lever that is shown to pay could still reach, with the plan under a budget.

    Where a test supports that gains go with the value expected of a customer, each has a gain of
    their own; else all have the average of the trial.
    """
    settings = world.config.levers
    tables = []
    for effect in (e for e in effects if e.could_be_given):
        is_ranked = effect.ranking is not None
        who = reachable(world, levers[effect.lever], settings.reach_days, is_ranked)
        if who.empty:
            continue
        gain = gains(effect) if effect.ranking is None else effect.ranking.gains(who)
        cost = settings.costs.get(effect.lever, np.nan)
        table = who[["customer_id"]].assign(lever=effect.lever, evidence=effect.evidence, cost=cost)
        tables.append(table.assign(**gain, is_ranked=is_ranked))
    each = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    each["net_gain"] = each["gain"] - each["cost"].fillna(0.0)
    planned = plan(each, settings.budget)
    counts = planned.groupby("lever")["is_planned"].sum()
    found = summarise(each)
    return Opportunity(found.assign(planned=found["lever"].map(counts).astype(int)), planned)


COLUMNS = [
    *("customer_id", "lever", "evidence", "gain", "gain_low_95", "gain_high_95", "cost"),
    *("net_gain", "is_ranked", "average_low_95", "average_high_95"),
]


def gains(effect: Effect) -> dict[str, float]:
    """Return what one who is not at the target gains from it, with the 95 % interval.

    The effect per eligible customer is an average that includes those at the target already.
    """
    away = effect.untreated / (effect.treated + effect.untreated)
    low, high = effect.low_95 / away, effect.high_95 / away
    return {
        "gain": effect.effect_per_eligible / away,
        "gain_low_95": low,
        "gain_high_95": high,
        "average_low_95": low,
        "average_high_95": high,
    }


def reachable(world: World, lever: Lever, days: float, with_features: bool = False) -> pd.DataFrame:
    """Return who came to the lever's decision in the last `days` and has not been given it.

    One row a customer, in order, and where asked with their features at the decision.
    """
    decision = lever.decision
    if decision is None or missing_columns(world, decision):
        return pd.DataFrame(columns=["customer_id"])
    zeros = time_zeros(world, decision).table
    lately = zeros.filter(zeros.cutoff >= world.ends - int(days * DAY), zeros.cutoff < world.ends)
    rows = world.engine.keep(lately.group_by("customer_id").aggregate(cutoff=lately.cutoff.max()))
    arms = world.engine.frame(exposures(world, rows, decision.arm, decision.kind))
    frame = arms.loc[arms["arm"] != 1, [*KEYS]].reset_index(drop=True)
    if frame.empty or not (decision.eligible or with_features):
        return frame.sort_values("customer_id", ignore_index=True)
    known = world.engine.frame(snapshot(world, world.engine.hold(frame)))
    known = frame.merge(known, on=list(KEYS), how="left")
    known = known[eligible(known, decision.eligible)]
    return known.sort_values("customer_id", ignore_index=True)


def summarise(each: pd.DataFrame) -> pd.DataFrame:
    """Return one row a lever, the largest net gain in all first.

    Of one lever, gains are one estimate: the interval of their average is added up as it is.
    """
    found = each.groupby("lever", as_index=False, sort=False).agg(
        evidence=("evidence", "first"),
        customers=("customer_id", "size"),
        gain=("gain", "mean"),
        gain_low_95=("average_low_95", "first"),
        gain_high_95=("average_high_95", "first"),
        cost=("cost", "mean"),
        is_ranked=("is_ranked", "first"),
    )
    for total, of in (("value_at_stake", "gain"), ("at_stake_low_95", "gain_low_95"),
                      ("at_stake_high_95", "gain_high_95"), ("total_cost", "cost")):  # fmt: skip
        found[total] = found["customers"] * found[of]
    found["net"] = found["value_at_stake"] - found["total_cost"].fillna(0.0)
    found["return_on_cost"] = found["net"] / found["total_cost"].replace(0.0, np.nan)
    return found.sort_values("net", ascending=False, ignore_index=True, kind="stable")


def plan(each: pd.DataFrame, budget: float | None = None) -> pd.DataFrame:
    """Return the rows, largest net gain first, and which of them a budget is spent on.

    A customer gets one lever, that of the largest net gain: effects of several do not add up.
    Money goes where a unit of cost brings most, until the next would cost more than is left; none
    to levers whose cost nobody gave. Without a budget those are taken as free.
    """
    each = each.drop(columns=["average_low_95", "average_high_95"]).sort_values(
        ["net_gain", "customer_id", "lever"], ascending=[False, True, True], ignore_index=True
    )
    can_be_paid = each["cost"].notna() | (budget is None)
    first = each[(each["net_gain"] > 0) & can_be_paid].drop_duplicates("customer_id")
    cost = first["cost"].fillna(0.0)
    by_cost = (first["net_gain"] / cost.clip(lower=1e-9)).sort_values(
        ascending=False, kind="stable"
    )
    spent = cost.loc[by_cost.index].cumsum()
    affordable = spent.index[spent <= (np.inf if budget is None else budget)]
    return each.assign(is_planned=each.index.isin(affordable))
