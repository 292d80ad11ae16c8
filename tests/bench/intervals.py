"""How often intervals for a customer's value hold it, beside other ways to make them.

    make bench-intervals

Prints a Markdown table a configuration (default: Complete Journey and CDNOW; more by path). Trees
are fitted on the fit role, offsets on calibrate, or on every second customer of the fit role where
it is merged; coverage is that of the test role.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost as xgb

from clvlens import build_panel, load_config
from clvlens.evaluation.slices import FEWEST, slices
from clvlens.models.encoding import fit_encoder
from clvlens.models.intervals import MISS, QUANTILES, ValueInterval
from clvlens.models.rows import Rows
from clvlens.panel.panel import Panel

ROOT = Path(__file__).parents[2]
TREES, SETTINGS = 100, {"eta": 0.1, "max_depth": 4, "min_child_weight": 10, "seed": 7}
SQUARED = {"objective": "reg:squarederror"}


def main() -> None:
    """Print the table of every configuration."""
    for path in sys.argv[1:] or [f"configs/{name}.yaml" for name in ("complete_journey", "cdnow")]:
        panel = build_panel(load_config(ROOT / path))
        print(f"\n### {panel.config.name}\n\n{markdown(measured(panel))}")


def measured(panel: Panel) -> pd.DataFrame:
    """Return one row a method."""
    learn, calibrate, test = roles(panel)
    encoder = fit_encoder(learn, panel.features)
    X, C, T = (encoder.encode(rows).to_numpy() for rows in (learn, calibrate, test))
    y, c = learn["target_value"].to_numpy(), calibrate["target_value"].to_numpy()
    stretch = panel.plan.horizon_days / panel.plan.label_days
    centre = fitted(X, y, SQUARED)
    place = np.argsort(np.argsort(centre(T), kind="stable")) * 10 // len(T)
    groups = {f"decile {d + 1}": place == d for d in range(10)}
    groups |= {name: inside for name, inside in slices(test) if inside.sum() >= FEWEST}
    rows = []
    for method, (low, high) in intervals(X, y, C, c, T, centre).items():
        seen = test["target_value"].to_numpy() / stretch
        held = (low <= seen) & (seen <= high)
        worst = min(groups, key=lambda name: held[groups[name]].mean())
        beyond = np.maximum(low - seen, 0) + np.maximum(seen - high, 0)
        winkler = (high - low + beyond / MISS).mean()
        rows.append((method, held.mean(), worst, held[groups[worst]].mean(),
                     (high - low).mean() * stretch, winkler * stretch))  # fmt: skip
    return pd.DataFrame(rows, columns=["method", "coverage", "worst group", "there", "width",
                                       "winkler"])  # fmt: skip


def roles(panel: Panel) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return rows to learn from, to calibrate on and to test on."""
    fit, calibrate = panel.rows("fit"), panel.rows("calibrate")
    if not len(calibrate):
        second = pd.util.hash_pandas_object(fit["customer_id"], index=False) % 2 == 1
        fit, calibrate = fit[~second.to_numpy()], fit[second.to_numpy()]
    return fit, calibrate, panel.rows("test")


def fitted(X: np.ndarray, y: np.ndarray, objective: dict):
    """Return a function from rows to what the trees say of them."""
    trees = xgb.train({**SETTINGS, **objective}, xgb.DMatrix(X, y), TREES)
    return lambda rows: trees.predict(xgb.DMatrix(rows)).astype(float)


def intervals(X, y, C, c, T, centre) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return lower and upper bounds for the rows of T by method."""
    least = min(y.min(), 0.0)
    errors = fitted(X, np.abs(y - centre(X)), SQUARED)
    spread = [np.maximum(errors(rows), 0.05 * y.mean()) for rows in (C, T)]
    alone = rank(np.abs(c - centre(C)), 2 * MISS)
    scaled = rank(np.abs(c - centre(C)) / spread[0], 2 * MISS) * spread[1]
    quantiles = fitted(X, y, QUANTILES)
    (low_c, high_c), (low, high) = quantiles(C).T, quantiles(T).T
    both = rank(np.maximum(low_c - c, c - high_c), 2 * MISS)
    ours = ValueInterval(trees=TREES, learning_rate=0.1)
    mondrian = ours.fit(X, y, calibrate=Rows(C, c)).predict_interval(T).T
    found = {
        "clvlens: log CQR, asymmetric, by tenths": tuple(mondrian),
        "CQR": (low - both, high + both),
        "raw quantiles": (low, high),
        "split, normalised": (centre(T) - scaled, centre(T) + scaled),
        "split, absolute": (centre(T) - alone, centre(T) + alone),
    }
    return {name: (np.maximum(a, least), b) for name, (a, b) in found.items()}


def rank(misses: np.ndarray, share: float) -> float:
    """Return the split-conformal quantile of misses."""
    return float(np.sort(misses)[len(misses) - max(int((len(misses) + 1) * share), 1)])


def markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown."""
    rows = [list(table.columns), ["---"] * len(table.columns)]
    for row in table.itertuples(index=False):
        rows.append([cell if isinstance(cell, str) else f"{cell:.3g}" for cell in row])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


if __name__ == "__main__":
    main()
