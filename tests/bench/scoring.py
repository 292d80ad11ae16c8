"""What scoring and reasons cost, beside bare XGBoost and a bare CSV of the same figures.

    make bench-scoring
    .venv/bin/python tests/bench/scoring.py --customers 100000 --runs 1

A model of a simulated business scores as many customers as asked for, its own repeated, in batches,
from features in memory to a CSV. `bare` asks the same boosters for the same rows, without intervals
put in order, churn put together, segments and checks, and writes as many columns. Reasons are of a
sample, as exact TreeSHAP is linear in rows. Each figure is of a process of its own on one thread;
methods alternate, and medians are shown and written to data/bench/scoring.csv.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import xgboost as xgb
from _speed_peers import peak_mb

from clvlens import load_config, train
from clvlens.levers.attribution import find_reasons
from clvlens.models.customer import CustomerModel
from clvlens.models.scoring import score
from clvlens.models.store import load_model, save_model
from clvlens.output.predictions import prediction_table, write_predictions
from clvlens.panel.panel import make_panel
from clvlens.pipeline import BATCH, KEPT
from clvlens.simulation import Settings, write

OUT = Path(__file__).parents[2] / "data" / "bench" / "scoring.csv"
LEARNED, SAMPLE = 3_000, 10_000  # customers of the business, and whose reasons are found


def main() -> None:
    """Measure every method, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", choices=METHODS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measured(asked.one, asked.customers)))
        return
    with TemporaryDirectory() as folder:
        learn(Path(folder))
        rows = [run(m, asked.customers, folder) for _ in range(asked.runs) for m in METHODS]
    table = pd.DataFrame(rows).groupby(["method", "customers"], sort=False).median().reset_index()
    each = table["cpu_s"] / table["customers"]
    table["times_bare"] = each / each.iloc[0]
    print(table.to_string(index=False, float_format="%.2f"))
    table.to_csv(OUT, index=False, float_format="%.3f")


def learn(folder: Path) -> None:
    """Keep a model, and the features of those it is to score."""
    write(Settings(customers=LEARNED, seed=5), folder / "shop")
    panel = make_panel(load_config(folder / "shop" / "config.yaml"))
    save_model(train(panel), folder / "model")
    panel.rows("test").to_parquet(folder / "rows.parquet")


def run(method: str, customers: int, folder: str) -> dict[str, object]:
    """Return what a method cost in a process of its own."""
    count = SAMPLE if method == "reasons" else customers
    command = [sys.executable, str(Path(__file__).resolve())]
    command += ["--one", method, "--customers", str(count)]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return {"method": method, "customers": count, **json.loads(done.stdout.splitlines()[-1])}


def measured(method: str, customers: int) -> dict[str, float]:
    """Return the seconds of a method from features in memory on, and the most memory it took."""
    model, rows = load_model(Path("model")), pd.read_parquet("rows.parquet")
    work = METHODS[method]
    cpu, wall = time.process_time(), time.monotonic()
    work(model, rows, customers)
    return {
        "cpu_s": time.process_time() - cpu,
        "wall_s": time.monotonic() - wall,
        "peak_mb": peak_mb(),
    }


def batches(rows: pd.DataFrame, customers: int) -> Iterator[pd.DataFrame]:
    """Yield the rows again and again, each time of other customers."""
    for start in range(0, customers, BATCH):
        places = np.arange(start, min(start + BATCH, customers))
        batch = rows.iloc[places % len(rows)].reset_index(drop=True)
        yield batch.assign(customer_id=[f"C{place:08d}" for place in places])


def with_clvlens(model: CustomerModel, rows: pd.DataFrame, customers: int) -> None:
    """Score all, with intervals, deciles and segments, and write the CSV that users get."""
    scored = score(model, batches(rows, customers), KEPT)
    config = load_config("shop/config.yaml")
    table = prediction_table(config, scored.rows, scored.predicted, None, "1")
    write_predictions(table, Path("clvlens.csv"))


def bare(model: CustomerModel, rows: pd.DataFrame, customers: int) -> None:
    """Ask the boosters that are heard, of columns that need no encoding, and write a CSV."""
    heard = [model.value.members[n].boosters_ for n, w in model.value.weights.items()
             if w > 0 and n in model.value.members]  # fmt: skip
    heard += [part.boosters_ for part in (model.churn, model.orders, model.interval) if part]
    boosters = [booster for boosters in heard for booster in boosters.values()]
    encoded = model.encoder.encode(rows).to_numpy("float32")
    ids, found = [], []
    for batch in batches(rows, customers):
        X = encoded[np.arange(len(batch)) % len(encoded)]
        ids.append(batch["customer_id"])
        data = xgb.DMatrix(X)
        found.append(np.column_stack([np.ravel(b.predict(data, output_margin=True)).reshape(
            len(X), -1)[:, 0] for b in boosters]))  # fmt: skip
    figures = np.concatenate(found).astype(float).round(2)
    columns = {f"figure_{place}": figures[:, place % len(boosters)] for place in range(8)}
    table = pa.table({"customer_id": pd.concat(ids, ignore_index=True), **columns})
    pyarrow.csv.write_csv(table, "bare.csv")


def reasons(model: CustomerModel, rows: pd.DataFrame, customers: int) -> None:
    """Find the three largest parts of each prediction."""
    for batch in batches(rows, customers):
        find_reasons(model, batch, lambda _: None)


METHODS: dict[str, Callable[[CustomerModel, pd.DataFrame, int], None]] = {
    "bare": bare,
    "clvlens": with_clvlens,
    "reasons": reasons,
}


if __name__ == "__main__":
    main()
