"""A second table that adds columns to the first, by one that both have."""

from pathlib import Path

import pytest
from tests.support.business import Row, configure, write_csv, write_parquet

from clvlens.config import Config
from clvlens.errors import DataError
from clvlens.panel.world import read_world

ROWS = [
    {"customer_id": "007", "ordered_at": "2024-01-05", "amount": "12.50"},
    {"customer_id": "1e5", "ordered_at": "2024-01-06", "amount": "-3"},
    {"customer_id": "true", "ordered_at": "2024-02-01", "amount": "0.1"},
]


def looked_up(folder: Path, shops: list[Row], *, form: str = "csv", by: str = "shop") -> Config:
    write = {"csv": write_csv, "parquet": write_parquet}[form]
    write(folder / f"shops.{form}", shops)
    orders = [{**row, "shop": number} for number, row in enumerate(ROWS)]
    lookup = {"path": f"shops.{form}", "by": by}
    columns = {"store": "town", "channel": "kind"}
    return configure(
        folder, {"orders": orders}, options={"orders": {"lookup": lookup, "columns": columns}}
    )


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_look_up_adds_its_columns_by_a_shared_one(tmp_path, form):
    """Its numbers are text in CSV and integers in Parquet; shop 2 is in no list."""
    shops = [{"shop": 0, "town": "Ulm", "kind": "web"}, {"shop": 1, "town": "Bonn", "kind": "web"}]
    world = read_world(looked_up(tmp_path, shops, form=form))
    frame = world.engine.frame(world.histories["orders"].table.order_by("ordered_at"))
    assert frame["store"].fillna("?").tolist() == ["Ulm", "Bonn", "?"]


def test_a_look_up_that_repeats_a_value_is_refused(tmp_path):
    shops = [{"shop": 0, "town": "Ulm", "kind": "web"}] * 3
    with pytest.raises(
        DataError, match=r"orders\.lookup\.by: 2 rows of the look-up repeat a value of shop; it nee"
    ):
        read_world(looked_up(tmp_path, shops))


def test_a_look_up_by_a_column_that_one_side_lacks_is_refused(tmp_path):
    shops = [{"store_number": 0, "town": "Ulm", "kind": "web"}]
    with pytest.raises(
        DataError, match=r"orders\.lookup\.by: its look-up has no column 'shop'; known are kind, st"
    ):
        read_world(looked_up(tmp_path, shops))
    with pytest.raises(DataError, match=r"orders\.lookup\.by: the table has no column 'town'; .*"):
        read_world(looked_up(tmp_path, shops, by="town"))


def test_rows_are_numbered_before_the_look_up(tmp_path):
    """The tenth order is wrong, and the look-up, which is longer, comes in reverse."""
    shops = [{"shop": number, "town": "Ulm", "kind": "web"} for number in reversed(range(500))]
    write_csv(tmp_path / "shops.csv", shops)
    orders = [{**ROWS[0], "shop": number, "amount": number} for number in range(100)]
    orders[9]["amount"] = "nine"
    lookup = {"path": "shops.csv", "by": "shop"}
    config = configure(tmp_path, {"orders": orders}, options={"orders": {"lookup": lookup}})
    with pytest.raises(
        DataError, match=r"orders\.amount: 1 row not of type money, first in row 10"
    ):
        read_world(config)


def test_a_look_up_may_add_the_column_that_the_next_one_is_by(tmp_path):
    """A shop names its town, and a list of towns calls it by another name."""
    write_csv(tmp_path / "shops.csv", [{"shop": n, "town": "Ulm"} for n in range(3)])
    write_csv(tmp_path / "towns.csv", [{"name": "Ulm", "country": "DE"}])
    lookups = [
        {"path": "shops.csv", "by": "shop"},
        {"path": "towns.csv", "by": "town", "key": "name"},
    ]
    orders = [{**row, "shop": number} for number, row in enumerate(ROWS)]
    options = {"orders": {"lookup": lookups, "columns": {"store": "country"}}}
    world = read_world(configure(tmp_path, {"orders": orders}, options=options))
    assert set(world.engine.frame(world.histories["orders"].table)["store"]) == {"DE"}
