"""Spreadsheets: each sheet a table, as far as its first row names columns."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pandas as pd

from clvlens.errors import ConfigError, DataError, Fault, nearest


def sheet_names(file: Path) -> list[str]:
    """Return the names of a workbook's sheets."""
    with _workbook(file) as book:
        return [str(name) for name in book.sheet_names]


def read_sheet(name: str, file: Path, sheet: str | None) -> pd.DataFrame:
    """Return a sheet, the first one by default; columns of several kinds come as text.

    Rows and columns without any value are left out. Raises `DataError` where the file is no
    workbook or has no such sheet.
    """
    with _workbook(file) as book:
        known = [str(known) for known in book.sheet_names]
        if sheet is not None and sheet not in known:
            problem = f"{file.name} has no sheet {sheet!r}"
            raise DataError([Fault(name, problem, nearest(sheet, known), "sheet")])
        frame = pd.read_excel(
            book, sheet_name=sheet or 0, dtype=object, keep_default_na=False, na_values=[""]
        )
    frame = frame.dropna(how="all").dropna(axis="columns", how="all")
    return pd.DataFrame({str(name): _typed(values) for name, values in frame.items()})


def _workbook(file: Path) -> pd.ExcelFile:
    try:
        return pd.ExcelFile(file, engine="openpyxl")
    except ImportError:
        raise ConfigError(
            f"{file.name} is a spreadsheet, and openpyxl reads those; install it: "
            "pip install 'clvlens[excel]'"
        ) from None
    except (zipfile.BadZipFile, ValueError, KeyError, OSError) as error:
        problem = f"{file.name} cannot be read as a spreadsheet: {error}"
        raise DataError([Fault(file.stem, problem, "save it as .xlsx or .csv again")]) from None


def _typed(values: pd.Series) -> pd.Series:
    """Return numbers, times and flags as such, and text as it was typed: 007 is no number."""
    known = values.dropna()
    if all(isinstance(value, bool) for value in known):
        return values.astype("boolean")
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return pd.to_numeric(values)
    if all(isinstance(value, dt.datetime) for value in known):
        return pd.to_datetime(values)
    return values.map(_text).astype(object)


def _text(value: object) -> str | None:
    """Return a cell as the text that a CSV would have."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
