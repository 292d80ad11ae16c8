"""A world that is refilled and asked again in a tenth of a second: its query is built once.

Rows are dictionaries by column; instants are microseconds since 1970, money is `Decimal`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import ibis
import pyarrow as pa

from clvlens.config import Config
from clvlens.histories.base import STORAGE, Column, History
from clvlens.panel.engine import Engine, connect
from clvlens.panel.sequence import in_sequence, settled_by
from clvlens.panel.snapshot import KEYS, features_of, snapshot
from clvlens.panel.typed import Events, with_event_time
from clvlens.panel.world import World

DAY = 86_400_000_000
HORIZON_DAYS = 60
TIME_ZONE = "Europe/Berlin"
ASKED = (Column("customer_id", "id", "whose features"), Column("cutoff", "count", "and when"))

Row = dict[str, object]
Tables = Mapping[str, list[Row]]
Key = tuple[str, int]  # customer and cutoff


@dataclass(frozen=True)
class Laboratory:
    """An engine with a table a history, and the query over them.

    Places of events are found as for a world that was read: once where `settled_by` says so.
    """

    engine: Engine
    world: World
    queries: dict[tuple, str] = field(default_factory=dict)

    def features(self, tables: Tables, keys: Iterable[Key]) -> dict[Key, Row]:
        """Return the features of each customer and cutoff, given these rows alone."""
        for name, events in self.world.histories.items():
            fill(self.engine, name, tables[name], events.history.columns)
        asked = [dict(zip(KEYS, key, strict=True)) for key in keys]
        fill(self.engine, "asked", asked, ASKED)
        found = self.engine.backend.con.execute(self._query()).to_arrow_table().to_pylist()
        return {(row.pop("customer_id"), row.pop("cutoff")): row for row in found}

    def _query(self) -> str:
        events = self.world.histories
        ties = {n: settled_by(self.engine, e.history, e.table) for n, e in events.items()}
        known = tuple(str(tie) for tie in ties.values())
        if known not in self.queries:
            placed = {n: _placed(e, ties[n]) for n, e in events.items()}
            asked = snapshot(
                replace(self.world, histories=placed), self.engine.backend.table("asked")
            )
            self.queries[known] = ibis.to_sql(asked, dialect="duckdb")
        return self.queries[known]

    def feature_names(self, history: str) -> set[str]:
        return {name for name in features_of(self.world) if name.startswith(f"{history}__")}


def open_laboratory(histories: Iterable[History], lags: Mapping[str, int] = {}) -> Laboratory:
    """Open a laboratory for some histories; `lags` (microseconds) are by their names."""
    config = Config(
        name="laboratory",
        currency="EUR",
        time_zone=TIME_ZONE,
        data={"orders": {"path": "nowhere.csv"}},
        target={"horizon_days": HORIZON_DAYS},
    )
    engine = connect(TIME_ZONE, threads=1)
    events = {h.name: _events(engine, h, lags.get(h.name, 0)) for h in histories}
    world = World(config, engine, events, starts=0, ends=0)
    empty(engine, "asked", ASKED)
    return Laboratory(engine, world)


def empty(engine: Engine, name: str, columns: Iterable[Column]) -> ibis.Table:
    """Make a table without rows."""
    return engine.backend.create_table(name, schema=_schema(columns))


def fill(engine: Engine, name: str, rows: list[Row], columns: Iterable[Column]) -> None:
    """Put these rows in place of those that a table has."""
    run = engine.backend.con
    run.execute(f"DELETE FROM {name}")
    if rows:
        run.register("incoming", pa.Table.from_pylist(rows, _schema(columns).to_pyarrow()))
        run.execute(f"INSERT INTO {name} SELECT * FROM incoming")


def _schema(columns: Iterable[Column]) -> ibis.Schema:
    return ibis.schema({column.name: STORAGE[column.type] for column in columns})


def _events(engine: Engine, history: History, lag: int) -> Events:
    table = empty(engine, history.name, history.columns)
    return Events(history, with_event_time(engine, history, table), lag)


def _placed(events: Events, ties: list[str] | None) -> Events:
    if ties is None:
        return events
    return replace(events, table=in_sequence(events.table, events.history, ["customer_id"], ties))
