"""One table of what was tried and what held, printed at the end of a run and kept as CSV.

A test of reliability says `record_property(*tried("bad inputs", "17", 1, held=1))`: its suite, its
case, how many times it tried, and how many of them ended as specified. A test that fails held in
none. With `RELIABILITY=data/bench/reliability.csv`, the rows take the place of those that they
repeat there; a row is tried again by `pytest TEST`, with the test that it names.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

PROPERTY = "reliability"
KEYS = ["suite", "case"]


def tried(suite: str, case: str, times: int = 1, held: int | None = None) -> tuple[str, object]:
    """Return the property by which a test tells what it tried."""
    return PROPERTY, (suite, case, times, times if held is None else held)


def rows_of(reports: list[pytest.TestReport]) -> pd.DataFrame:
    """Return one row a suite and case; a case of several tests held where all of them did."""
    told = [
        (suite, case, times, held if report.passed else 0, report.nodeid)
        for report in reports
        for name, (suite, case, times, held) in report.user_properties
        if name == PROPERTY
    ]
    frame = pd.DataFrame(told, columns=[*KEYS, "tried", "as_specified", "test"])
    several = frame.duplicated(KEYS, keep=False)
    frame.loc[several, "test"] = frame.loc[several, "test"].str.split("[").str[0]
    return frame.groupby(KEYS, as_index=False).agg(
        {"tried": "min", "as_specified": "min", "test": "first"}
    )


def merged(rows: pd.DataFrame, place: Path) -> pd.DataFrame:
    """Return the rows with those of an earlier table that were not tried again."""
    if not place.exists():
        return rows
    both = pd.concat([pd.read_csv(place, dtype={"case": str}), rows])
    return both.drop_duplicates(KEYS, keep="last").sort_values(KEYS, kind="stable")


def totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a suite, and one of all."""
    sums = rows.groupby("suite", as_index=False)[["tried", "as_specified"]].sum()
    return pd.concat([sums, sums.sum(numeric_only=True).to_frame().T.assign(suite="all")])


def markdown(rows: pd.DataFrame) -> str:
    """Return the totals as the README shows them."""
    lines = ["| tried | times | as specified |", "|---|---|---|"]
    lines += [f"| {row.suite} | {row.tried:,} | {row.as_specified:,} |"
              for row in totals(rows).itertuples()]  # fmt: skip
    return "\n".join(lines)


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
    place = os.environ.get("RELIABILITY")
    if place:
        rows = merged(rows, Path(place))
        rows.to_csv(Path(place), index=False)
    terminalreporter.section("reliability")
    terminalreporter.write_line(totals(rows).to_string(index=False))
    if place:
        terminalreporter.write_line(f"Wrote {place}; a row is tried again by: pytest TEST")
