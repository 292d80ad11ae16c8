"""Snapshots and outcomes stacked: one row per customer and cutoff."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd

from clvlens import histories
from clvlens.config import Config
from clvlens.errors import ClvlensError
from clvlens.files import sha256, whole_folder
from clvlens.histories.base import Feature, Lever
from clvlens.panel.snapshot import KEYS, features_of, population, snapshot
from clvlens.panel.source import stamp
from clvlens.panel.split import Plan, plan_cutoffs
from clvlens.panel.target import outcomes
from clvlens.panel.tracked import weekly_orders
from clvlens.panel.world import World, drawn, read_world
from clvlens.version import __version__

TARGETS = ("target_value", "target_orders", "target_churned")
INVOLUNTARY = "target_involuntary"  # of who churned by contract, where reasons are recorded
SHAPING = {  # the settings that a panel depends on
    *("data", "data_ends", "time_zone", "population", "customers"),
    *("target", "cutoffs", "look_back_days"),
}
RECENT_FILE = "recent.parquet"
WEEKLY_FILE = "weekly.parquet"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class FeatureInfo:
    """What a feature means, for the feature dictionary and for whoever explains a prediction."""

    name: str
    meaning: str
    unit: str
    history: str
    lever: str
    is_category: bool


@dataclass(frozen=True, repr=False)
class Panel:
    """Rows for training and testing.

    `frame` has one row a customer and cutoff: `customer_id`, `cutoff` (UTC), `role`,
    `label_days`, one column a feature (double or text), and `TARGETS`, money in the run's
    currency over `label_days`. Contractual churn is missing where there was no subscription to
    lose, and has `INVOLUNTARY` beside it where it can be told. `recent` has the features alone,
    one row a customer, at the plan's cutoff of that name, where it has one. `weekly` has what the
    whole business bought before the first test cutoff: see `panel.tracked.weekly_orders`; not
    where snapshots look back so many days alone.
    """

    config: Config
    frame: pd.DataFrame
    features: tuple[FeatureInfo, ...]
    plan: Plan
    notes: tuple[str, ...] = ()
    recent: pd.DataFrame | None = None
    weekly: pd.DataFrame | None = None

    def __repr__(self) -> str:
        roles = self.frame.groupby("role", sort=False)["cutoff"].unique()
        spans = ", ".join(
            f"{role} {' '.join(f'{at:%Y-%m-%d}' for at in sorted(cutoffs))}"
            for role, cutoffs in roles.items()
        )
        customers = self.frame["customer_id"].nunique()
        return (
            f"Panel({self.config.name}: {len(self.frame):,} rows of {customers:,} customers, "
            f"{len(self.features)} features; {spans})"
        )

    @property
    def feature_names(self) -> list[str]:
        """Names of the feature columns, in order."""
        return [feature.name for feature in self.features]

    def rows(self, role: str) -> pd.DataFrame:
        """Return the rows of one temporal role."""
        return self.frame[self.frame["role"] == role].reset_index(drop=True)

    @property
    def fingerprint(self) -> str:
        """A digest of every value: equal panels, and only those, have equal fingerprints."""
        digest = hashlib.sha256(",".join(self.frame.columns).encode())
        for rows in (self.frame, self.recent, self.weekly):
            if rows is not None:
                digest.update(pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes())
        return digest.hexdigest()


def build_panel(config: Config, progress: Progress = lambda _: None) -> Panel:
    """Return the panel of a configuration: the saved one while data and settings are the same.

    Only the panel of a configuration that was read from a file is saved.
    """
    if config.source is None:
        return make_panel(config, progress)
    saved = load_panel(config)
    if saved is not None:
        return saved
    begun = config.data_folder / f".panel-{recipe(config)[:12]}"
    panel = make_panel(config, progress, begun)
    save_panel(panel)
    for folder in config.data_folder.glob(".panel-*"):
        shutil.rmtree(folder, ignore_errors=True)
    return panel


def make_panel(
    config: Config, progress: Progress = lambda _: None, begun: Path | None = None
) -> Panel:
    """Read the data and take every snapshot that the plan asks for.

    Where snapshots are dear, those that a run had finished are read from the folder `begun`.
    """
    world = read_world(config)
    plan = plan_cutoffs(world)
    world, parts = drawn(world, world.config.population.sample), []
    planned = list(plan.cutoffs())
    for number, (role, cutoff, days) in enumerate(planned, 1):
        progress(f"snapshot {world.show(cutoff)} ({role}), {number} of {len(planned)}")
        part = begun and begun / f"{role}-{cutoff}"
        labelled = _labelled(world, cutoff, days, part)
        parts.append(labelled.assign(role=role, label_days=float(days)))
    recent = None
    if plan.recent is not None:
        progress(f"snapshot {world.show(plan.recent)} (without an outcome)")
        recent = snapshot_frame(world, plan.recent)
    frame = pd.concat(parts, ignore_index=True)
    order = [*KEYS, "role", "label_days"]
    rest = [column for column in frame.columns if column not in order]
    notes = world.notes + plan.notes
    weekly = None if config.look_back_days else weekly_orders(world, min(plan.test))
    return Panel(config, frame[order + rest], describe(world), plan, notes, recent, weekly)


def snapshot_frame(world: World, cutoff: int) -> pd.DataFrame:
    """Return the features of everybody known before a cutoff, ordered by customer."""
    return snapshot_frames(world, [cutoff])


def snapshot_frames(world: World, cutoffs: Sequence[int]) -> pd.DataFrame:
    """Return the features of everybody known before each cutoff, ordered by customer and cutoff."""
    rows = reduce(lambda one, other: one.union(other), [population(world, at) for at in cutoffs])
    return snapshot_rows(world, world.engine.keep(rows))


def snapshot_rows(world: World, rows: ir.Table) -> pd.DataFrame:
    """Return the features of rows of (`customer_id`, `cutoff`), ordered by them."""
    return timed(world.engine.frame(snapshot(world, rows).order_by(*KEYS)))


def snapshot_batches(world: World, rows: ir.Table, size: int) -> Iterator[pd.DataFrame]:
    """Yield the same, at most `size` rows at a time.

    Nothing else may be asked of the engine before the last of them.
    """
    yield from map(timed, world.engine.frames(snapshot(world, rows).order_by(*KEYS), size))


def describe(world: World) -> tuple[FeatureInfo, ...]:
    """Return what each feature of a snapshot means, and the lever that it measures."""
    levers = [lever for events in world.histories.values() for lever in events.history.levers]
    return tuple(_info(feature, levers) for feature in features_of(world).values())


def save_panel(panel: Panel) -> Path:
    """Write a panel as one Parquet file a cutoff, with its plan and feature dictionary."""
    folder = panel.config.data_folder / "panel"
    with whole_folder(folder) as temporary:
        for (role, cutoff), part in panel.frame.groupby(["role", "cutoff"], sort=False):
            part.to_parquet(temporary / f"{role}-{cutoff:%Y-%m-%dT%H%M}.parquet", index=False)
        if panel.recent is not None:
            panel.recent.to_parquet(temporary / RECENT_FILE, index=False)
        if panel.weekly is not None:
            panel.weekly.to_parquet(temporary / WEEKLY_FILE, index=False)
        about = {
            "recipe": recipe(panel.config),
            "plan": asdict(panel.plan),
            "features": [asdict(feature) for feature in panel.features],
            "notes": panel.notes,
        }
        (temporary / "panel.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
    return folder


def load_panel(config: Config) -> Panel | None:
    """Return the saved panel, or nothing where there is none for this configuration and data."""
    folder = config.data_folder / "panel"
    try:
        about = json.loads((folder / "panel.json").read_text(encoding="utf-8"))
        if about["recipe"] != recipe(config):
            return None
        plan = Plan(**{k: tuple(v) if isinstance(v, list) else v for k, v in about["plan"].items()})
        parts = {path.stem: path for path in folder.glob("*.parquet")}
        frames = []
        for role, cutoff, _ in plan.cutoffs():
            when = pd.Timestamp(cutoff, unit="us")
            frames.append(pd.read_parquet(parts[f"{role}-{when:%Y-%m-%dT%H%M}"]))
        recent = None if plan.recent is None else pd.read_parquet(folder / RECENT_FILE)
        weekly = None if config.look_back_days else pd.read_parquet(folder / WEEKLY_FILE)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    features = tuple(FeatureInfo(**feature) for feature in about["features"])
    frame = pd.concat(frames, ignore_index=True)
    return Panel(config, frame, features, plan, tuple(about["notes"]), recent, weekly)


def recipe(config: Config) -> str:
    """Return a digest of all that a panel depends on: settings, input files and the code."""
    parts = config.model_dump_json(include=SHAPING)
    with config.locating():
        inputs = stamp(config)
    folders = (*histories.__path__, Path(__file__).parent)
    code = [sha256(file) for folder in folders for file in sorted(Path(folder).glob("*.py"))]
    return hashlib.sha256("".join([__version__, parts, inputs, *code]).encode()).hexdigest()


def _labelled(world: World, cutoff: int, days: int, part: Path | None) -> pd.DataFrame:
    rows = world.engine.keep(population(world, cutoff))
    if world.engine.count(rows) == 0:
        raise ClvlensError(f"no customer is known before {world.show(cutoff)}; use a later cutoff")
    future = outcomes(world, rows, days)
    future = future.rename(lambda name: name if name in KEYS else f"target_{name}")
    joined = _with(snapshot(world, rows), future)
    return timed(world.engine.frame(joined.order_by(*KEYS), part))


def _with(table: ir.Table, future: ir.Table) -> ir.Table:
    targets = [name for name in future.columns if name not in KEYS]
    return table.join(future, list(KEYS)).select(*table.columns, *targets)


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn instants into times, at the edge to pandas."""
    return frame.assign(cutoff=pd.to_datetime(frame["cutoff"], unit="us", utc=True))


def _info(feature: Feature, levers: list[Lever]) -> FeatureInfo:
    history = feature.name.split("__")[0] if "__" in feature.name else "customers"
    lever = next((lever.name for lever in levers if lever.measures(feature.name)), "")
    return FeatureInfo(
        feature.name, feature.meaning, feature.unit, history, lever, feature.is_category
    )
