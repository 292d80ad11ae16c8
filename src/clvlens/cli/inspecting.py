"""`check` and `panel`: what there is to learn from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from clvlens.cli.show import notes, table
from clvlens.cli.stages import Stages
from clvlens.config import Config
from clvlens.config.target import ROLES
from clvlens.errors import DataError, TimeError
from clvlens.files import whole_file
from clvlens.histories import discover
from clvlens.histories.exact import DAY
from clvlens.output.predictions import refuse_read
from clvlens.output.stamps import QUALITY
from clvlens.panel.defined import check_defined
from clvlens.panel.leaks import find_leaks
from clvlens.panel.panel import build_panel, describe
from clvlens.panel.quality import measure_quality
from clvlens.panel.remarks import report
from clvlens.panel.split import Plan, plan_cutoffs
from clvlens.panel.world import World, read_world


def check(config: Config, leaks: bool, html: Path | None, stage: Stages) -> None:
    """Print what every history holds, what is absent, how columns are read and cutoffs fall.

    With `html`, write a page of it as well.

    With `leaks`, raises `DataError` naming every column that seems to know the future.
    """
    if html is not None:
        refuse_read(html, config, "--html")
    stage("read the histories")
    world = read_world(config)
    check_defined(world)
    stage("count")
    found = pd.DataFrame([_history_row(world, name) for name in world.histories])
    plan = plan_cutoffs(world)
    stage.end()
    print(table(found))
    absent = [name for name in discover() if name not in config.data]
    if absent:
        print(f"  absent: {', '.join(absent)}")
    _print_reading(world)
    print()
    cutoffs = _cutoff_rows(world, plan)
    print(table(cutoffs))
    notes((*world.notes, *plan.notes, *_further_horizons(world)))
    stage.found(histories=found, absent=absent, cutoffs=cutoffs, odd=len(world.remarks))
    for name, frame in (("histories", found), ("data_quality", report(world.remarks))):
        place = config.data_folder / f"{name}.csv"
        with whole_file(place) as temporary:
            frame.to_csv(temporary, index=False)
        stage.wrote(place)
    _write_page(html, world, plan, stage)
    if leaks:
        faults = find_leaks(world, build_panel(config, stage))
        stage.end()
        if faults:
            raise DataError(faults)
        print("  no sign of a leak: no column knows the future beyond what the past tells")


def _write_page(path: Path | None, world: World, plan: Plan, stage: Stages) -> None:
    """Write the page where one is asked for; what an earlier one left for the report goes."""
    if path is None:
        shutil.rmtree(world.config.data_folder / QUALITY, ignore_errors=True)
        return
    from clvlens.output.quality_page import quality_page, write_quality

    stage("draw")
    quality = measure_quality(world)
    page = quality_page(world, quality, plan)
    write_quality(world, quality)
    with whole_file(path) as fresh:
        fresh.write_text(page, encoding="utf-8")
    stage.end()
    stage.wrote(path)


def panel(config: Config, stage: Stages) -> None:
    """Build and keep the panel, and print its rows by role."""
    built = build_panel(config, stage)
    stage.end()
    by_role = built.frame.groupby(["role", "cutoff"], sort=False, as_index=False).agg(
        days=("label_days", "first"),
        customers=("customer_id", "size"),
        mean_value=("target_value", "mean"),
        churned=("target_churned", "mean"),
    )
    by_role["cutoff"] = by_role["cutoff"].dt.tz_convert(config.time_zone).dt.strftime("%Y-%m-%d")
    by_role["days"] = by_role["days"].astype(int)
    print(
        f"Outcomes in the days from each cutoff on (mean_value: {config.currency} "
        f"{config.target.value} a customer; churned: share of customers)"
    )
    print(table(by_role))
    stage.wrote(config.data_folder / "panel", told=f": {len(built.features)} features")
    stage.found(rows=len(built.frame), features=len(built.features), cutoffs=by_role)
    notes(built.notes)


def _print_reading(world: World) -> None:
    """Print how the tables were read, and the sum that a reader knows by heart."""
    for name, events in world.histories.items():
        renamed = [f"{ours} ← {theirs}" for ours, theirs in events.columns.items()
                   if ours != theirs]  # fmt: skip
        if renamed:
            print(f"  {name}: {', '.join(renamed)}")
    orders = world.histories["orders"].table
    (total,) = world.engine.row(orders.aggregate(total=orders.amount.sum()))
    print(f"  orders.amount adds up to {world.config.currency} {total:,.2f}, from "
          f"{world.show(world.starts)} to {world.show(world.ends - 1)}; times without a zone are "
          f"read in {world.config.time_zone}")  # fmt: skip


def _cutoff_rows(world: World, plan: Plan) -> pd.DataFrame:
    rows = [
        {"role": role, "cutoff": world.show(cutoff), "days": days,
         "outcome until": world.show(cutoff + days * DAY)}
        for role, cutoff, days in plan.cutoffs()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _further_horizons(world: World) -> Iterator[str]:
    """Say from which cutoffs each further horizon would be learned, or why it is left out."""
    for own in world.config.horizons[1:]:
        days = own.target.horizon_days
        try:
            plan = plan_cutoffs(replace(world, config=own))
        except TimeError as error:
            yield f"{days} days will be left out: {error}"
            continue
        roles = [(role, [world.show(at) for at in getattr(plan, role)]) for role in ROLES]
        told = ", ".join(f"{role} {' '.join(at)}" for role, at in roles if at)
        yield f"over {days} days: {told}"


def _history_row(world: World, name: str) -> dict[str, object]:
    events = world.histories[name]
    rows, customers, first, last = world.engine.row(
        events.table.aggregate(
            n=events.table.count(),
            c=events.table.customer_id.nunique(),
            a=events.table.event_time.min(),
            b=events.table.event_time.max(),
        )
    )
    features = [feature for feature in describe(world) if feature.history == name]
    levers = {feature.lever for feature in features} - {""}
    return {
        "history": name,
        "rows": rows,
        "customers": customers,
        "from": world.show(first) if first is not None else "–",
        "to": world.show(last) if last is not None else "–",
        "features": len(features),
        "levers": ", ".join(sorted(levers)) or "–",
    }
