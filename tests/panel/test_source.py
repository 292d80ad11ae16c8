"""Files of every format, folders, packages, databases and look-ups."""

import gzip
import os
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from tests.support.business import write_config, write_csv, write_parquet

from clvlens.config import Config, load_config
from clvlens.errors import ConfigError, DataError
from clvlens.panel.source import stamp
from clvlens.panel.world import read_world

ROWS = [
    {"customer_id": "007", "ordered_at": "2024-01-05", "amount": "12.50"},
    {"customer_id": "1e5", "ordered_at": "2024-01-06", "amount": "-3"},
    {"customer_id": "true", "ordered_at": "2024-02-01", "amount": "0.1"},
]
READ = [("007", 12.5, "2024-01-05"), ("1e5", -3.0, "2024-01-06"), ("true", 0.1, "2024-02-01")]


def describe(folder: Path, **orders: object) -> Config:
    return load_config(write_config(folder, {"orders": orders}))


def orders_of(config: Config) -> list[tuple]:
    world = read_world(config)
    table = world.histories["orders"].table
    frame = world.engine.frame(table.order_by("customer_id", "ordered_at", "amount"))
    days = pd.to_datetime(frame["ordered_at"], unit="us").dt.strftime("%Y-%m-%d")
    return list(zip(frame["customer_id"], frame["amount"].astype(float), days, strict=True))


# --- formats


def test_csv(tmp_path):
    write_csv(tmp_path / "shop.csv", ROWS)
    assert orders_of(describe(tmp_path, path="shop.csv")) == READ


def test_compressed_csv(tmp_path):
    write_csv(tmp_path / "shop.csv", ROWS)
    (tmp_path / "shop.csv.gz").write_bytes(gzip.compress((tmp_path / "shop.csv").read_bytes()))
    assert orders_of(describe(tmp_path, path="shop.csv.gz")) == READ


def test_parquet(tmp_path):
    write_parquet(tmp_path / "shop.parquet", ROWS)
    assert orders_of(describe(tmp_path, path="shop.parquet")) == READ


def test_a_folder_of_parts_without_its_markers_and_notes(tmp_path):
    parts = tmp_path / "shop"
    (parts / "day=2").mkdir(parents=True)
    write_parquet(parts / "a.parquet", ROWS[:2])
    write_parquet(parts / "day=2" / "b.parquet", ROWS[2:])
    for name in ("_SUCCESS", ".a.parquet.crc", "README.md"):
        (parts / name).write_text("not a table")
    assert orders_of(describe(tmp_path, path="shop")) == READ


def test_a_folder_of_csv_parts(tmp_path):
    (tmp_path / "shop").mkdir()
    for number, row in enumerate(ROWS):
        write_csv(tmp_path / "shop" / f"{number}.csv", [row])
    assert orders_of(describe(tmp_path, path="shop")) == READ


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_parts_with_columns_in_another_order_are_read_by_name(tmp_path, write):
    (tmp_path / "shop").mkdir()
    ending = write.__name__.removeprefix("write_")
    write(tmp_path / "shop" / f"a.{ending}", ROWS[:1])
    write(tmp_path / "shop" / f"b.{ending}", [dict(reversed(row.items())) for row in ROWS[1:]])
    assert orders_of(describe(tmp_path, path="shop")) == READ


def test_padded_text(tmp_path):
    """Columns that runs of spaces part; `NA` is a customer like any other."""
    text = " id     date     spent \n 007   20240105  12.50\n NA    20240106   -3.00\n"
    (tmp_path / "shop.txt").write_text(text)
    columns = {"customer_id": "id", "ordered_at": "date", "amount": "spent"}
    config = describe(
        tmp_path, path="shop.txt", format="padded", time_format="%Y%m%d", columns=columns
    )
    assert orders_of(config) == [("007", 12.5, "2024-01-05"), ("NA", -3.0, "2024-01-06")]


def test_other_delimiters_and_decimal_commas(tmp_path):
    (tmp_path / "shop.csv").write_text(
        "customer_id;ordered_at;amount\n007;2024-01-05;12,50\n1e5;2024-01-06;-3\n"
    )
    config = describe(tmp_path, path="shop.csv", delimiter=";", decimal=",")
    assert orders_of(config) == READ[:2]


def test_a_point_where_commas_are_decimals_is_no_decimal(tmp_path):
    (tmp_path / "shop.csv").write_text(
        "customer_id;ordered_at;amount\n007;2024-01-05;12,50\n1e5;2024-01-06;1.234\n"
    )
    config = describe(tmp_path, path="shop.csv", delimiter=";", decimal=",")
    with pytest.raises(DataError, match=r"orders\.amount: 1 row not of type money, first in row 2"):
        orders_of(config)


def test_quotes_line_breaks_and_nameless_columns_in_csv(tmp_path):
    text = ',customer_id,ordered_at,amount\n0,"Ann ""A"", née\nB",2024-01-05,1\n1,,2024-01-06,1\n'
    (tmp_path / "shop.csv").write_text("\ufeff" + text, encoding="utf-8")
    with pytest.raises(DataError, match=r"orders\.customer_id: 1 row without a value, first in ro"):
        orders_of(describe(tmp_path, path="shop.csv"))
    (tmp_path / "shop.csv").write_text(text.removesuffix("1,,2024-01-06,1\n"), encoding="utf-8")
    assert orders_of(describe(tmp_path, path="shop.csv")) == [('Ann "A", née\nB', 1, "2024-01-05")]


def test_a_path_with_brackets_is_no_pattern(tmp_path):
    write_csv(tmp_path / "shop [1].csv", ROWS)
    write_parquet(tmp_path / "shop [1].parquet", ROWS)
    assert orders_of(describe(tmp_path, path="shop [1].csv")) == READ
    assert orders_of(describe(tmp_path, path="shop [1].parquet")) == READ


# --- databases


@pytest.fixture
def database(tmp_path) -> Path:
    path = tmp_path / "o'shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("rows", pd.DataFrame(ROWS))
        connection.execute("CREATE TABLE sold AS SELECT * FROM rows")
    return path


def test_a_table_of_a_database_beside_the_configuration(database, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert orders_of(describe(tmp_path, database=database.name, table="sold")) == READ


def test_an_unknown_table_of_a_database_is_refused(database, tmp_path):
    with pytest.raises(DataError, match=r"orders: table bought cannot be read from .*; check data"):
        orders_of(describe(tmp_path, database=database.name, table="bought"))


def test_a_database_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"orders: table sold cannot be read from none\.duckdb: .*"):
        orders_of(describe(tmp_path, database="none.duckdb", table="sold"))
    assert not (tmp_path / "none.duckdb").exists()


def test_a_stamp_changes_with_a_file_and_with_a_database(database, tmp_path):
    config = describe(tmp_path, database=database.name, table="sold")
    before = stamp(config)
    with duckdb.connect(str(database)) as connection:
        connection.execute("CREATE TABLE more AS SELECT * FROM range(100000)")
    assert stamp(config) != before


# --- what is not there


def test_a_missing_file_names_the_nearest_beside_it(tmp_path):
    write_csv(tmp_path / "orders.csv", ROWS)
    told = rf":4: data\.orders\.path: ordres\.csv does not exist in {tmp_path}, .*'orders\.csv'\?"
    with pytest.raises(ConfigError, match=told):
        orders_of(describe(tmp_path, path="ordres.csv"))


@pytest.mark.parametrize("package", ["no_such_package", "no_such.package"])
def test_a_package_that_is_not_installed_is_named_with_the_way_to_install_it(tmp_path, package):
    config = describe(tmp_path, package=package, path="data/orders.parquet")
    with pytest.raises(
        ConfigError,
        match=rf"orders\.package: {package} is not installed.*pip install 'clvlens\[examples\]'",
    ):
        orders_of(config)


def test_a_file_in_a_package_is_found_without_importing_it(tmp_path, monkeypatch):
    package = tmp_path / "packed"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('never import me')")
    write_csv(package / "orders.csv", ROWS)
    monkeypatch.syspath_prepend(tmp_path)
    assert orders_of(describe(tmp_path, package="packed", path="orders.csv")) == READ


def test_a_file_of_no_known_format_asks_for_it(tmp_path):
    (tmp_path / "shop.dat").write_text("x")
    with pytest.raises(
        ConfigError, match=r"data\.orders\.path: .*shop\.dat is of no known format; state"
    ):
        orders_of(describe(tmp_path, path="shop.dat"))


def test_an_empty_folder_and_one_of_two_formats_are_refused(tmp_path):
    (tmp_path / "shop").mkdir()
    config = describe(tmp_path, path="shop")
    with pytest.raises(
        ConfigError, match=r"data\.orders\.path: .*shop is empty; put files into it"
    ):
        orders_of(config)
    write_csv(tmp_path / "shop" / "a.csv", ROWS)
    write_parquet(tmp_path / "shop" / "a.parquet", ROWS)
    with pytest.raises(
        ConfigError, match=r"data\.orders\.path: .*shop is of several formats; state for"
    ):
        orders_of(config)
    assert orders_of(describe(tmp_path, path="shop", format="csv")) == READ


# --- files that are broken


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", r".*/shop\.csv has no header line; give a file with a header and rows"),
        ("\n\n", r".*/shop\.csv has no header line; give a file with a header and rows"),
        ("customer_id,ordered_at,amount\n", "the table has no rows; check the file"),
        (
            "customer_id,ordered_at,amount,amount\nA,2024-01-01,1,2\n",
            r"the header of shop\.csv repeats amount; give every column a name of its own",
        ),
        (
            "customer_id,ordered_at,amount\nA,2024-01-01,1\nB,2024-01-01,2,3\n",
            r"shop\.csv line 3 has 4 values where the header has 3; mend the file",
        ),
        (
            "customer_id,ordered_at,amount\nA,2024-01-01,1\nB,2024-01-01\n",
            r"shop\.csv line 3 has 2 values where the header has 3; mend the file",
        ),
        (
            'customer_id,ordered_at,amount\nA,2024-01-01,1\n"B,2024-01-01,2\n',
            r"shop\.csv line 3 has a quote that does not end; mend the file",
        ),
        (
            "customer_id,ordered_at,amount\r\nA,2024-01-01,1\nB,2024-01-01,2\r\n",
            r"shop\.csv mixes line endings or quotes; mend the file",
        ),
    ],
    ids=["no bytes", "blank", "header only", "repeated", "ragged", "short", "quote", "endings"],
)
def test_a_broken_csv_is_refused_with_the_place(tmp_path, text, fault):
    (tmp_path / "shop.csv").write_bytes(text.encode())
    with pytest.raises(DataError, match=rf"^orders: {fault}"):
        orders_of(describe(tmp_path, path="shop.csv"))


def test_text_that_is_not_utf_8_is_refused_without_showing_it(tmp_path):
    (tmp_path / "shop.csv").write_bytes(
        "customer_id,ordered_at,amount\nZoé,2024-01-01,1\n".encode("latin-1")
    )
    with pytest.raises(DataError, match=r"orders: shop\.csv line 2 is not UTF-8") as error:
        orders_of(describe(tmp_path, path="shop.csv"))
    assert "Zo" not in str(error.value)


def test_a_broken_parquet_file_is_refused(tmp_path):
    (tmp_path / "shop.parquet").write_bytes(b"")
    with pytest.raises(DataError, match=r"orders: shop\.parquet is damaged or cut off: .*"):
        orders_of(describe(tmp_path, path="shop.parquet"))


def test_a_broken_line_of_a_customer_is_never_shown(tmp_path):
    (tmp_path / "shop.csv").write_text("customer_id,ordered_at,amount\nsecret@me,2024-01-01,1,2\n")
    with pytest.raises(DataError, match=r"orders: shop\.csv line 2 has 4 values") as error:
        orders_of(describe(tmp_path, path="shop.csv"))
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_pipe_is_refused_before_anything_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "orders.csv")
    with pytest.raises(ConfigError, match=r"data\.orders\.path: orders\.csv is a pipe or device; "):
        read_world(describe(tmp_path, path="orders.csv"))
