"""How totals and their intervals are found for predictions, and printed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from clvlens.cli.show import table
from clvlens.config import Config
from clvlens.evaluation.totals import WINDOWS, predicted_totals
from clvlens.models.customer import CustomerModel
from clvlens.output import records

NAMES = {
    "group": "segment",
    "predicted": "predicted_value",
    "low_90": "value_low_90",
    "high_90": "value_high_90",
}


def totalled(
    asked: Iterable[tuple[Config, CustomerModel, str]], frame: pd.DataFrame
) -> pd.DataFrame:
    """Return what predictions add up to, by horizon and segment; "all" are all customers.

    `asked` are the configuration, model and digest of each horizon in the frame. Bounds are
    missing where a model is older than they are, or customers are few. `windows` are those of the
    business that told how far totals miss.
    """
    found = []
    for config, model, digest in asked:
        own = frame.query(f"horizon_days == {config.target.horizon_days}")
        misses = records.read_misses(config, digest, own["cutoff"].max())
        sums = predicted_totals(own, model.spread, model.stretch, misses).rename(columns=NAMES)
        about = own.iloc[0][["cutoff", "horizon_days", "currency"]]
        version = digest[: records.HASH_LENGTH]
        sums = sums.assign(**about, windows=len(misses), model_version=version)
        money = ["predicted_value", "value_low_90", "value_high_90"]
        sums[money] = sums[money].round(2)
        found.append(sums[[*about.index, *sums.columns.drop(about.index)]])
    return pd.concat(found, ignore_index=True)


def print_totals(config: Config, totals: pd.DataFrame) -> None:
    """Print what everybody brings, a line a horizon, and by segment over the run's own."""
    for row in totals[totals["segment"] == "all"].to_dict("records"):
        over = f" over {row['horizon_days']} days" if config.target.more_horizons else ""
        print(f"  {row['customers']:,} customers, {_expected(row)} in all{over}{_bounds(row)}")
    own = totals[totals["horizon_days"] == config.target.horizon_days]
    if np.isnan(own["value_low_90"].to_numpy()).all():
        return
    count = int(own["windows"].iloc[0])
    told = f"{count} window{'s' * (count != 1)} after those learned from" if count else "no window"
    print(f"  (90 % interval: {told}, beside a prior worth {WINDOWS}, tells how far totals miss)")
    shown = own[own["segment"] != "all"]
    print(table(shown[["segment", "customers", *list(NAMES.values())[1:]]]))


def shown_totals(judged: pd.DataFrame) -> pd.DataFrame:
    """Return judged totals as `evaluate` prints them: cutoffs as days, words for what held."""
    held = judged["held"].map({1.0: "yes", 0.0: "no", np.nan: "–"})
    return judged.assign(cutoff=judged["cutoff"].dt.strftime("%Y-%m-%d"), held=held)


def _expected(row: dict) -> str:
    return f"{row['currency']} {row['predicted_value']:,.0f} expected"


def _bounds(row: dict) -> str:
    if np.isnan(row["value_low_90"]):
        return ""
    return f" (90 % interval {row['value_low_90']:,.0f} to {row['value_high_90']:,.0f})"
