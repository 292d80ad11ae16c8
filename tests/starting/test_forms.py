"""Tables in the forms in which people have them."""

import pandas as pd
import pytest
from tests.starting.baskets import DAYS, heads
from tests.starting.shops import write
from tests.starting.started import start, total, world
from tests.support.business import write_csv


def test_a_database_is_read_table_by_table(tmp_path):
    import duckdb

    write_csv(tmp_path / "orders.csv", heads(total="5.00"))
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE orders AS FROM '{tmp_path}/orders.csv'")
    _, raw = start(tmp_path, tmp_path / "shop.duckdb")
    assert raw["data"]["orders"]["database"] == "shop.duckdb"
    assert raw["data"]["orders"]["table"] == "orders"
    assert total(world(tmp_path)) == 30 * 5


def test_a_file_that_cannot_be_read_is_left_out_and_said(tmp_path):
    write_csv(tmp_path / "orders.csv", heads(total="5.00"))
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n", encoding="utf-8")
    begun, _ = start(tmp_path, tmp_path / "orders.csv", tmp_path / "twice.csv")
    assert begun.left_out[0].name == "twice"
    assert "repeats a" in begun.left_out[0].why


def test_latin_1_is_told_from_utf_8(tmp_path):
    sold = [
        {"Käufer": f"c{n % 3}", "Bestelldatum": day, "Betrag": "5"} for n, day in enumerate(DAYS)
    ]
    write(tmp_path / "verkäufe.csv", "Käufer,Bestelldatum,Betrag", sold, encoding="latin-1")
    _, raw = start(tmp_path, tmp_path / "verkäufe.csv", answers=None)
    assert raw["data"]["orders"]["encoding"] == "latin-1"
    assert raw["data"]["orders"]["columns"]["customer_id"] == "Käufer"


def test_the_sheets_of_a_workbook_are_tables(tmp_path):
    """Numbers and dates come as such; ids that are numbers stay whole."""
    pytest.importorskip("openpyxl")
    sold = pd.DataFrame(heads(total=5.5)).assign(order_date=pd.to_datetime(DAYS))
    people = pd.DataFrame({"client": ["c0", "c1", "c2"], "gender": ["f", "m", None]})
    with pd.ExcelWriter(tmp_path / "shop.xlsx") as book:
        sold.to_excel(book, sheet_name="Orders 2024", index=False)
        people.to_excel(book, sheet_name="Customers", index=False)
    _, raw = start(tmp_path, tmp_path / "shop.xlsx")
    assert raw["data"]["orders"]["sheet"] == "Orders 2024"
    assert raw["data"]["customers"]["attributes"] == {"gender": "gender"}
    read = world(tmp_path)
    assert total(read) == 30 * 5.5
    assert set(read.engine.frame(read.histories["orders"].table)["order_id"]) == {
        str(n) for n in range(30)
    }


def test_a_folder_of_parts_is_one_table_and_what_is_none_is_passed_by(tmp_path):
    folder = tmp_path / "orders"
    folder.mkdir()
    for part in (0, 1):
        write_csv(folder / f"part-{part}.csv", heads(total="5.00")[part::2])
    (tmp_path / "README.md").write_text("about", encoding="utf-8")
    begun, raw = start(tmp_path, tmp_path)
    assert raw["data"]["orders"]["path"] == "orders"
    assert begun.left_out == ()
    assert total(world(tmp_path)) == 30 * 5


def test_a_second_table_of_orders_is_left_out_with_what_to_do(tmp_path):
    write_csv(tmp_path / "orders_2023.csv", heads(total="5.00"))
    write_csv(tmp_path / "orders_2024.csv", heads(total="6.00"))
    begun, raw = start(tmp_path, tmp_path / "orders_2023.csv", tmp_path / "orders_2024.csv")
    assert set(raw["data"]) == {"orders"}
    assert [(left.name, left.why) for left in begun.left_out] == [
        (
            "orders_2024",
            "it has the columns of orders_2023; give parts of one table as a folder of them",
        )
    ]
