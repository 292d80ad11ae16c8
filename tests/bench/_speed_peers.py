"""What other libraries take for features: run by `speed.py`, in an environment of their own.

Needs pandas, pyarrow and the library, and nothing of clvlens: peers want older libraries than it.
Prints what `measured` returns as JSON. Exits with 3 where the library is absent, and names it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

CUTOFF = pd.Timestamp("2023-12-31")
ABSENT = 3  # the exit code where a library is not installed

Work = Callable[[], object]


def main() -> None:
    """Measure the method that is named."""
    try:
        print(json.dumps(measured(METHODS[sys.argv[1]])))
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(ABSENT)


def measured(prepare: Callable[[], Work]) -> dict[str, float]:
    """Return columns made, CPU and wall seconds of the work, and the peak of the process in MB."""
    work = prepare()
    cpu, wall = time.process_time(), time.monotonic()
    made = work()
    cost = {"cpu_s": time.process_time() - cpu, "wall_s": time.monotonic() - wall}
    columns = made.shape[1] if hasattr(made, "shape") else 0
    return {"features": columns, **cost, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return the most memory that this process has had, in MB.

    Linux counts what the parent had at the fork in `ru_maxrss`, and not in VmHWM.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def with_pandas() -> Work:
    """Return the counts, totals, recency, rhythm and spread of orders, nine features."""
    past = _past().sort_values(["customer_id", "ordered_at"])

    def work() -> pd.DataFrame:
        gap = past.groupby("customer_id")["ordered_at"].diff().dt.total_seconds()
        whole = past.assign(gap=gap).groupby("customer_id").agg(
            count=("amount", "size"), total=("amount", "sum"), sd=("amount", "std"),
            largest=("amount", "max"), last=("ordered_at", "max"), gap=("gap", "mean"),
            sd_gap=("gap", "std"),
        )  # fmt: skip
        recent = past[past["ordered_at"] >= CUTOFF - pd.Timedelta(days=90)].groupby("customer_id")
        return whole.join(recent["amount"].agg(["size", "sum"]))

    return work


def with_lifetimes() -> Work:
    """Return frequency, recency, age and monetary value as lifetimes sums them up."""
    from lifetimes.utils import summary_data_from_transaction_data as summary

    past = _past()
    return lambda: summary(past, *NAMES, observation_period_end=CUTOFF)


def with_pymc_marketing() -> Work:
    """Return the same as PyMC-Marketing sums it up."""
    from pymc_marketing.clv.utils import rfm_summary

    past = _past()
    return lambda: rfm_summary(past, *NAMES, observation_period_end=CUTOFF)


def with_featuretools() -> Work:
    """Return featuretools' aggregates of amounts and times, each customer with a cutoff."""
    import featuretools as ft

    orders = _past()
    customers = pd.DataFrame({"customer_id": orders["customer_id"].unique()})
    shop = ft.EntitySet("shop")
    shop.add_dataframe(dataframe_name="customers", dataframe=customers, index="customer_id")
    shop.add_dataframe(dataframe_name="orders", dataframe=orders, index="order_id",
                       time_index="ordered_at")  # fmt: skip
    shop.add_relationship("customers", "customer_id", "orders", "customer_id")
    cutoffs = customers.assign(time=CUTOFF)
    kinds = ["count", "sum", "mean", "std", "max", "min", "time_since_last", "avg_time_between"]
    return lambda: ft.dfs(entityset=shop, target_dataframe_name="customers", cutoff_time=cutoffs,
                          agg_primitives=kinds, trans_primitives=[], max_depth=1)[0]  # fmt: skip


def _past() -> pd.DataFrame:
    orders = pd.read_parquet("orders.parquet").astype({"amount": float})
    return orders[orders["ordered_at"] < CUTOFF]


NAMES = ("customer_id", "ordered_at", "amount")
METHODS = {
    "pandas": with_pandas,
    "lifetimes: RFM": with_lifetimes,
    "PyMC-Marketing: RFM": with_pymc_marketing,
    "featuretools": with_featuretools,
}

if __name__ == "__main__":
    main()
