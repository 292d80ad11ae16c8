"""One table of what was tried and what held, printed at the end of a run and kept as CSV.

A test of reliability says `record_property(*tried("bad inputs", "17", 1, held=1))`: its suite, its
case, how many times it tried, and how many of them ended as specified. A test that fails held in
none. With `RELIABILITY=data/bench/reliability.csv`, the rows are written there.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

PROPERTY = "reliability"


def tried(suite: str, case: str, times: int = 1, held: int | None = None) -> tuple[str, object]:
    """Return the property by which a test tells what it tried."""
    return PROPERTY, (suite, case, times, times if held is None else held)


def rows_of(reports: list[pytest.TestReport]) -> pd.DataFrame:
    """Return one row a suite and case; a case of several tests held where all of them did."""
    told = [
        (suite, case, times, held if report.passed else 0)
        for report in reports
        for name, (suite, case, times, held) in report.user_properties
        if name == PROPERTY
    ]
    frame = pd.DataFrame(told, columns=["suite", "case", "tried", "as_specified"])
    return frame.groupby(["suite", "case"], as_index=False).min()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, one row a suite."""
    ended = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
    ]
    rows = rows_of(ended)
    if rows.empty:
        return
    totals = rows.groupby("suite", as_index=False)[["tried", "as_specified"]].sum()
    terminalreporter.section("reliability")
    terminalreporter.write_line(totals.to_string(index=False))
    if place := os.environ.get("RELIABILITY"):
        rows.to_csv(Path(place), index=False)
        terminalreporter.write_line(f"Wrote {place}: rerun a row with pytest -k CASE")
