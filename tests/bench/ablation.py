"""What each part of the value model brings: clvlens whole, and with one part taken out.

    make bench-ablation                  # TA_FENG=folder adds the data set that is not shipped
    python tests/bench/ablation.py cdnow

At the newest cutoff of each data set of `make bench-accuracy`. Prints a Markdown table a data set
and puts it in the place of its older rows in data/bench/ablation.csv: what every variant reaches,
not what is expected of it. Parts are taken out of the panel and the settings; the code that trains
is the code that ships.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from accuracy import CUTOFFS, ROOT, config_of, cut, markdown

from clvlens import train
from clvlens.metrics import VALUE_METRICS
from clvlens.panel.panel import Panel, make_panel

OUT = ROOT / "data" / "bench" / "ablation.csv"
JUDGED = ("ngini", "spearman", "top_decile_capture", "mae", "total_bias", "dmape")


def main() -> None:
    """Run every data set, print its table, and write it."""
    for name in sys.argv[1:] or CUTOFFS:
        if name == "ta_feng" and "TA_FENG" not in os.environ:
            print("\nta_feng is skipped: name its folder, TA_FENG=folder")
            continue
        table = ablated(name)
        print(f"\n### {name}, {CUTOFFS[name][0][1]}\n\n{markdown(table)}", flush=True)
        known = pd.read_csv(OUT) if OUT.exists() else pd.DataFrame({"data_set": []})
        pd.concat([known[known["data_set"] != name], table.assign(data_set=name)]).to_csv(
            OUT, index=False, float_format="%.4f"
        )
    print(f"\nWrote {OUT.relative_to(ROOT)}")


def ablated(name: str) -> pd.DataFrame:
    """Return one row a variant that differs from the whole, one column a metric."""
    fit, test = CUTOFFS[name][0]
    with TemporaryDirectory() as folder:
        panel = make_panel(cut(config_of(name, Path(folder)), fit, test))
    rows = []
    for title, without in VARIANTS.items():
        variant = without(panel)
        if variant is not None:
            rows.append({"variant": title, **judged(variant)})
    return pd.DataFrame(rows)


def judged(panel: Panel) -> dict[str, float]:
    """Return what a model of the panel reaches on its test rows."""
    test = panel.rows("test")
    predicted = train(panel).predict(test)["predicted_value"].to_numpy()
    actual = test["target_value"].to_numpy()
    return {name: VALUE_METRICS[name].function(actual, predicted) for name in JUDGED}


def with_candidates(*names: str) -> Callable[[Panel], Panel]:
    """Return a way to let value be weighed from these methods alone."""

    def change(panel: Panel) -> Panel:
        model = panel.config.model.model_copy(update={"candidates": names, "intervals": False})
        return replace(panel, config=panel.config.model_copy(update={"model": model}))

    return change


def whole(panel: Panel) -> Panel:
    """Return the panel with everything but intervals, which are not judged here."""
    return with_candidates(*panel.config.model.candidates)(panel)


def without_recent(panel: Panel) -> Panel | None:
    """Leave out the snapshot without an outcome, so that the level is seen on the labels' rows."""
    return None if panel.recent is None else replace(whole(panel), recent=None)


def without_later_roles(panel: Panel) -> Panel | None:
    """Leave out select and calibrate; nothing where history allowed neither."""
    kept = panel.frame["role"].isin(["fit", "test"])
    return None if kept.all() else replace(whole(panel), frame=panel.frame[kept])


def without_old_cutoffs(panel: Panel) -> Panel | None:
    """Leave out all fit cutoffs but the newest; nothing where there is but one."""
    fit = panel.frame["role"] == "fit"
    old = fit & (panel.frame["cutoff"] < panel.frame.loc[fit, "cutoff"].max())
    return replace(whole(panel), frame=panel.frame[~old]) if old.any() else None


VARIANTS: dict[str, Callable[[Panel], Panel | None]] = {
    "clvlens": whole,
    "level seen on the rows of the labels": without_recent,
    "without the linear method": with_candidates("hurdle", "tweedie", "anchored", "ziln", "btyd"),
    "without BTYD, as a method and as a level": with_candidates(
        "hurdle", "tweedie", "ziln", "linear"
    ),
    "without Tweedie and ZILN": with_candidates("hurdle", "anchored", "linear", "btyd"),
    "hurdle alone": with_candidates("hurdle"),
    "without the later roles": without_later_roles,
    "without older fit cutoffs": without_old_cutoffs,
}


if __name__ == "__main__":
    main()
