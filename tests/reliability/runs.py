"""The same shop trained and predicted in many ways, in a process with so many threads.

    python -m tests.reliability.runs THREADS

Prints a hash of predictions.csv by case, as JSON: three runs × two orders of rows × two formats.
"""

import contextlib
import hashlib
import io
import json
import random
import sys
from itertools import product
from pathlib import Path

import pandas as pd
import xgboost as xgb
from tests.reliability.shop import Row, days, orders
from tests.support.business import write_config, write_csv
from tests.support.command import clvlens

RUNS, ORDERS, FORMS = (1, 2, 3), ("sorted", "shuffled"), ("csv", "parquet")
MODEL = {"trees": 5, "max_depth": 2}


def cases(threads: int) -> list[str]:
    """Return the names of what is tried with so many threads."""
    return [f"{threads}-threads-{run}-{order}-{form}"
            for run, order, form in product(RUNS, ORDERS, FORMS)]  # fmt: skip


def shop_rows(order: str, run: int) -> list[Row]:
    """Return the orders of a shop; shuffled, they come otherwise in each run."""
    rows = orders(150, days(360)[::20])
    if order == "shuffled":
        random.Random(run).shuffle(rows)
    return rows


def predicted(folder: Path, rows: list[Row], form: str, threads: int) -> str:
    """Train and predict, and return the hash of what was written."""
    folder.mkdir(parents=True)
    if form == "csv":
        write_csv(folder / "orders.csv", rows)
    else:
        pd.DataFrame(rows).to_parquet(folder / "orders.parquet")
    config = write_config(
        folder,
        {"orders": {"path": f"orders.{form}"}},
        target={"horizon_days": 40},
        model=MODEL,
        engine={"threads": threads},
        tracking={"offline": True},
    )
    for verb in ("train", "predict"):
        ran = clvlens(verb, "--config", config)
        if ran.code != 0:
            raise AssertionError(ran.err)
    written = folder / "data" / "shop" / "predictions.csv"
    return hashlib.sha256(written.read_bytes()).hexdigest()


def main(threads: int) -> dict[str, str]:
    """Return the hash of each case."""
    found = {}
    with xgb.config_context(nthread=threads), contextlib.redirect_stdout(io.StringIO()):
        for name in cases(threads):
            _, _, run, order, form = name.split("-")
            folder = Path(name)
            found[name] = predicted(folder, shop_rows(order, int(run)), form, threads)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
