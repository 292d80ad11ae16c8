"""What features cost, beside hand-written SQL, the floor of a bare group-by, and other libraries.

    make bench-speed                                              # all methods, median of three
    .venv/bin/python tests/bench/speed.py --customers 200000 --runs 1 --only scan clvlens SQL
    .venv/bin/python tests/bench/speed.py --peers other/bin/python   # where peers are installed

Ten orders a customer over three years, in one Parquet file. Each figure is of a process of its own
on one thread; methods alternate. The clock covers the work and not the reading of the file, but for
`scan`, `clvlens: read and check` and `clvlens: end to end`. Peak memory is of the whole process,
the table in memory included.

Every run is a row of data/bench/speed.csv as soon as it is done; those there are not repeated, so
that what was interrupted goes on. A library that is absent, or not done in ten minutes, has a row
without figures and is not tried again at that size: take its rows out to try anew.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import _speed_peers as peers
import duckdb
import numpy as np
import pandas as pd
from _speed_sql import DAYS, QUERY

from clvlens.config import load_config
from clvlens.panel.panel import snapshot_frame
from clvlens.panel.world import World, read_world

OUT = Path(__file__).parents[2] / "data" / "bench" / "speed.csv"
COLUMNS = ["customers", "method", "run", "features", "cpu_s", "wall_s", "peak_mb"]
CUTOFF = 1_703_980_800_000_000  # 2023-12-31, in microseconds since 1970 UTC
MONTH = 30 * DAYS
LIMIT = 600  # seconds that a peer may take
CONFIG = """\
name: speed
currency: EUR
data: {orders: {path: orders.parquet}}
target: {horizon_days: 90}
engine: {threads: 1, memory_limit: 6GB}
"""
WHOLE = """\
name: whole
currency: EUR
data: {orders: {path: orders.parquet}}
target: {horizon_days: 90}
cutoffs: {test: [2023-09-15]}
population: {sample: 100000}
engine: {threads: 1, memory_limit: 3GB}
"""
EVENTS = """
CREATE TABLE events AS SELECT customer_id, order_id, channel, amount::decimal(17, 4) AS amount,
    discount::decimal(17, 4) AS discount, epoch_us(ordered_at) AS event_time,
    epoch_us(ordered_at) // 86400000000 AS day, isodow(ordered_at) - 1 AS weekday,
    hour(ordered_at) AS hour FROM 'orders.parquet'
"""
BARE = """
SELECT customer_id, count(*), sum(amount), sum(discount), min(event_time), max(event_time),
    max(channel), max(order_id) FROM events WHERE event_time < $cutoff GROUP BY customer_id
"""

Work = peers.Work


def main() -> None:
    """Measure what was not measured yet, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[""], help="methods that begin so")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(peers.measured(METHODS[asked.one])))
        return
    chosen = [name for name in (*METHODS, *peers.METHODS) if name.startswith(tuple(asked.only))]
    for size in asked.customers:
        bench(size, asked.runs, chosen, asked.peers)
    table = medians(pd.read_csv(OUT))
    print(table.to_string(index=False, float_format="%.2f"))
    print(growth(table))


def bench(customers: int, runs: int, chosen: list[str], python: str) -> None:
    """Add a row for each method and run that has none, in alternation."""
    wanted = [(name, number) for number in range(1, runs + 1) for name in chosen]
    if not any(_is_due(customers, *one) for one in wanted):
        return
    with TemporaryDirectory() as folder:
        write_orders(customers, Path(folder))
        for name, number in wanted:
            if _is_due(customers, name, number):
                cost = run(name, folder, python)
                row = {"customers": customers, "method": name, "run": number, **cost}
                table = pd.DataFrame([row], columns=COLUMNS)
                table.to_csv(OUT, mode="a", header=not OUT.exists(), index=False,
                             float_format="%.3f")  # fmt: skip


def _is_due(customers: int, name: str, number: int) -> bool:
    if not OUT.exists():
        return True
    done = pd.read_csv(OUT)
    done = done[(done["customers"] == customers) & (done["method"] == name)]
    return not (done["cpu_s"].isna() | (done["run"] == number)).any()


def run(name: str, folder: str, python: str) -> dict[str, float]:
    """Return what a method cost in a process of its own; nothing where it cannot run."""
    script, limit = Path(__file__).resolve(), None
    command = [sys.executable, str(script), "--one", name]
    if name in peers.METHODS:
        command, limit = [python, str(script.with_name("_speed_peers.py")), name], LIMIT
    try:
        done = subprocess.run(command, cwd=folder, timeout=limit, stdout=subprocess.PIPE, text=True)
    except subprocess.TimeoutExpired:
        print(f"{name} is left out: not done in {LIMIT} s", file=sys.stderr)
        return {}
    if name in peers.METHODS and done.returncode == peers.ABSENT:
        print(f"{name} is skipped: not installed", file=sys.stderr)
        return {}
    done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def medians(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a method and size, with the CPU seconds of the bare group-by as a unit."""
    table = rows.groupby(["customers", "method"], sort=False).median().reset_index()
    bare = table[table["method"] == "group-by"].set_index("customers")["cpu_s"]
    table["times_group_by"] = table["cpu_s"] / table["customers"].map(bare)
    return table.drop(columns="run").sort_values("customers", kind="stable")


def write_orders(customers: int, folder: Path) -> None:
    """Write the same orders for everybody: ten a customer, a third of them discounted."""
    (folder / "speed.yaml").write_text(CONFIG)
    (folder / "whole.yaml").write_text(WHOLE)
    duckdb.sql(f"""COPY (SELECT 'c' || (hash(i) % {customers}) AS customer_id,
        i::varchar AS order_id,
        timestamp '2021-01-01' + to_seconds((hash(i * 7 + 1) % 94608000)::bigint) AS ordered_at,
        (5 + (hash(i * 3 + 2) % 20000) / 100.0)::decimal(18, 2) AS amount,
        CASE WHEN hash(i * 5) % 3 = 0 THEN 5 ELSE 0 END AS discount,
        ['web', 'shop', 'app'][1 + (hash(i * 11) % 3)::int] AS channel
        FROM range({customers * 10}) t(i)) TO '{folder / "orders.parquet"}' (FORMAT parquet)""")


def sql(query: str, *, of_file: bool = False) -> Callable[[], Work]:
    """Return a query over the events in memory, or over the file."""

    def prepare() -> Work:
        con = duckdb.connect(config={"threads": 1})
        if not of_file:
            con.execute(EVENTS)
        names = {"cutoff": CUTOFF} if "$cutoff" in query else {}
        return lambda: con.execute(query, names).df()

    return prepare


def clvlens(cutoffs: int) -> Callable[[], Work]:
    """Return the making of so many monthly snapshots, one after the other."""

    def prepare() -> Work:
        world = _world()
        return lambda: [snapshot_frame(world, CUTOFF - n * MONTH) for n in range(cutoffs)][-1]

    return prepare


def end_to_end() -> Work:
    """Return the way from the file to a CSV of predictions for everybody, as the verbs go it.

    Learned is from a sample; in 3 GB, what does not fit is spilled.
    """
    from clvlens.cli.app import app

    def work() -> None:
        for verb in ("panel", "train", "predict"):
            app([verb, "--config", "whole.yaml"], standalone_mode=False)

    return work


def _world() -> World:
    return read_world(load_config("speed.yaml"))


def growth(table: pd.DataFrame) -> str:
    """Return by which power of the number of customers each method's CPU seconds grow."""
    lines = []
    for name, rows in table.dropna(subset="cpu_s").groupby("method", sort=False):
        if len(rows) > 1:
            power = np.polyfit(np.log(rows["customers"]), np.log(rows["cpu_s"]), 1)[0]
            lines.append(f"{name}: grows with customers to the power {power:.2f}")
    return "\n".join(lines)


METHODS = {
    "scan": sql("SELECT count(*), max(customer_id), max(order_id), max(ordered_at), sum(amount),"
                " sum(discount), max(channel) FROM 'orders.parquet'", of_file=True),
    "group-by": sql(BARE),
    "clvlens: read and check": lambda: _world,
    "clvlens: one cutoff": clvlens(1),
    "SQL by hand": sql(QUERY),
    "clvlens: eight cutoffs": clvlens(8),
    "clvlens: end to end": end_to_end,
}  # fmt: skip

if __name__ == "__main__":
    main()
