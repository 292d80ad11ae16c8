"""The steps composed, for the command line and for Python alike.

Every function takes and returns objects; files and the tracking server are `clvlens.output`'s.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clvlens.config import Config
from clvlens.errors import TimeError
from clvlens.evaluation.backtest import Evaluation, backtest
from clvlens.evaluation.lifetime import COST, unknown_costs
from clvlens.levers.attribution import Attribution, attribute, find_reasons, foresee
from clvlens.levers.effects import estimate_effects
from clvlens.levers.findings import Effect
from clvlens.levers.opportunity import Opportunity, find_opportunity
from clvlens.models.asked import (
    before_test,
    check_can_be_judged,
    check_same_question,
    described,
)
from clvlens.models.customer import CustomerModel
from clvlens.models.horizons import agreeing
from clvlens.models.own import Estimator, OwnValue
from clvlens.models.scoring import Scored, not_among, score, to_explain
from clvlens.models.spark import score_parts
from clvlens.models.training import train_model
from clvlens.output.predictions import prediction_table
from clvlens.panel.defined import check_defined
from clvlens.panel.instants import midnight_before, to_instant
from clvlens.panel.panel import Panel, snapshot_batches, snapshot_rows
from clvlens.panel.snapshot import KEYS, TENURE, population
from clvlens.panel.world import World, read_world

BATCH = 50_000  # customers whose features are in memory at once
KEPT = (*KEYS, TENURE.name, COST)  # what is still needed of features once all are scored
SAMPLE = 2_000  # customers whose predictions are explained when nobody chooses
CHANGED = "the data have changed since the model was trained"

Progress = Callable[[str], None]


def train(
    panel: Panel, progress: Progress = lambda _: None, *, model: Estimator | None = None
) -> CustomerModel:
    """Fit value, churn, orders and intervals on the roles before the test.

    `model` is an estimator of the user's that says value in the place of clvlens' own methods: see
    `clvlens.models.own.Estimator`.
    """
    return train_model(panel, described(panel), progress, model)


def evaluate(
    model: CustomerModel,
    panel: Panel,
    progress: Progress = lambda _: None,
    *,
    beside: Mapping[str, ArrayLike] = MappingProxyType({}),
) -> Evaluation:
    """Judge a model on the panel's test role, beside the baselines.

    `beside` are forecasts of the user's own, by name: money over the horizon for each row of
    `panel.rows("test")`. They are judged as baselines, and the grade is about the best of all.
    A note says so where the rows before the test are not those that the model learned from.
    Raises `ModelError` as `check_can_be_judged`.
    """
    check_can_be_judged(model, panel)
    evaluation = backtest(model, panel, progress, beside)
    if model.about["data_fingerprint"] == before_test(panel).fingerprint:
        return evaluation
    return replace(evaluation, notes=(*evaluation.notes, CHANGED))


def explain(
    model: CustomerModel, panel: Panel, customers: int = SAMPLE, progress: Progress = lambda _: None
) -> tuple[Attribution, pd.Series]:
    """Attribute predictions at the newest test cutoff to features, in money.

    A sample of at most `customers`, spread evenly over the predictions, stands for all;
    `progress` hears how long they will take. Returns the attribution, and whose row each is.
    """
    rows = panel.rows("test")
    rows = rows.loc[rows["cutoff"] == rows["cutoff"].max()].reset_index(drop=True)
    ranked = np.argsort(model.predict(rows)["predicted_value"].to_numpy(), kind="stable")
    step = max(1, -(-len(ranked) // customers))
    rows = rows.loc[np.sort(ranked[::step])].reset_index(drop=True)
    foresee(model, rows, progress, f"attribute the predictions of {len(rows):,} customers")
    return attribute(model, rows), rows["customer_id"]


def predict(
    model: CustomerModel,
    config: Config,
    cutoff: dt.datetime | None = None,
    *,
    reasons: int | Collection[str] = SAMPLE,
    version: str = "",
    beside: Mapping[str, CustomerModel] = MappingProxyType({}),
    batch: int = BATCH,
    progress: Progress = lambda _: None,
    remark: Progress = lambda _: None,
) -> pd.DataFrame:
    """Predict everybody known before a cutoff (default: the newest midnight in the data).

    `reasons` is for how many customers, highest predicted value first, or for which, the three
    largest parts of the prediction are given; for nobody, the columns are left out. Columns: see
    `prediction_table`.
    `beside` are models of `target.more_horizons` by version: each adds a row a customer, which
    contradicts no other (see `agreeing`). Features are in memory for `batch` customers at a time,
    which changes no prediction. `remark` is told what the model did not see when it was
    trained, and how often horizons were made to agree.
    """
    asked = _asked(config, {version: model, **beside})
    found = _found(asked, config, cutoff, reasons, batch, progress, remark)
    # The histories are let go of by now: nothing of theirs is needed for the tables.
    tables = [
        prediction_table(settings, *own, named)
        for (settings, _, named), own in zip(asked, found, strict=True)
    ]
    if len(tables) == 1:
        return tables[0]
    return pd.concat(tables).sort_values(["customer_id", "horizon_days"], ignore_index=True)


def _found(
    asked: list[tuple[Config, CustomerModel, str]],
    config: Config,
    cutoff: dt.datetime | None,
    reasons: int | Collection[str],
    batch: int,
    progress: Progress,
    remark: Progress,
) -> list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]]:
    """Return who was known before a cutoff, what each model predicts of them, and why."""
    progress("read the histories")
    world = read_world(config)
    instant = _cutoff(world, cutoff)
    everybody = _everybody(world, instant)
    worlds = [replace(world, config=own) for own, _, _ in asked]
    scored = []
    for own, (_, one, _) in zip(worlds, asked, strict=True):
        progress(f"snapshot {world.show(instant)}")
        scored.append(_scored(one, own, everybody, batch, progress))
    model, rows = asked[0][1], scored[0].rows
    for line in (
        *scored[0].unlike_training(model),
        *model.season_told(rows["cutoff"].unique()),
        *unknown_costs(config, rows),
        *not_among(rows, reasons),
    ):
        remark(line)
    predicted = [own.predicted for own in scored]
    days = [own.target.horizon_days for own, _, _ in asked]
    agreed, moved = agreeing(
        dict(zip(days, predicted, strict=True)), contractual=config.target.is_contractual
    )
    for longer, count in moved.items():
        if count:
            remark(f"over {longer} days, the value of {count:,} customers is that of fewer days")
    found = []
    for own, (settings, one, _), kept in zip(worlds, asked, scored, strict=True):
        told = agreed[settings.target.horizon_days]
        chosen = kept.rows[to_explain(kept.rows, told, reasons)]
        found.append((kept.rows, told, _reasons(one, own, everybody, chosen, progress)))
    return found


def _asked(
    config: Config, models: Mapping[str, CustomerModel]
) -> list[tuple[Config, CustomerModel, str]]:
    """Return each model with what it is asked and its version, the run's own first.

    Raises `ModelError` where a model predicts something else.
    """
    horizons = {own.target.horizon_days: own for own in config.horizons}
    asked = []
    for place, (version, model) in enumerate(models.items()):
        own = horizons.get(model.about["horizon_days"], config) if place else config
        check_same_question(model, own)
        asked.append((own, model, version))
    return asked


def _everybody(world: World, instant: int) -> ir.Table:
    """Return the customers that are known before a cutoff, of whom there must be some."""
    everybody = world.engine.keep(population(world, instant))
    if world.engine.count(everybody) == 0:
        raise TimeError(f"no customer is known before {world.show(instant)}; give a later cutoff")
    return everybody


def _scored(
    model: CustomerModel, world: World, everybody: ir.Table, size: int, progress: Progress
) -> Scored:
    """Predict everybody, so many at a time; features stay only where one batch holds them all."""
    if world.config.engine.kind == "spark":
        return score_parts(model, world, everybody, KEPT, progress)
    count = world.engine.count(everybody)
    what, number = f"predict {count:,} customers", -(-count // size)

    def told() -> Iterator[pd.DataFrame]:
        for place, batch in enumerate(snapshot_batches(world, everybody, size), 1):
            progress(what if number == 1 else f"{what}, batch {place} of {number}")
            yield batch
            del batch

    return score(model, told(), None if number == 1 else KEPT)


def _reasons(
    model: CustomerModel,
    world: World,
    everybody: ir.Table,
    chosen: pd.DataFrame,
    progress: Progress,
) -> pd.DataFrame | None:
    """Return the reasons of chosen rows; nothing where there are none, or none are known.

    Features that were let go are found again. What an estimator of the user's adds up is not known
    here.
    """
    if chosen.empty or isinstance(model.value, OwnValue):
        return None
    if not set(model.encoder.sources) <= set(chosen):
        ids = world.engine.hold(chosen.loc[:, ["customer_id"]])
        found = snapshot_rows(world, everybody.semi_join(ids, "customer_id"))
        chosen = found.set_axis(chosen.index)
    return find_reasons(model, chosen, progress)


def study_levers(
    config: Config, progress: Progress = lambda _: None
) -> tuple[list[Effect], Opportunity]:
    """Return what moving each lever would change, or why that cannot be told; see `Effect`.

    Beside it whom the levers that pay could reach, at what gain and cost; see `Opportunity`.
    Raises `ConfigError` where a lever that is defined reads what nobody knows.
    """
    progress("read the histories")
    world = read_world(config)
    check_defined(world)
    effects = estimate_effects(world, progress)
    progress("find whom they could reach")
    return effects, find_opportunity(world, effects, config.levers.levers())


def _cutoff(world: World, cutoff: dt.datetime | None) -> int:
    zone = world.config.time_zone
    instant = midnight_before(world.ends, zone) if cutoff is None else to_instant(cutoff, zone)
    if not world.starts < instant <= world.ends:
        raise TimeError(
            f"cutoff {world.show(instant)} is outside the data, which has orders from "
            f"{world.show(world.starts)} to {world.show(world.ends - 1)}; give one in between"
        )
    return instant
