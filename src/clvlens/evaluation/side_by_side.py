"""Every way to a customer's value beside what really came: formulas, baselines and the model.

At each test cutoff every method is told what was known then, and nothing later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens import metrics
from clvlens.bootstrap import bootstrap_interval
from clvlens.evaluation.backtest import MODEL
from clvlens.evaluation.business import Business, know_business
from clvlens.evaluation.calculators import Calculated, absences, calculate
from clvlens.evaluation.slices import slices
from clvlens.finance.formulas import Floats
from clvlens.models.baselines import forecast_baselines
from clvlens.models.customer import CustomerModel
from clvlens.panel.instants import to_instant
from clvlens.panel.ledger import ledger, subscription_spells
from clvlens.panel.panel import Panel
from clvlens.panel.snapshot import KEYS
from clvlens.panel.world import World

SCORES = {
    "total_bias": metrics.total_bias,
    "mae": metrics.mean_absolute_error,
    "spearman": metrics.spearman,
    "ngini": metrics.normalised_gini,
}
WITH_INTERVAL = ("mae", "ngini")
DRAWS = 100
FORMULA, BASELINE, LEARNED = "formula", "baseline", "model"
ON_THE_SAME = f"{MODEL}, subscribers alone"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class SideBySide:
    """What each method said of the test rows, and what came.

    `scores`: one row a method, by nGini, those that speak of everybody first. `by_group`: one row
    a method × group of customers (slices, and the attributes asked for). `customers`: a row a
    customer and cutoff, what came (`actual`) and a column a method. Money is over the horizon.
    `absent`: what formulas need and the data lack.
    """

    scores: pd.DataFrame
    by_group: pd.DataFrame
    customers: pd.DataFrame
    absent: tuple[str, ...]
    notes: tuple[str, ...] = ()


def compare(
    model: CustomerModel,
    panel: Panel,
    world: World,
    attributes: Mapping[str, str],
    annual_rate: float,
    progress: Progress = lambda _: None,
) -> SideBySide:
    """Hold every method against the panel's test rows.

    `attributes` are columns of customers by the name to show.
    """
    config, test = panel.config, panel.rows("test")
    value, days = config.target.value, panel.plan.horizon_days
    parts, absent = [], ()
    kinds: dict[str, tuple[str, str]] = {}
    for cutoff, rows in test.groupby("cutoff"):
        progress(f"calculate at {cutoff:%Y-%m-%d}")
        business = business_at(panel, world, rows, cutoff, annual_rate)
        absent = absences(rows, business, value)
        found = calculate(rows, business, value)
        kinds |= {one.name: (FORMULA, one.formula) for one in found}
        parts.append(pd.DataFrame({one.name: one.horizon for one in found}, index=rows.index))
    said = pd.concat(parts).reindex(test.index)
    baselines, notes = forecast_baselines(
        panel.rows("fit"), test, value=value, horizon_days=days, label_days=panel.plan.label_days
    )
    for forecast in baselines:
        if forecast.value_is_money:
            said[forecast.name] = forecast.value
            kinds[forecast.name] = (BASELINE, "")
    said[MODEL] = model.predict(test)["predicted_value"].to_numpy()
    kinds[MODEL] = (LEARNED, "")
    actual = test["target_value"].to_numpy()
    progress("score")
    scores = _scores(said, kinds, actual, test["customer_id"].to_numpy())
    by_group = _by_group(said, actual, dict(_groups(test, attributes)))
    customers = pd.concat([test[list(KEYS)], said.assign(actual=actual)], axis=1)
    return SideBySide(scores, by_group, customers, absent, tuple(notes))


def business_at(
    panel: Panel, world: World, rows: pd.DataFrame, cutoff: pd.Timestamp, annual_rate: float
) -> Business:
    """Return what was known of the business at a cutoff, from the panel's matured rows before."""
    instant = to_instant(cutoff.to_pydatetime(), world.config.time_zone)
    frame = panel.frame
    matured = frame["cutoff"] + pd.to_timedelta(frame["label_days"], unit="D") <= cutoff
    return know_business(
        rows,
        frame[matured],
        ledger(world, instant),
        subscription_spells(world, instant),
        horizon_days=panel.plan.horizon_days,
        annual_rate=annual_rate,
    )


def _scores(
    said: pd.DataFrame, kinds: Mapping[str, tuple[str, str]], actual: Floats, customers: np.ndarray
) -> pd.DataFrame:
    rows = []
    for name in said:
        kind, formula = kinds[name]
        row = {"method": name, "kind": kind, "formula": formula}
        rows.append({**row, **_score(said[name].to_numpy(), actual, customers)})
    spoken = said.notna().all(axis=1).to_numpy()
    if not spoken.all() and spoken.any():
        own = said[MODEL].where(spoken).to_numpy()
        row = {"method": ON_THE_SAME, "kind": LEARNED, "formula": ""}
        rows.append({**row, **_score(own, actual, customers)})
    order = ["customers", "ngini"]  # those that speak of some customers alone come last
    table = pd.DataFrame(rows).sort_values(order, ascending=False, kind="stable")
    return table.reset_index(drop=True)


def _score(predicted: Floats, actual: Floats, customers: np.ndarray) -> dict[str, float]:
    """Return the figures of one method on the customers of whom it speaks."""
    spoken = ~np.isnan(predicted)
    y, p = actual[spoken], predicted[spoken]
    row: dict[str, float] = {"customers": len(set(customers[spoken]))}
    row |= {"mean_actual": float(y.mean()), "mean_predicted": float(p.mean())} if len(y) else {}
    for name, metric in SCORES.items():
        row[name] = metric(y, p)
        if name in WITH_INTERVAL:
            found = bootstrap_interval(metric, y, p, draws=DRAWS, groups=customers[spoken])
            row[f"{name}_low"], row[f"{name}_high"] = found.low, found.high
    return row


def _groups(
    test: pd.DataFrame, attributes: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str], np.ndarray]]:
    """Yield ((what they have in common, its value), which rows)."""
    for name, inside in slices(test):
        yield ("slice", name), inside
    for name, column in attributes.items():
        for value, rows in test.groupby(test[column].fillna("unknown"), sort=True):
            yield (name, str(value)), test.index.isin(rows.index)


def _by_group(
    said: pd.DataFrame, actual: Floats, groups: Mapping[tuple[str, str], np.ndarray]
) -> pd.DataFrame:
    rows = []
    for (by, group), inside in groups.items():
        for name in said:
            predicted = said[name].to_numpy()
            within = inside & ~np.isnan(predicted)
            y, p = actual[within], predicted[within]
            rows.append(
                {"by": by, "group": group, "method": name, "customers": int(within.sum()),
                 "total_actual": y.sum(), "total_predicted": p.sum(),
                 "total_bias": metrics.total_bias(y, p), "mae": metrics.mean_absolute_error(y, p)}
            )  # fmt: skip
    return pd.DataFrame(rows)


def lifetimes(found: list[Calculated], rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each formula says of today's customers, over the horizon and over a lifetime."""
    columns = {}
    for one in found:
        columns[f"{one.name} (horizon)"] = one.horizon
        columns[f"{one.name} (lifetime)"] = one.lifetime
    return pd.DataFrame({"customer_id": rows["customer_id"].to_numpy(), **columns})
