"""Signs that a table tells more than was known at the time.

A snapshot cannot read rows from the future, but a table may carry the future in a column without
a clock: a status overwritten when the customer left, a total over the whole relation, a time of
resolution filled in when the row was made. Such columns are found by what they know.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from clvlens.errors import Fault
from clvlens.histories.base import Column
from clvlens.panel.panel import FeatureInfo, Panel
from clvlens.panel.typed import Events
from clvlens.panel.world import World

SUSPICIOUS = 0.5  # of what remains of the future, once the past is taken off
AT_ONCE = 0.98  # of the rows whose outcome is known at the very instant of the event
LEAST_ROWS = 50
PAST = (
    "orders__count_ever",
    "orders__total_revenue_ever",
    "orders__days_since_last",
    "tenure_days",
)


def find_leaks(world: World, panel: Panel) -> list[Fault]:
    """Return every feature and clock that seems to know the future, most telling first."""
    return [*_features_that_foretell(panel), *_clocks_at_once(world)]


def foresight(feature: pd.Series, future: pd.Series, past: pd.DataFrame) -> float:
    """Return how much a feature knows of the future beyond the past: 0 nothing, 1 all of it.

    The absolute correlation of ranks, after a linear fit to the ranks of the past is taken off
    both. A category is read as a number where it is one, else as the mean outcome of its rows in
    the other half, so that rare values tell nothing by themselves.
    """
    known = _as_numbers(feature, future)
    seen = (known.notna() & future.notna()).to_numpy()
    if seen.sum() < LEAST_ROWS or known[seen].nunique() < 2 or future[seen].nunique() < 2:
        return 0.0
    basis = np.column_stack([np.ones(seen.sum()), *(_ranks(past[c][seen]) for c in past)])
    mine, theirs = (_remainder(_ranks(x[seen]), basis) for x in (known, future))
    size = np.linalg.norm(mine) * np.linalg.norm(theirs)
    return float(abs(mine @ theirs) / size) if size > 1e-9 else 0.0


def _features_that_foretell(panel: Panel) -> list[Fault]:
    rows = panel.rows("test")
    past = rows[[name for name in PAST if name in rows]]
    found = []
    for feature in panel.features:
        told = {
            target: foresight(rows[feature.name], rows[f"target_{target}"], past)
            for target in ("value", "churned")
            if feature.name not in PAST
        }
        target = max(told, key=told.__getitem__, default="")
        if told and told[target] >= SUSPICIOUS:
            found.append((told[target], _foretelling(feature, target, told[target])))
    return [fault for _, fault in sorted(found, key=lambda pair: -pair[0])]


def _foretelling(feature: FeatureInfo, target: str, share: float) -> Fault:
    what = "value" if target == "value" else "churn"
    return Fault(
        feature.history,
        f"{feature.name} knows {share:.0%} of the {what} after the cutoff that the past does not "
        "tell: its column seems to have been written later",
        "give the column its clock (the time at which it became known), or leave it out",
    )


def _clocks_at_once(world: World) -> list[Fault]:
    """Return outcomes that are known in nearly all rows the instant the event happens."""
    faults = []
    for name, events in world.histories.items():
        for clock, columns in _outcomes(events).items():
            t = events.table
            at_once = (t[clock] == t.event_time).cast("int64").sum().fill_null(0)
            known, same = world.engine.row(t.aggregate(known=t[clock].count(), same=at_once))
            if known >= LEAST_ROWS and same >= AT_ONCE * known:
                faults.append(_too_early(name, clock, columns, same, known))
    return faults


def _outcomes(events: Events) -> dict[str, list[str]]:
    """Return the columns that each clock of a history makes known, the clock itself among them."""
    history, found = events.history, {}
    for column in _present(events):
        clock = history.clock(column)
        if clock is not None and clock in events.table.columns:
            found.setdefault(clock, []).append(column.name)
    return found


def _present(events: Events) -> list[Column]:
    return [column for column in events.history.columns if column.name in events.table.columns]


def _too_early(name: str, clock: str, columns: list[str], same: int, known: int) -> Fault:
    others = [column for column in columns if column != clock]
    behind = f", and {', '.join(others)} with it" if others else ""
    return Fault(
        name,
        f"{clock} is the instant of the event itself in {same:,} of {known:,} rows{behind}: "
        "it seems to have been filled in at once",
        "give the time at which it really became known, or leave the column out",
        clock,
    )


def _as_numbers(feature: pd.Series, future: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(feature):
        return feature
    numbers = pd.to_numeric(feature, errors="coerce")
    if numbers.notna().sum() >= 0.9 * feature.notna().sum():
        return numbers
    half = np.arange(len(feature)) % 2 == 0
    known = pd.Series(np.nan, index=feature.index)
    for mine in (half, ~half):
        means = future[~mine].groupby(feature[~mine]).mean()
        known[mine] = feature[mine].map(means)
    return known


def _ranks(values: pd.Series) -> np.ndarray:
    filled = values.fillna(values.max() if values.notna().any() else 0.0)
    return rankdata(filled) / len(filled)


def _remainder(values: np.ndarray, basis: np.ndarray) -> np.ndarray:
    return values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]
