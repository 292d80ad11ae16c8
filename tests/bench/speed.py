"""What features cost, beside hand-written SQL, pandas, lifetimes and the floor of a bare group-by.

    make bench-speed                                              # all methods, median of three
    .venv/bin/python tests/bench/speed.py --customers 100000 200000 --runs 1 \\
        --only scan "clvlens: one" SQL pandas                     # what is committed

Ten orders a customer over three years, in one Parquet file. Each figure is of a process of its own
on one thread; methods alternate, and medians are shown. The clock covers the work and not the
reading of the file, but for `scan` and for `clvlens: read and check`. Peers that are not installed
are named and skipped. Peak memory is of the whole process, the table in memory included.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
from _speed_sql import DAYS, QUERY

from clvlens.config import load_config
from clvlens.panel.panel import snapshot_frame
from clvlens.panel.world import World, read_world

OUT = Path(__file__).parents[2] / "data" / "bench" / "speed.csv"
CUTOFF = 1_703_980_800_000_000  # 2023-12-31, in microseconds since 1970 UTC
MONTH = 30 * DAYS
LIMIT = 600  # seconds that a method may take
CONFIG = """\
name: speed
currency: EUR
data: {orders: {path: orders.parquet}}
target: {horizon_days: 90}
engine: {threads: 1}
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

Work = Callable[[], object]


def main() -> None:
    """Measure every method at every size, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=[], help="methods that begin so")
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(METHODS[asked.one])))
        return
    found = [row for size in asked.customers for row in bench(size, asked.runs, asked.only)]
    middle = ["customers", "method", "features"]
    table = pd.DataFrame(found).groupby(middle, sort=False).median().reset_index()
    table["times_group_by"] = _times_group_by(table)
    print(table.to_string(index=False, float_format="%.2f"))
    print(growth(table))
    table.to_csv(OUT, index=False, float_format="%.3f")


def bench(customers: int, runs: int, only: list[str]) -> list[dict[str, object]]:
    """Return one row a method and run, in alternation."""
    chosen = [name for name in METHODS if not only or name.startswith((*only, "group-by"))]
    rows = []
    with TemporaryDirectory() as folder:
        write_orders(customers, Path(folder))
        for _ in range(runs):
            for name in chosen.copy():
                row = run(name, folder)
                if row is None:
                    chosen.remove(name)
                else:
                    rows.append({"customers": customers, "method": name, **row})
    return rows


def run(name: str, folder: str) -> dict[str, float] | None:
    """Return what a method cost in a process of its own; nothing where it cannot run."""
    absent = [part for part in PEERS.get(name, ()) if importlib.util.find_spec(part) is None]
    if absent:
        print(f"{name} is skipped: {', '.join(absent)} not installed", file=sys.stderr)
        return None
    command = [sys.executable, str(Path(__file__).resolve()), "--one", name]
    try:
        done = subprocess.run(
            command, cwd=folder, check=True, timeout=LIMIT, stdout=subprocess.PIPE, text=True
        )
    except subprocess.TimeoutExpired:
        print(f"{name} is left out: not done in {LIMIT} s", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def measured(prepare: Callable[[], Work]) -> dict[str, float]:
    """Return columns made, CPU and wall seconds of the work, and the peak of the process in MB."""
    work = prepare()
    cpu, wall = time.process_time(), time.monotonic()
    made = work()
    cost = {"cpu_s": time.process_time() - cpu, "wall_s": time.monotonic() - wall}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    columns = made.shape[1] if hasattr(made, "shape") else 0
    return {"features": columns, **cost, "peak_mb": peak}


def write_orders(customers: int, folder: Path) -> None:
    """Write the same orders for everybody: ten a customer, a third of them discounted."""
    (folder / "speed.yaml").write_text(CONFIG)
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


def _world() -> World:
    return read_world(load_config("speed.yaml"))


def with_pandas() -> Work:
    """Return the counts, totals, recency, rhythm and spread of the above, nine of its features."""
    orders = pd.read_parquet("orders.parquet").astype({"amount": float})
    cutoff = pd.Timestamp(CUTOFF, unit="us")

    def work() -> pd.DataFrame:
        past = orders[orders["ordered_at"] < cutoff].sort_values(["customer_id", "ordered_at"])
        past = past.assign(gap=past.groupby("customer_id")["ordered_at"].diff().dt.total_seconds())
        whole = past.groupby("customer_id").agg(
            count=("amount", "size"), total=("amount", "sum"), sd=("amount", "std"),
            largest=("amount", "max"), last=("ordered_at", "max"), gap=("gap", "mean"),
            sd_gap=("gap", "std"),
        )  # fmt: skip
        recent = past[past["ordered_at"] >= cutoff - pd.Timedelta(days=90)].groupby("customer_id")
        return whole.join(recent["amount"].agg(["size", "sum"]))

    return work


def with_lifetimes() -> Work:
    """Return frequency, recency, age and monetary value as lifetimes sums them up."""
    from lifetimes.utils import summary_data_from_transaction_data

    orders = pd.read_parquet("orders.parquet").astype({"amount": float})
    end = pd.Timestamp(CUTOFF, unit="us")
    orders = orders[orders["ordered_at"] < end]
    names = ("customer_id", "ordered_at", "amount")
    return lambda: summary_data_from_transaction_data(
        orders, *names, observation_period_end=end.normalize()
    )


def growth(table: pd.DataFrame) -> str:
    """Return by which power of the number of customers each method's CPU seconds grow."""
    lines = []
    for name, rows in table.groupby("method", sort=False):
        if len(rows) > 1:
            power = np.polyfit(np.log(rows["customers"]), np.log(rows["cpu_s"]), 1)[0]
            lines.append(f"{name}: grows with customers to the power {power:.2f}")
    return "\n".join(lines)


def _times_group_by(table: pd.DataFrame) -> pd.Series:
    bare = table[table["method"] == "group-by"].set_index("customers")["cpu_s"]
    return table["cpu_s"] / table["customers"].map(bare)


PEERS = {"lifetimes: RFM": ("lifetimes", "dill")}  # what a peer imports
METHODS = {
    "scan": sql("SELECT count(*), max(customer_id), max(order_id), max(ordered_at), sum(amount),"
                " sum(discount), max(channel) FROM 'orders.parquet'", of_file=True),
    "group-by": sql(BARE),
    "clvlens: read and check": lambda: _world,
    "clvlens: one cutoff": clvlens(1),
    "SQL by hand": sql(QUERY),
    "clvlens: eight cutoffs": clvlens(8),
    "pandas": with_pandas,
    "lifetimes: RFM": with_lifetimes,
}  # fmt: skip

if __name__ == "__main__":
    main()
