"""A world that is refilled and asked again in a tenth of a second: its query is built once.

Rows are dictionaries by column; instants are microseconds since 1970, money is `Decimal`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ibis
import pyarrow as pa

from clvlens.config import Config
from clvlens.histories.base import STORAGE, Column, History
from clvlens.panel.engine import Engine, connect
from clvlens.panel.snapshot import KEYS, features_of, snapshot
from clvlens.panel.typed import Events, with_event_time
from clvlens.panel.world import World

DAY = 86_400_000_000
HORIZON_DAYS = 60
TIME_ZONE = "Europe/Berlin"

Row = dict[str, object]
Tables = Mapping[str, list[Row]]
Key = tuple[str, int]  # customer and cutoff


@dataclass(frozen=True)
class Laboratory:
    """An engine with a table a history, and the query over them."""

    engine: Engine
    world: World
    query: str

    def features(self, tables: Tables, keys: Iterable[Key]) -> dict[Key, Row]:
        """Return the features of each customer and cutoff, given these rows alone."""
        for name, events in self.world.histories.items():
            self._fill(name, tables[name], arrow_schema(events.history.columns))
        asked = [dict(zip(KEYS, key, strict=True)) for key in keys]
        self._fill("asked", asked, pa.schema({"customer_id": pa.string(), "cutoff": pa.int64()}))
        found = self.engine.backend.con.execute(self.query).to_arrow_table().to_pylist()
        return {(row.pop("customer_id"), row.pop("cutoff")): row for row in found}

    def feature_names(self, history: str) -> set[str]:
        return {name for name in features_of(self.world) if name.startswith(f"{history}__")}

    def _fill(self, name: str, rows: list[Row], schema: pa.Schema) -> None:
        run = self.engine.backend.con
        run.execute(f"DELETE FROM {name}")
        if rows:
            run.register("incoming", pa.Table.from_pylist(rows, schema))
            run.execute(f"INSERT INTO {name} SELECT * FROM incoming")


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
    events = {h.name: _empty(engine, h, lags.get(h.name, 0)) for h in histories}
    world = World(config, engine, events, starts=0, ends=0)
    schema = ibis.schema({"customer_id": "string", "cutoff": "int64"})
    rows = engine.backend.create_table("asked", schema=schema)
    return Laboratory(engine, world, ibis.to_sql(snapshot(world, rows), dialect="duckdb"))


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    return ibis.schema({column.name: STORAGE[column.type] for column in columns}).to_pyarrow()


def _empty(engine: Engine, history: History, lag: int) -> Events:
    schema = ibis.schema({column.name: STORAGE[column.type] for column in history.columns})
    table = engine.backend.create_table(history.name, schema=schema)
    return Events(history, with_event_time(engine, history, table), lag)
