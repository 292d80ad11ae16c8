"""Where the time of one cutoff goes: DuckDB's own account of its operators, beside a bare group-by.

    make bench-operators
    python tests/bench/operators.py --customers 1000000

Ten orders a customer, one thread. Prints a Markdown table; nothing is written.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import ibis
import pandas as pd
from accuracy import markdown
from speed import BARE, CUTOFF, EVENTS, write_orders

from clvlens.config import load_config
from clvlens.panel.snapshot import population, snapshot
from clvlens.panel.world import read_world

NAMES = {
    "HASH_GROUP_BY": "aggregates",
    "HASH_JOIN": "joins of groups and customers",
    "PROJECTION": "columns derived of each event",
    "FILTER": "what a cutoff sees",
    "TABLE_SCAN": "reading events in memory",
    "CTE": "keeping events for the next dozen",
    "CTE_SCAN": "keeping events for the next dozen",
    "CREATE_TABLE_AS": "keeping the result",
}


def main() -> None:
    """Profile both on the same orders, and print seconds by operator."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        write_orders(asked.customers, Path(folder))
        table = pd.DataFrame({"bare group-by": bare(), "features of one cutoff": features()})
        os.chdir("/")
    table = table.fillna(0).sort_values("features of one cutoff", ascending=False)
    table.loc["all"] = table.sum()
    print(markdown(table.rename_axis("seconds").reset_index()))


def bare() -> Counter[str]:
    """Return the seconds of each operator of the bare group-by."""
    con = duckdb.connect(config={"threads": 1})
    con.execute(EVENTS)
    return seconds(con, BARE.replace("$cutoff", str(CUTOFF)))


def features() -> Counter[str]:
    """Return the seconds of each operator that finds the features of one cutoff."""
    world = read_world(load_config("speed.yaml"))
    rows = world.engine.keep(population(world, CUTOFF))
    return seconds(world.engine.backend.con, ibis.to_sql(snapshot(world, rows), dialect="duckdb"))


def seconds(con: duckdb.DuckDBPyConnection, query: str) -> Counter[str]:
    """Return the seconds of each operator, by what it is for."""
    con.execute("PRAGMA enable_profiling = 'json'")
    con.execute("PRAGMA profiling_output = 'profile.json'")
    con.execute(f"CREATE TEMP TABLE profiled AS {query}")
    con.execute("PRAGMA disable_profiling")
    spent: Counter[str] = Counter()
    for operator in operators(json.loads(Path("profile.json").read_text())):
        kind = str(operator.get("operator_type") or operator.get("operator_name") or "").strip()
        if kind:
            spent[NAMES.get(kind, "all else")] += operator["operator_timing"]
    return spent


def operators(node: dict) -> Iterator[dict]:
    """Yield every operator of a plan."""
    if "operator_timing" in node:
        yield node
    for child in node.get("children", ()):
        yield from operators(child)


if __name__ == "__main__":
    main()
