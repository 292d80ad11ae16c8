"""What tuning brings: the default beside the winners of `clvlens tune`, on folds and on the test.

    make bench-tuning                    # TA_FENG=folder adds the data set that is not shipped
    python tests/bench/tuning.py --trials 60 cdnow

At the newest cutoff of each data set of `make bench-accuracy`. Settings are searched before the
test alone. Prints a Markdown table and writes data/bench/tuning.csv.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from accuracy import CUTOFFS, ROOT, config_of, cut, markdown

from clvlens import train
from clvlens.config import ModelConfig
from clvlens.metrics import CHURN_METRICS, VALUE_METRICS
from clvlens.models.tuning import tune
from clvlens.panel.panel import Panel, make_panel

OUT = ROOT / "data" / "bench" / "tuning.csv"
VALUE = ("ngini", "spearman", "mae", "total_bias")
CHURN = ("auc", "log_loss", "ece")


def main() -> None:
    """Tune on every data set asked for, print the table, and put it in place of older rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_sets", nargs="*", default=list(CUTOFFS))
    parser.add_argument("--trials", type=int, default=60)
    asked = parser.parse_args()
    for name in asked.data_sets:
        if name == "ta_feng" and "TA_FENG" not in os.environ:
            print("\nta_feng is skipped: name its folder, TA_FENG=folder")
            continue
        rows = compared(name, asked.trials)
        print(f"\n{markdown(rows)}", flush=True)
        known = pd.read_csv(OUT) if OUT.exists() else pd.DataFrame(columns=rows.columns)
        kept = known[known["data_set"] != name]
        pd.concat([kept, rows] if len(kept) else [rows]).to_csv(
            OUT, index=False, float_format="%.4f"
        )
    print(f"\nWrote {OUT.relative_to(ROOT)}")


def compared(name: str, trials: int) -> pd.DataFrame:
    """Return a row for the default and one for the winners."""
    fit, test = CUTOFFS[name][0]
    with TemporaryDirectory() as folder:
        panel = make_panel(cut(config_of(name, Path(folder)), fit, test))
        began = time.monotonic()
        tuned = tune(panel, Path(folder) / "tuning.db", trials=trials)
        seconds = time.monotonic() - began
    about = {"data_set": name, "cutoff": test, "trials": tuned.trials}
    gain = tuned.gain
    return pd.DataFrame(
        [
            {**about, "settings": "default", "loss_on_folds": tuned.default_loss,
             **judged(panel, panel.config.model)},
            {**about, "settings": "tuned", "loss_on_folds": tuned.loss, "gain_low_90": gain.low,
             "gain_high_90": gain.high, **judged(panel, tuned.settings), "seconds": seconds},
        ]
    )  # fmt: skip


def judged(panel: Panel, settings: ModelConfig) -> dict[str, float]:
    """Return what a model of the panel with these settings reaches on its test rows."""
    settings = settings.model_copy(update={"intervals": False})
    panel = replace(panel, config=panel.config.model_copy(update={"model": settings}))
    test = panel.rows("test")
    found = train(panel).predict(test)
    known = test["target_churned"].notna().to_numpy()
    value = test["target_value"].to_numpy(), found["predicted_value"].to_numpy()
    churn = (
        test["target_churned"].to_numpy()[known],
        found["churn_probability"].to_numpy()[known],
    )
    return {
        **{metric: VALUE_METRICS[metric].function(*value) for metric in VALUE},
        **{metric: CHURN_METRICS[metric].function(*churn) for metric in CHURN},
    }


if __name__ == "__main__":
    main()
