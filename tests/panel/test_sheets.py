"""Spreadsheets are read a sheet a table, and what is none is refused."""

import sys

import pandas as pd
import pytest

from clvlens.errors import ConfigError, DataError
from clvlens.panel.sheets import read_sheet, sheet_names


@pytest.fixture
def book(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "shop.xlsx"
    frame = pd.DataFrame(
        {
            "id": [7, None, 8],
            "note": ["007", None, 12],
            "when": [pd.Timestamp("2024-01-31"), None, "?"],
        }
    )
    with pd.ExcelWriter(path) as writer:
        frame.to_excel(writer, sheet_name="orders", index=False)
        frame[["note"]].to_excel(writer, sheet_name="notes", index=False)
    return path


def test_a_column_of_several_kinds_comes_as_text_and_an_empty_row_not_at_all(book):
    frame = read_sheet("orders", book, "orders")
    assert frame["id"].tolist() == [7, 8]
    assert frame["note"].tolist() == ["007", "12"]
    assert frame["when"].tolist() == ["2024-01-31T00:00:00", "?"]


def test_sheets_are_known_by_name_and_the_first_is_meant_where_none_is_named(book):
    assert sheet_names(book) == ["orders", "notes"]
    assert list(read_sheet("orders", book, None)) == ["id", "note", "when"]


def test_a_sheet_that_is_not_there_is_refused_with_the_nearest(book):
    with pytest.raises(DataError, match=r"orders\.sheet: shop\.xlsx has no sheet 'order'; did you"):
        read_sheet("orders", book, "order")


def test_a_file_that_is_no_spreadsheet_is_refused(tmp_path):
    pytest.importorskip("openpyxl")
    (tmp_path / "x.xlsx").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.xlsx cannot be read as a spreadsheet: .*save it as"):
        read_sheet("x", tmp_path / "x.xlsx", None)


def test_a_reader_that_is_not_installed_is_named_with_the_way_to_install_it(book, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(
        ConfigError, match=r"openpyxl reads those; install it: pip install 'clvlens"
    ):
        sheet_names(book)
