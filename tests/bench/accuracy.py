"""How well clvlens, its parts and the baselines predict, out of time, at several cutoffs.

    make bench-accuracy                  # TA_FENG=folder adds the data set that is not shipped
    python tests/bench/accuracy.py cdnow simulated
    PEERS=other/bin/python make bench-accuracy   # where PyMC-Marketing and torch are installed

Prints a Markdown table a data set for docs/benchmarks.md, the mean over its cutoffs, and one of all
for the README, and writes every cutoff's figures to data/bench/accuracy.csv. Each cutoff is run in
a process of its own, whose time and peak memory stand beside its figures. Seeded, untuned. How many
customers the 90 % intervals of clvlens hold is told by cutoff, with the decile or slice held least.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from _accuracy_outside import outside
from _accuracy_summary import intervals, summary
from _speed_peers import peak_mb

from clvlens import evaluate, load_config, train
from clvlens.config import Config
from clvlens.evaluation.backtest import PART, Evaluation
from clvlens.evaluation.slices import FEWEST
from clvlens.panel.panel import make_panel

ROOT = Path(__file__).parents[2]
METRICS = ("ngini", "spearman", "top_decile_capture", "mae", "rmse", "total_bias", "dmape",
           "auc", "log_loss", "brier", "ece")  # fmt: skip
HELD = ("coverage_90", "coverage_worst", "worst_group")
COSTS = ("seconds", "peak_mb")
CUSTOMERS = 10_000  # of the simulated business

# (fit, test) cutoffs by data set, the newest first; labels of the fit end before the test.
CUTOFFS = {
    "complete_journey": (
        ("2017-07-01", "2017-10-01"), ("2017-06-12", "2017-09-10"), ("2017-05-23", "2017-08-21"),
    ),
    "cdnow": (("1997-05-17", "1997-10-01"),),
    "cdnow_26w": (
        ("1997-07-04", "1998-01-01"), ("1997-06-03", "1997-12-01"), ("1997-05-04", "1997-11-01"),
    ),
    "ta_feng": (
        ("2000-12-31", "2001-01-30"), ("2000-12-16", "2001-01-15"), ("2000-12-01", "2000-12-31"),
    ),
    "simulated": ((None, "2024-06-01"), (None, "2024-04-01"), (None, "2024-02-01")),
}  # fmt: skip

# What the best single rival reaches at the newest cutoff: ranks at least, the rest at most.
BARS = {
    "complete_journey": {"ngini": 0.868, "spearman": 0.831, "top_decile_capture": 0.334,
                         "auc": 0.898, "ece": 0.010, "total_bias": 0.05},
    "cdnow": {"ngini": 0.723, "spearman": 0.456, "top_decile_capture": 0.523, "auc": 0.771,
              "ece": 0.029, "total_bias": 0.073},
    "cdnow_26w": {"ngini": 0.760, "spearman": 0.455, "top_decile_capture": 0.573, "auc": 0.806,
                  "ece": 0.014, "total_bias": 0.056},
    "ta_feng": {"ngini": 0.577, "spearman": 0.416, "top_decile_capture": 0.358, "auc": 0.741,
                "ece": 0.031, "total_bias": 0.269},
    "simulated": {"total_bias": 0.05},
}  # fmt: skip
AT_MOST = {"ece", "total_bias"}


def main() -> None:
    """Run every data set, print its tables, and write them all."""
    if len(sys.argv) == 5 and sys.argv[1] == "--one":
        measured(sys.argv[2], int(sys.argv[3])).to_csv(sys.argv[4], index=False)
        return
    tables = []
    with TemporaryDirectory() as folder:
        for name in sys.argv[1:] or CUTOFFS:
            if name == "ta_feng" and "TA_FENG" not in os.environ:
                print("\nta_feng is skipped: name its folder, TA_FENG=folder")
                continue
            found = [run(name, place, Path(folder)) for place in range(len(CUTOFFS[name]))]
            show(name, found)
            tables += found
    out = ROOT / "data" / "bench" / "accuracy.csv"
    figures = pd.concat(tables)
    figures.to_csv(out, index=False, float_format="%.4f")
    print(f"\n{summary(figures)}\n\n{intervals(figures)}\n\nWrote {out.relative_to(ROOT)}")


def run(name: str, place: int, folder: Path) -> pd.DataFrame:
    """Return the figures of one cutoff, from a process of its own."""
    out = folder / f"{name}-{place}.csv"
    subprocess.run([sys.executable, __file__, "--one", name, str(place), str(out)], check=True)
    return pd.read_csv(out)


def measured(name: str, place: int) -> pd.DataFrame:
    """Return one row a method, clvlens first, one column a metric."""
    fit, test = CUTOFFS[name][place]
    with TemporaryDirectory() as folder:
        panel = make_panel(cut(config_of(name, Path(folder)), fit, test))
    began = time.monotonic()
    model = train(panel)
    seconds = time.monotonic() - began
    evaluation = evaluate(model, panel)
    scores = evaluation.scores
    scores = scores.assign(method=scores["method"].map(without_weight))
    wide = scores.pivot_table(index="method", columns="metric", values="estimate", sort=False)
    wide = wide.reindex(columns=[*METRICS]).reset_index()
    costs = dict(zip(COSTS, (round(seconds, 1), round(peak_mb())), strict=True))
    own = dict(zip(HELD, held(evaluation), strict=True)) | costs
    wide = wide.assign(**{key: [figure] + [None] * (len(wide) - 1) for key, figure in own.items()})
    wide = pd.concat([wide, outside(panel).reindex(columns=wide.columns)])
    wide.insert(0, "data_set", name)
    wide.insert(1, "cutoff", test)
    return wide


def held(evaluation: Evaluation) -> tuple[float, float, str]:
    """Return the share that intervals hold of all customers, of the worst group, and its name."""
    tenths, groups = evaluation.by_decile, evaluation.by_slice
    groups = groups[groups["customers"] >= FEWEST].set_index("slice")["coverage_90"]
    tenths = tenths.set_index("decile")["coverage_90"].rename(lambda place: f"decile {place}")
    every = pd.concat([groups, tenths])
    return float(groups["all"]), float(every.min()), str(every.idxmin())


def config_of(name: str, folder: Path) -> Config:
    """Return the configuration of a data set, once its tables are there."""
    if name == "simulated":
        clvlens = Path(sys.executable).with_name("clvlens")
        words = ["simulate", "--customers", str(CUSTOMERS), "--out", str(folder)]
        subprocess.run([clvlens, *words], check=True, stdout=subprocess.DEVNULL)
        return load_config(folder / "config.yaml")
    config = load_config(ROOT / "configs" / f"{name}.yaml")
    if name != "ta_feng":
        return config
    place = Path(os.environ["TA_FENG"]).resolve() / "orders.parquet"
    orders = config.data["orders"].model_copy(update={"path": str(place)})
    return config.model_copy(update={"data": {"orders": orders}})


def cut(config: Config, fit: str | None, test: str) -> Config:
    """Return the configuration with other cutoffs; without `fit`, the plan finds them."""
    days = [fit, test] if fit else [test]
    *before, newest = (dt.datetime.fromisoformat(day) for day in days)
    cutoffs = config.cutoffs.model_copy(update={"fit": tuple(before), "test": (newest,)})
    return config.model_copy(update={"cutoffs": cutoffs})


def without_weight(method: str) -> str:
    """Return a part's name without its weight, which is another at every cutoff."""
    return re.sub(rf"^({PART})[\d.]+ × ", r"\1", method)


def show(name: str, found: list[pd.DataFrame]) -> None:
    """Print the mean over cutoffs, and at the newest one what is reached of the bars."""
    mean = pd.concat(found).groupby("method", sort=False)[[*METRICS, *COSTS]].mean()
    mean = mean.sort_values("ngini", ascending=False)
    mean = pd.concat([mean.loc[["clvlens"]], mean.drop("clvlens")]).reset_index()
    print(f"\n### {name}: mean of {len(found)} cutoffs\n\n{markdown(mean)}\n")
    newest = found[0].iloc[0]
    print(f"At the newest cutoff, {newest['cutoff']}:\n")
    for metric, bar in BARS[name].items():
        print(f"- {verdict(newest[metric], metric, bar)}")


def verdict(figure: float, metric: str, bar: float) -> str:
    """Say whether a figure reaches its bar; for errors and bias, less is better."""
    size = round(abs(figure), 3)
    reached = size <= bar if metric in AT_MOST else size >= bar
    sign = "≤" if metric in AT_MOST else "≥"
    return f"{metric} {figure:.3f}: {'reaches' if reached else 'MISSES'} {sign} {bar}"


def markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown; – where a method has no such figure."""
    rows = [list(table.columns), ["---"] * len(table.columns)]
    for row in table.itertuples(index=False):
        rows.append([cell if isinstance(cell, str) else number(cell) for cell in row])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def number(value: float) -> str:
    """Return three decimals below ten, none above a hundred."""
    if pd.isna(value):
        return "–"
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f}"


if __name__ == "__main__":
    main()
