"""What the season brings to the level of totals: businesses with and without one, over a year.

    make bench-season

Simulates businesses whose demand swings over the year by a share (0: not at all), and asks for the
next 90 days at cutoffs all over the year: with the season, and with what knows no calendar taken
from the same panel. Prints a Markdown table of the total's bias and writes data/bench/season.csv.
The seeds are none of those on which the season was made.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from accuracy import ROOT, markdown

from clvlens import load_config, train
from clvlens.config import Config
from clvlens.metrics import CHURN_METRICS, VALUE_METRICS
from clvlens.models.baselines import forecast_baselines
from clvlens.panel.panel import make_panel
from clvlens.simulation import Settings, write

CUSTOMERS, SEED, DAYS = 2_500, 12, 90
SWINGS = (0.0, 0.15, 0.5)
CUTOFFS = ("2023-09-01", "2023-11-15", "2024-02-01", "2024-04-15", "2024-07-01")
RIVALS = ("carry forward", "Pareto/NBD × Gamma-Gamma")
BIAS, ECE = VALUE_METRICS["total_bias"].function, CHURN_METRICS["ece"].function
METHODS = ("tweedie", "anchored", "btyd")  # those that a level is set for, and quick


def main() -> None:
    """Run every business at every cutoff, print the biases and write them."""
    rows = []
    with TemporaryDirectory() as folder:
        for swing in SWINGS:
            business = Path(folder) / f"swing-{swing}"
            settings = Settings(customers=CUSTOMERS, seed=SEED, seasonality=swing)
            write(settings, business)
            for cutoff in CUTOFFS:
                rows.append({"swing": swing, "cutoff": cutoff, **judged(business, cutoff)})
                print(rows[-1], flush=True)
    found = pd.DataFrame(rows)
    out = ROOT / "data" / "bench" / "season.csv"
    found.to_csv(out, index=False, float_format="%.4f")
    print(f"\n{markdown(summed(found))}\n\nWrote {out.relative_to(ROOT)}")


def judged(business: Path, cutoff: str) -> dict[str, float]:
    """Return total bias, as a share of what came, and churn's ECE of each variant of one panel."""
    panel = make_panel(asked(load_config(business / "config.yaml"), cutoff))
    variants = {"clvlens": panel, "no calendar": replace(panel, weekly=None)}
    test, found = panel.rows("test"), {}
    actual, silent = (test[f"target_{name}"].to_numpy() for name in ("value", "churned"))
    for name, variant in variants.items():
        said = train(variant).predict(test)
        found[name] = BIAS(actual, said["predicted_value"].to_numpy())
        found[f"ECE, {name}"] = ECE(silent, said["churn_probability"].to_numpy())
    rivals, _ = forecast_baselines(
        panel.rows("fit"), test, value="revenue", horizon_days=DAYS, label_days=DAYS
    )
    return found | {r.name: BIAS(actual, r.value) for r in rivals if r.name in RIVALS}


def asked(config: Config, cutoff: str) -> Config:
    """Return a configuration that asks for 90 days from a cutoff on."""
    when = dt.datetime.fromisoformat(cutoff)
    return config.model_copy(
        update={
            "target": config.target.model_copy(update={"horizon_days": DAYS}),
            "cutoffs": config.cutoffs.model_copy(update={"test": (when,)}),
            "model": config.model.model_copy(update={"candidates": METHODS, "intervals": False}),
        }
    )


def summed(found: pd.DataFrame) -> pd.DataFrame:
    """Return the root mean square and the worst bias of each method, and ECE, a row a swing."""
    rows = []
    for swing, part in found.groupby("swing"):
        row = {"swing of demand": f"± {swing:.0%}"}
        for name in part.columns.drop(["swing", "cutoff"]):
            if name.startswith("ECE"):
                row[name] = f"{part[name].mean():.3f}"
                continue
            worst = part[name].loc[part[name].abs().idxmax()]
            row[name] = f"{np.sqrt((part[name] ** 2).mean()):.1%} ({worst:+.1%})"
        rows.append(row)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    main()
