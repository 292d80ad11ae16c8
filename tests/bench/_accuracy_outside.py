"""What stands beside clvlens in `accuracy.py` and is no part of it: other libraries, and quantiles.

Other libraries get what clvlens gets at the same cutoff: the encoded features and money of the rows
before the test, or the purchase histories of the test's customers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import _accuracy_peers as peers
import numpy as np
import pandas as pd

from clvlens import train
from clvlens.metrics import CHURN_METRICS, VALUE_METRICS
from clvlens.models.encoding import fit_encoder
from clvlens.panel.panel import Panel

WEEK = 7.0
QUANTILE = "part: mean of quantiles"


def outside(panel: Panel) -> pd.DataFrame:
    """Return one row a method that can run here, one column a metric, with its time and memory."""
    rows = [_quantile(panel)]
    with TemporaryDirectory() as folder:
        given = Path(folder) / "given.npz"
        np.savez(given, **_given(panel))
        for method in peers.METHODS:
            row = _peer(method, given, panel.rows("test"))
            if row:
                rows.append(row)
    return pd.DataFrame(rows)


def _quantile(panel: Panel) -> dict[str, object]:
    """Train on the mean of quantiles as the only candidate."""
    settings = panel.config.model.model_copy(
        update={"candidates": ("quantile",), "intervals": False}
    )
    config = panel.config.model_copy(update={"model": settings})
    test = panel.rows("test")
    began = time.monotonic()
    found = train(replace(panel, config=config)).predict(test)
    seconds = time.monotonic() - began
    told = _judged(test, found["predicted_value"].to_numpy(), None)
    return {"method": QUANTILE, **told, "seconds": round(seconds, 1)}


def _peer(method: str, given: Path, test: pd.DataFrame) -> dict[str, object]:
    """Run a method in the Python that `PEERS` names, or in this one; nothing where it is absent."""
    script = Path(__file__).with_name("_accuracy_peers.py")
    out = given.with_name("told.npz")
    command = [os.environ.get("PEERS", sys.executable), str(script), method, str(given), str(out)]
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=bare)
    if done.returncode == peers.ABSENT:
        print(f"{method} is skipped: not installed", file=sys.stderr)
        return {}
    done.check_returncode()
    told = np.load(out, allow_pickle=False)
    figures = _judged(test, told["value"], told["churn"])
    return {"method": method, **figures, **json.loads(done.stdout.splitlines()[-1])}


def _judged(test: pd.DataFrame, value: np.ndarray, churn: np.ndarray | None) -> dict[str, float]:
    actual, left = (test[f"target_{name}"].to_numpy() for name in ("value", "churned"))
    figures = {name: metric.function(actual, value) for name, metric in VALUE_METRICS.items()}
    if churn is not None:
        known = ~np.isnan(left)
        figures |= {
            name: metric.function(left[known], np.clip(churn[known], 0, 1))
            for name, metric in CHURN_METRICS.items()
        }
    return figures


def _given(panel: Panel) -> dict[str, np.ndarray]:
    """Return purchase histories of the test rows in weeks, and features and money before them."""
    test = panel.rows("test")
    before = panel.frame.loc[panel.frame["role"] != "test"]
    encoder = fit_encoder(before, panel.features)
    value = panel.config.target.value
    span, age = test["orders__first_to_last"], test["orders__days_since_first"]
    revenue, earned = (float(test[f"orders__total_{of}_ever"].sum()) for of in ("revenue", value))
    horizon = panel.plan.horizon_days
    return {
        "x": test["orders__repeat_days"].fillna(0).to_numpy(float),
        "t_x": (span.fillna(0) / WEEK).to_numpy(float),
        "T": np.maximum(np.maximum(age, span).fillna(1), 1).to_numpy(float) / WEEK,
        "spend": test["orders__repeat_day_amount"].fillna(0).to_numpy(float),
        "rate": np.array(earned / revenue if revenue else 1.0),
        "weeks": np.array(horizon / WEEK),
        "fit": encoder.encode(before).to_numpy(float),
        "test": encoder.encode(test).to_numpy(float),
        "money": before["target_value"].to_numpy(float),
        "customers": before["customer_id"].astype("category").cat.codes.to_numpy(),
        "horizon_days": np.array(float(horizon)),
        "label_days": np.array(float(panel.plan.label_days)),
    }
