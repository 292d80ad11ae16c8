"""Tables of a real PostgreSQL server."""

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from tests.support import postgres
from tests.support.business import instant

from clvlens.config import Config, load_config
from clvlens.errors import ConfigError, DataError
from clvlens.panel.panel import snapshot_frame
from clvlens.panel.source import stamp
from clvlens.panel.world import read_world
from clvlens.simulation import Settings, write

dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi", reason="needs the extra postgres")
CUTOFF = instant("2024-06-01")


@pytest.fixture(scope="module")
def server():
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("needs PostgreSQL's programs, such as Debian's package postgresql")
    with pytest.MonkeyPatch.context() as patch, postgres.running(folder) as url:
        patch.setenv("PGPASSWORD", postgres.PASSWORD)
        run(
            url,
            "CREATE SCHEMA till",
            "CREATE TABLE orders (customer_id text, ordered_at timestamptz, amount numeric(9, 2))",
            "INSERT INTO orders VALUES ('007', '2024-01-05 12:00+01', 12.50), "
            "('8', '2024-02-01 00:00+00', -0.10)",
            'CREATE TABLE till."Odd ""name" AS SELECT * FROM orders',
        )
        yield url


def run(url: str, *statements: str) -> None:
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def orders(url: str, table: str = "orders") -> Config:
    data = {"orders": {"database": url, "table": table}}
    return load_config({"name": "shop", "currency": "EUR", "data": data})


def amounts(config: Config) -> list[tuple]:
    world = read_world(config)
    frame = world.engine.frame(world.histories["orders"].table.order_by("customer_id"))
    return list(zip(frame["customer_id"], frame["ordered_at"], frame["amount"], strict=True))


SOLD = [
    ("007", instant("2024-01-05T11:00"), Decimal("12.5")),
    ("8", instant("2024-02-01"), Decimal("-0.1")),
]


def test_a_table_is_read_with_its_exact_amounts_and_instants(server):
    assert amounts(orders(server)) == SOLD


def test_a_table_of_another_schema_may_have_any_name(server):
    assert amounts(orders(server, 'till.Odd "name')) == SOLD


@pytest.mark.slow
def test_every_history_has_the_features_that_its_files_give(server, tmp_path):
    tables = list(write(Settings(customers=60), tmp_path / "shop"))
    files = {name: tmp_path / "shop" / f"{name}.parquet" for name in tables}
    with dbapi.connect(server, autocommit=True) as connection, connection.cursor() as cursor:
        for name, file in files.items():
            table = pa.Table.from_pandas(pd.read_parquet(file), preserve_index=False)
            cursor.adbc_ingest(f"shop_{name}", table)
    places = {name: {"path": str(file)} for name, file in files.items()}
    remote = {name: {"database": server, "table": f"shop_{name}"} for name in tables}
    asked = {"name": "shop", "currency": "USD"}
    from_files, from_server = (
        snapshot_frame(read_world(load_config({**asked, "data": data})), CUTOFF)
        for data in (places, remote)
    )
    assert len(tables) == 12
    pd.testing.assert_frame_equal(from_server, from_files)


def test_a_stamp_tells_when_rows_change_and_not_when_they_move(server):
    run(server, "CREATE TABLE moving AS SELECT * FROM orders")
    before = stamp(orders(server, "moving"))
    run(server, "UPDATE moving SET amount = amount WHERE customer_id = '007'")
    assert stamp(orders(server, "moving")) == before
    run(server, "UPDATE moving SET amount = amount + 0.01 WHERE customer_id = '007'")
    assert stamp(orders(server, "moving")) != before


def test_a_missing_table_names_the_nearest(server):
    with pytest.raises(DataError, match=r"has no table order; did you mean 'orders'"):
        amounts(orders(server, "order"))


def test_a_wrong_password_is_told_and_not_shown(server, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "mellon")
    with pytest.raises(DataError, match=r"password authentication failed.*PGPASSWORD") as told:
        amounts(orders(server))
    assert "mellon" not in str(told.value)


def test_a_server_that_is_down_is_told_with_what_to_check():
    with pytest.raises(DataError, match=r"orders: .*:1/shop cannot be read: .*; check that the se"):
        amounts(orders("postgresql://me@127.0.0.1:1/shop"))


def test_a_password_in_the_configuration_is_refused_and_not_shown():
    with pytest.raises(ConfigError, match="leave the password out of database, and set") as told:
        orders("postgresql://me:mellon@127.0.0.1/shop")
    assert "mellon" not in str(told.value)
