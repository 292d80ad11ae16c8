"""The whole YAML, whose other parts are in files of their own, and how it is read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import pydantic
import yaml
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from clvlens.config.engine import Engine, by_kind
from clvlens.config.finance import Clv, Finance, Monitor, Segments
from clvlens.config.levers import Levers
from clvlens.config.model import ModelConfig
from clvlens.config.problems import explain, located, repeated_keys, unreadable
from clvlens.config.tables import Rule, TableConfig
from clvlens.config.target import LONGEST, ROLES, Cutoffs, Instant, Target
from clvlens.config.tracking import Tracking
from clvlens.errors import ConfigError, TimeError, nearest
from clvlens.histories import discover
from clvlens.histories.base import RESERVED, History
from clvlens.histories.custom import history_of
from clvlens.histories.strict import Strict


def _spelled(pattern: str, advice: str) -> AfterValidator:
    """Return a check of how a text is written that says what to do about it."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} will not do; {advice}")
        return text

    return AfterValidator(check)


def _of_years(dates: tuple[dt.datetime, ...]) -> tuple[dt.datetime, ...]:
    if len({date.year for date in dates}) < 2:
        raise ValueError("a holiday takes its date in several years, those that are known too")
    return dates


class Population(Strict):
    """Who is left out, by rules on the customers table: staff, tests, businesses.

    With `sample`, the panel is of so many customers, drawn by the hash of their id, so that it
    fits in memory; predictions are of everybody.
    """

    leave_out: tuple[Rule, ...] = ()
    sample: int | None = Field(default=None, gt=0)


class Config(Strict):
    """Everything that a run is told.

    Times without a zone, cutoffs among them, are in `time_zone`. `data_ends` is the first instant
    about which nothing is known, where the latest order does not tell. `holidays` are the dates of
    days that move from year to year, by name, for the season. `look_back_days` limits how
    far back snapshots see: where history is short, later cutoffs know more of it than earlier
    ones, and what was learned at those would not fit. `customers` keeps that many alone, for a
    trial. Not from the YAML are `root`, the project's folder, `source`, the YAML itself, and
    `beside`, whether this is one of `more_horizons` beside the run's own.
    """

    name: Annotated[str, _spelled(r"[A-Za-z0-9_-]+", "use letters, digits, _ and - alone")]
    currency: Annotated[str, _spelled(r"[A-Z]{3}", "use three capitals such as EUR")]
    time_zone: str = "UTC"
    data_ends: Instant | None = None
    holidays: dict[str, Annotated[tuple[Instant, ...], AfterValidator(_of_years)]] = Field(
        default_factory=dict
    )
    look_back_days: int | None = Field(default=None, gt=0, le=10 * LONGEST)
    data: dict[str, TableConfig]
    population: Population = Population()
    target: Target = Target()
    cutoffs: Cutoffs = Cutoffs()
    model: ModelConfig = ModelConfig()
    clv: Clv | None = None
    finance: Finance = Finance()
    segments: Segments = Segments()
    levers: Levers = Levers()
    monitor: Monitor = Monitor()
    engine: Annotated[Engine, BeforeValidator(by_kind)] = Engine()
    tracking: Tracking = Tracking()
    customers: int | None = Field(default=None, gt=0)
    root: Path = Field(default=Path(), exclude=True)
    source: Path | None = Field(default=None, exclude=True)
    beside: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def _describes_orders(self) -> Config:
        known = discover()
        for name, table in self.data.items():
            if name not in known and table.custom is None:
                raise ValueError(
                    f"data.{name} is no history; {nearest(name, known)}; describe one of your own "
                    f"under data.{name}.custom"
                )
            if name in known and table.custom is not None:
                raise ValueError(f"data.{name}.custom: {name} is described; use another name")
            if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
                raise ValueError(f"data.{name} will not do as a name; use e.g. feature_usage")
        for name, history in known.items():
            if history.required and name not in self.data:
                raise ValueError(f"data.{name} is missing; every run needs it")
        if self.target.is_contractual and "subscriptions" not in self.data:
            raise ValueError(
                f"target.churn: {self.target.churn} is about subscriptions, and data.subscriptions "
                "is missing; name their table, or leave target.churn out"
            )
        return self

    @model_validator(mode="after")
    def _knows_its_time_zone(self) -> Config:
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                f"time_zone {self.time_zone!r} is unknown; use e.g. Europe/Paris"
            ) from None
        return self

    @model_validator(mode="after")
    def _names_no_reserved_attribute(self) -> Config:
        for name, table in self.data.items():
            taken = {column.name for column in self._described(name).columns} | RESERVED
            for attribute in taken & set(table.attributes):
                raise ValueError(
                    f"data.{name}.attributes: {attribute} has its own meaning; give it another "
                    f"name, e.g. attributes: {{its_{attribute}: {attribute}}}"
                )
        return self

    def history(self, name: str) -> History:
        """Return the history behind a table, with the attributes that the table declares."""
        return self._described(name).with_attributes(self.data[name].attributes)

    def _described(self, name: str) -> History:
        custom = self.data[name].custom
        return discover()[name] if custom is None else history_of(name, custom)

    @property
    def histories(self) -> tuple[str, ...]:
        """The names of the tables: clvlens' own histories first, orders before them all."""
        own = [name for name in discover() if name in self.data]
        return (*own, *(name for name in self.data if name not in own))

    @property
    def title(self) -> str:
        """The name of what a run writes, tracks and registers; a trial never takes the run's."""
        title = self.name if self.customers is None else f"{self.name}-trial-{self.customers}"
        return f"{title}-{self.target.horizon_days}d" if self.beside else title

    @property
    def horizons(self) -> tuple[Config, ...]:
        """One configuration a horizon, the run's own first; cutoffs of the others are planned."""
        return (self, *map(self._over, self.target.more_horizons))

    def _over(self, days: int) -> Config:
        own = {"horizon_days": days, "label_days": None, "more_horizons": ()}
        target = self.target.model_copy(update=own)
        cutoffs = self.cutoffs.model_copy(update=dict.fromkeys(ROLES, ()))
        return self.model_copy(update={"target": target, "cutoffs": cutoffs, "beside": True})

    @property
    def data_folder(self) -> Path:
        """Where panels and evaluations of this run are written."""
        return self.root / "data" / self.title

    @property
    def model_folder(self) -> Path:
        """Where this run's model is written."""
        return self.root / "models" / self.title

    @contextmanager
    def locating(self) -> Iterator[None]:
        """Let an error that begins with a key say in which file, and on which line, that is."""
        try:
            yield
        except (ConfigError, TimeError) as error:
            if self.source is not None:
                error.args = (located(self.source, str(error)),)
            raise


def load_config(
    source: str | Path | Mapping[str, object], *, customers: int | None = None
) -> Config:
    """Read and check a YAML file, or the same settings as a dictionary with frames for tables.

    `customers` keeps that many alone, for a trial. Relative paths begin at the project's folder:
    the YAML's, or the working folder for a dictionary. Raises `ConfigError` naming the key, its
    line and the nearest known key.

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"client": ["a"], "ordered_at": ["2024-01-31"], "amount": [9.5]})
    >>> table = {"frame": orders, "columns": {"customer_id": "client"}}
    >>> config = load_config({"name": "shop", "currency": "EUR", "data": {"orders": table}})
    >>> config.name, config.histories, config.target.horizon_days
    ('shop', ('orders',), 90)
    """
    given = {} if customers is None else {"customers": customers}
    if isinstance(source, Mapping):
        return _checked({**source, **given}, Path("settings"), "")
    path = Path(source)
    text = _read(path)
    try:
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # 2023-02-31 is a ValueError
        raise ConfigError(unreadable(path, text, error)) from None
    if repeated := repeated_keys(path, text):
        raise ConfigError("\n".join(repeated))
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} holds no settings; start with name, currency and data")
    if own := {"root", "source", "beside"} & set(raw):
        unknown = [{"type": "extra_forbidden", "loc": (key,), "input": raw[key]} for key in own]
        raise ConfigError("\n".join(explain(path, text, Config, unknown)))
    read = _checked({**raw, **given}, path, text)
    return read.model_copy(update={"root": _root(path), "source": path})


def _checked(raw: dict, path: Path, text: str) -> Config:
    """Return settings that are known to be right, told apart by their place in a text."""
    try:
        return Config.model_validate(raw)
    except pydantic.ValidationError as error:
        raise ConfigError("\n".join(explain(path, text, Config, error.errors()))) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; give an existing file with --config") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder; give a file with --config") from None
    except (OSError, UnicodeDecodeError) as error:
        problem = "it is not UTF-8" if isinstance(error, ValueError) else error.strerror
        raise ConfigError(f"{path} cannot be read: {problem}; mend it or give another") from None


def _root(path: Path) -> Path:
    """Return the project's folder: the one above configs/, else the config's own."""
    folder = path.resolve().parent
    return folder.parent if folder.name == "configs" else folder
