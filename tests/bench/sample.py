"""What learning from a sample of the customers costs in accuracy: `population.sample`.

    make bench-sample                    # TA_FENG=folder adds the data set that is not shipped
    python tests/bench/sample.py simulated

The same customers, all of them, are predicted at the newest cutoff by models that learned from ever
fewer, drawn by the hash of their id as `population.sample` draws them. Prints a Markdown table and
writes data/bench/sample.csv.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from accuracy import CUTOFFS, ROOT, config_of, cut, markdown
from tuning import judged

from clvlens.panel.panel import Panel, make_panel

OUT = ROOT / "data" / "bench" / "sample.csv"
DATA_SETS = ("ta_feng", "simulated")  # the largest; others are a sample of themselves
PARTS = (1, 2, 4, 8)  # of the customers, one in so many


def main() -> None:
    """Learn from every share of every data set asked for, print the table and write it."""
    tables = []
    for name in sys.argv[1:] or DATA_SETS:
        if name == "ta_feng" and "TA_FENG" not in os.environ:
            print("\nta_feng is skipped: name its folder, TA_FENG=folder")
            continue
        tables.append(learned(name))
        print(f"\n{markdown(tables[-1])}", flush=True)
    if tables:
        pd.concat(tables).to_csv(OUT, index=False, float_format="%.4f")
        print(f"\nWrote {OUT.relative_to(ROOT)}")


def learned(name: str) -> pd.DataFrame:
    """Return a row for each number of customers learned from."""
    rows = []
    with TemporaryDirectory() as folder:
        config = cut(config_of(name, Path(folder)), *CUTOFFS[name][0])
        whole = make_panel(config)
        known = whole.frame["customer_id"].nunique()
        for part in PARTS:
            population = config.population.model_copy(update={"sample": -(-known // part)})
            drawn = make_panel(config.model_copy(update={"population": population}))
            panel = asked_of_all(drawn, whole)
            began = time.process_time()
            found = judged(panel, config.model)
            learners = panel.frame.loc[panel.frame["role"] != "test", "customer_id"].nunique()
            cost = {"cpu_s": time.process_time() - began}
            rows.append({"data_set": name, "customers": learners, **found, **cost})
    return pd.DataFrame(rows)


def asked_of_all(drawn: Panel, whole: Panel) -> Panel:
    """Return the panel of a sample with the test rows of everybody."""
    before = drawn.frame[drawn.frame["role"] != "test"]
    frame = pd.concat([before, whole.rows("test").assign(role="test")], ignore_index=True)
    return replace(drawn, frame=frame[before.columns])


if __name__ == "__main__":
    main()
