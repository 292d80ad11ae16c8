"""Features of more orders than memory holds: they spill, or say at which step memory ended."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from tests.reliability.table import tried

pytestmark = [pytest.mark.slow, pytest.mark.reliability]
ORDERS, CUSTOMERS = 20_000_000, 200_000
CAP = 2 * 2**30  # bytes of memory
CONFIG = """\
name: many
currency: EUR
data: {orders: {path: orders.parquet}}
target: {horizon_days: 90}
cutoffs: {fit: [2023-06-01], test: [2023-09-15]}
engine: {threads: 1, memory_limit: LIMIT}
"""


@pytest.fixture(scope="module")
def business(tmp_path_factory) -> Path:
    """A hundred orders a customer over three years, in one file."""
    folder = tmp_path_factory.mktemp("many")
    duckdb.sql(f"""COPY (SELECT 'c' || (hash(i) % {CUSTOMERS}) AS customer_id,
        i::varchar AS order_id,
        timestamp '2021-01-01' + to_seconds((hash(i * 7 + 1) % 94608000)::bigint) AS ordered_at,
        (5 + (hash(i * 3 + 2) % 20000) / 100.0)::decimal(18, 2) AS amount
        FROM range({ORDERS}) t(i)) TO '{folder / "orders.parquet"}' (FORMAT parquet)""")
    return folder


def panel(folder: Path, limit: str) -> tuple[int, int, str]:
    """Return the exit code of `panel` under a limit, its peak memory in bytes, and what it said."""
    config = folder / "many.yaml"
    config.write_text(CONFIG.replace("LIMIT", limit), encoding="utf-8")
    said = folder / "said.txt"
    with said.open("w", encoding="utf-8") as file:
        command = [sys.executable, "-m", "clvlens", "panel", "--config", str(config)]
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=file)
        _, status, usage = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024, said.read_text("utf-8")


def test_twenty_million_orders_finish_in_two_gigabytes(business, record_property):
    code, peak, said = panel(business, "600MB")
    assert code == 0, said[-2000:]
    (written,) = business.rglob("test-2023-09-15T0000.parquet")
    rows = pd.read_parquet(written, columns=["customer_id", "orders__count_ever"])
    assert len(rows) == CUSTOMERS
    (counted,) = duckdb.sql(f"""SELECT count(*) FROM '{business / "orders.parquet"}'
        WHERE ordered_at < timestamp '2023-09-15'""").fetchone()
    assert rows["orders__count_ever"].sum() == counted
    assert peak < CAP, f"{peak / 2**30:.2f} GB"
    record_property(*tried("memory", "20 million orders in 2 GB"))


def test_too_little_to_spill_with_names_the_step_and_leaves_nothing(business, record_property):
    shutil.rmtree(business / "data", ignore_errors=True)  # what was computed would be used again
    code, _, said = panel(business, "30MB")
    assert code == 2, said[-2000:]
    assert "Traceback" not in said
    assert "memory" in said
    assert "engine.memory_limit" in said
    assert not list((business / "data").rglob("*.parquet"))
    record_property(*tried("memory", "a limit that is too low"))
