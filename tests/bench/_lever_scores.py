"""What the runs of the lever benchmark say, a row a regime, size and method."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

NULLS = ("newsletter",)


def score(found: pd.DataFrame) -> pd.DataFrame:
    """Return how well each method ranks levers, how far off it is and how often it covers.

    An estimate for a restricted population is held against the truth of that population. Refused
    levers count in `refused` alone. Rank correlations are medians over seeds. Seeds on which one
    lever alone was run, a null, count in `null_seeds` and `null_found`.
    """
    found = found.assign(against=found["restricted_truth"].fillna(found["truth"]))
    rows = [
        {"regime": regime, "size": size, "method": method, **_figures(part)}
        for (regime, size, method), part in found.groupby(["regime", "size", "method"], sort=False)
    ]
    return pd.DataFrame(rows)


def by_lever(found: pd.DataFrame, method: str = "clvlens") -> pd.DataFrame:
    """Return one row a lever, the largest true effect first, in money a customer.

    `spread` is the standard deviation of estimates over seeds, `error` the mean standard error
    that the intervals speak of; `truth` is of those whom the estimates are about.
    """
    found = found[(found["method"] == method) & found["estimate"].notna()]
    found = found.assign(truth=found["restricted_truth"].fillna(found["truth"]))
    rows = [
        {
            "lever": lever,
            "seeds": len(part),
            "truth": part["truth"].mean(),
            "estimate": part["estimate"].mean(),
            "spread": part["estimate"].std(),
            "error": (part["high"] - part["low"]).mean() / (2 * 1.96),
            "coverage": ((part["low"] <= part["truth"]) & (part["truth"] <= part["high"])).mean(),
        }
        for lever, part in found.groupby("lever")
    ]
    return pd.DataFrame(rows).sort_values("truth", ascending=False, ignore_index=True)


def _figures(part: pd.DataFrame) -> dict[str, float]:
    nulls = part[part["lever"].isin(NULLS) & part["low"].notna()]
    part = part[part.groupby("seed")["lever"].transform("nunique") > 1]
    if part.empty:
        return {"seeds": 0, **_null(nulls)}
    told = part[part["estimate"].notna()]
    error = (told["estimate"] - told["against"]).abs()
    figures = {
        "seeds": part["seed"].nunique(),
        "rank": told.groupby("seed").apply(_rank, include_groups=False).median(),
        "best": told.groupby("seed").apply(_picks_best, include_groups=False).mean(),
        "refused": 1 - len(told) / len(part),
    }
    if part["method"].iloc[0] == "mean |SHAP|":
        return figures  # on no scale of money that moving a lever would change
    figures["total_error"] = error.sum() / told["against"].abs().sum()
    spread = (told["high"] - told["low"]) / (2 * 1.96)
    clear = told["against"].abs() > 2 * spread
    figures["median_error"] = (error / told["against"].abs())[clear].median()
    if told["low"].notna().any():
        figures["coverage"] = _inside(told, "low", "high")
        figures |= _null(nulls)
        robust = told[told["verdict"] == "B"]
        figures["bounds_cover"] = (
            _inside(robust, "bound_low", "bound_high") if len(robust) else np.nan
        )
    figures["seconds"] = part.groupby("seed")["seconds"].sum().mean()
    return figures


def _null(nulls: pd.DataFrame) -> dict[str, float]:
    found = 1 - _inside(nulls, "low", "high") if len(nulls) else np.nan
    return {"null_seeds": len(nulls), "null_found": found}


def _inside(rows: pd.DataFrame, low: str, high: str) -> float:
    return float(((rows[low] <= rows["against"]) & (rows["against"] <= rows[high])).mean())


def _rank(seed: pd.DataFrame) -> float:
    return float(spearmanr(seed["estimate"], seed["against"]).statistic)


def _picks_best(seed: pd.DataFrame) -> bool:
    return bool(seed["estimate"].idxmax() == seed["against"].idxmax())


def markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown; – where a method has no such figure."""
    rows = [list(table.columns), ["---"] * len(table.columns)]
    for row in table.itertuples(index=False):
        rows.append([_cell(value) for value in row])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if np.isnan(value) else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
