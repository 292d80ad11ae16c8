"""What a GPU brings: training, predicting and finding reasons, beside the processor.

    make bench-device                        # needs XGBoost with CUDA, and a GPU
    python tests/bench/device.py cpu         # the processor alone
    DEVICE_CUSTOMERS=200000 DEVICE_FEATURES=150 make bench-device

Rows are drawn, not read: customers with a rate of orders and a mean amount, of which features are
noisy sights, so that no reading of files is timed. Every step runs once unheard, so that no start
of a GPU is timed, and then `REPEATS` times; the fastest counts. What both devices predict is
compared.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import xgboost as xgb

from clvlens.config import Config
from clvlens.levers.attribution import attribute
from clvlens.models.customer import CustomerModel
from clvlens.models.training import train_model
from clvlens.panel.panel import FeatureInfo, Panel
from clvlens.panel.split import Plan

CUSTOMERS = int(os.environ.get("DEVICE_CUSTOMERS", "100000"))
FEATURES = int(os.environ.get("DEVICE_FEATURES", "100"))
SCORED = int(os.environ.get("DEVICE_SCORED", "1000000"))
EXPLAINED = int(os.environ.get("DEVICE_EXPLAINED", "20000"))
REPEATS = 3
DAY = 86_400_000_000
METHODS = ("hurdle", "tweedie", "ziln")  # BTYD is fitted on the processor either way


def main() -> None:
    """Print a Markdown table, a row a step, a column a device."""
    devices = sys.argv[1:] or ["cpu", "cuda"]
    print(f"XGBoost {xgb.__version__}, {os.cpu_count()} processors, {FEATURES} features")
    found = {device: timed(device) for device in devices}
    steps = list(next(iter(found.values()))[0])
    print(f"\n| step | {' | '.join(devices)} |\n|---|{'---|' * len(devices)}")
    for step in steps:
        cells = (f"{seconds[step]:.2f} s" for seconds, _ in found.values())
        print(f"| {step} | {' | '.join(cells)} |")
    first, *others = (predicted for _, predicted in found.values())
    for other in others:
        apart = np.abs(other - first).sum() / first.sum()
        rank = pd.Series(first).corr(pd.Series(other), method="spearman")
        print(f"\nPredictions are {apart:.2%} apart, in the same order at {rank:.4f} (Spearman)")


def timed(device: str) -> tuple[dict[str, float], np.ndarray]:
    """Return the seconds of every step on a device, and what it predicts."""
    panel = drawn_panel(device)
    about = {"name": "device", "currency": "EUR", "horizon_days": 90, "label_days": 90}
    train_model(drawn_panel(device, 2_000), about)
    began = time.perf_counter()
    model = train_model(panel, about)
    seconds = {f"train on {CUSTOMERS:,} customers": time.perf_counter() - began}
    frame = drawn(SCORED, seed=3)
    few = frame.iloc[:EXPLAINED]
    scored: list[pd.DataFrame] = []
    seconds[f"predict {SCORED:,} customers"] = fastest(lambda: scored.append(asked(model, frame)))
    explain = f"find reasons for {EXPLAINED:,} customers"
    seconds[explain] = fastest(lambda: attribute(model, few).reasons())
    return seconds, scored[-1]["predicted_value"].to_numpy()


def asked(model: CustomerModel, frame: pd.DataFrame) -> pd.DataFrame:
    """Return predictions with intervals, churn and orders."""
    return model.predict(frame)


def fastest(step: Callable[[], object]) -> float:
    """Return the seconds of the fastest run after one that nobody times."""
    taken = []
    for _ in range(1 + REPEATS):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def drawn_panel(device: str, customers: int = CUSTOMERS) -> Panel:
    """Return a panel of a fit, a select and a calibrate cutoff."""
    roles = {"fit": 0, "select": 100, "calibrate": 200, "test": 300}
    parts = [drawn(customers, seed=day, role=role, day=day) for role, day in roles.items()]
    names = [name for name in parts[0] if name.startswith("orders__")]
    features = tuple(FeatureInfo(name, name, "", "orders", "", False) for name in names)
    data = {"orders": {"path": "nowhere.csv"}}
    settings = {"device": device, "candidates": METHODS}
    config = Config(name="device", currency="EUR", data=data, model=settings)
    plan = Plan((0,), (100 * DAY,), (200 * DAY,), (300 * DAY,), 90, 90)
    return Panel(config, pd.concat(parts, ignore_index=True), features, plan)


def drawn(customers: int, seed: int, role: str = "test", day: int = 300) -> pd.DataFrame:
    """Return one row a customer: noisy sights of a rate and an amount, and what came."""
    rng = np.random.default_rng(seed)
    rate, amount = rng.gamma(0.7, 2.0, customers), rng.lognormal(3.0, 0.6, customers)
    orders = rng.poisson(rate)
    told = {
        f"orders__sight_{i}": (rate if i % 2 else amount) * rng.lognormal(0, 0.4, customers)
        for i in range(FEATURES)
    }
    came = {
        "target_value": orders * amount,
        "target_orders": orders.astype(float),
        "target_churned": (orders == 0).astype(float),
    }
    whose = {
        "customer_id": np.arange(customers).astype(str),
        "cutoff": pd.Timestamp(2024, 1, 1, tz="UTC") + pd.Timedelta(days=day),
        "role": role,
        "label_days": 90.0,
    }
    return pd.DataFrame({**whose, **told, **came})


if __name__ == "__main__":
    main()
