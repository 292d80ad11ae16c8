"""What an older spreadsheet saves is read as it was written."""

import gzip

import pytest
from tests.support.business import write_config

from clvlens.config import load_config
from clvlens.errors import DataError
from clvlens.panel.world import read_world

TEXT = "customer_id,ordered_at,amount\nMüller,2024-01-05,4.90\nŽižek € Söhne,2024-01-06,5\n"


def customers(folder, **place: str) -> list[str]:
    world = read_world(load_config(write_config(folder, {"orders": place})))
    table = world.histories["orders"].table.order_by("event_time")
    return list(world.engine.frame(table)["customer_id"])


def test_windows_1252_is_read_packed_or_not(tmp_path):
    (tmp_path / "shop.csv").write_bytes(TEXT.encode("cp1252"))
    (tmp_path / "shop.csv.gz").write_bytes(gzip.compress(TEXT.encode("cp1252")))
    for path in ("shop.csv", "shop.csv.gz"):
        assert customers(tmp_path, path=path, encoding="windows-1252") == [
            "Müller",
            "Žižek € Söhne",
        ]


def test_a_sign_that_latin_1_lacks_names_the_encoding_that_has_it(tmp_path):
    (tmp_path / "shop.csv").write_bytes(TEXT.encode("cp1252"))
    with pytest.raises(DataError, match=r"such as €; try encoding: windows-1252"):
        customers(tmp_path, path="shop.csv", encoding="latin-1")


def test_bytes_that_are_no_windows_1252_are_refused(tmp_path):
    (tmp_path / "shop.csv").write_bytes(TEXT.encode("cp1252") + b"\x81,2024-01-07,5\n")
    with pytest.raises(DataError, match=r"shop\.csv has a byte 0x81, which windows-1252 lacks"):
        customers(tmp_path, path="shop.csv", encoding="windows-1252")


def test_a_fault_in_a_recoded_file_has_its_place(tmp_path):
    (tmp_path / "shop.csv").write_bytes(TEXT.encode("cp1252") + b"B,2024-01-07,5,6\n")
    with pytest.raises(DataError, match=r"^orders: shop\.csv line 4 has 4 values where"):
        customers(tmp_path, path="shop.csv", encoding="windows-1252")
