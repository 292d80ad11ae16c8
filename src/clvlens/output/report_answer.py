"""What the report says first: can it be trusted, how much, what it hangs on, what to do."""

from __future__ import annotations

from math import nan

import pandas as pd

from clvlens.evaluation.segments import NAMES
from clvlens.output.findings import Findings
from clvlens.output.records import churn_meaning

TOP = 5
OTHER = ": other"  # what ends the name of a history's features that belong to no lever
SEGMENTS = {
    "protect": "high value, likely to leave",
    "grow": "high value, likely to stay",
    "win back": "lower value, likely to leave",
    "let be": "lower value, likely to stay",
}


def trust(findings: Findings) -> dict[str, object]:
    """Return the grade."""
    return {"grade": findings.grade}


def total(findings: Findings) -> dict[str, object]:
    """Return one row a horizon, the run's own first: customers, total, mean, churn and grade."""
    rows = [_worth(one, one.own(findings.predictions)) for one in (findings, *findings.beside)]
    return {
        "rows": [row for row in rows if row["customers"]],
        "value": findings.config.target.value,
        "churn_meaning": churn_meaning(findings.config),
        "grade": findings.grade,
    }


def _worth(findings: Findings, own: pd.DataFrame) -> dict[str, object]:
    chances = own["churn_probability"].dropna()
    totals = findings.totals
    bounds = totals[totals["segment"] == "all"].to_dict("records")[0] if len(totals) else {}
    return {
        "days": findings.config.target.horizon_days,
        "cutoff": own["cutoff"].min(),
        "customers": len(own),
        "total": own["predicted_value"].sum(),
        "low": bounds.get("value_low_90", nan),
        "high": bounds.get("value_high_90", nan),
        "mean": own["predicted_value"].mean(),
        "at_risk": len(chances),
        "leaving": chances.sum(),
        "churn": chances.mean(),
        "letter": findings.grade.letter if findings.grade else "–",
    }


def segments(findings: Findings) -> dict[str, object]:
    """Return customers and share of predicted value by segment."""
    own = findings.own(findings.predictions)
    worth = own.groupby("segment")["predicted_value"].agg(["size", "sum"]).reindex(NAMES).fillna(0)
    whole = float(worth["sum"].sum())
    rows = [
        {
            "segment": name,
            "meaning": SEGMENTS[name],
            "customers": worth["size"][name],
            "share": worth["sum"][name] / whole if whole else float("nan"),
        }
        for name in NAMES
    ]
    return {"rows": rows}


def drivers(findings: Findings) -> dict[str, object]:
    """Return the levers and histories on which predictions lean most, in money a customer."""
    parts = findings.table("explain", "by_lever").nlargest(TOP, "mean_absolute_part")
    return {"rows": named_parts(parts).to_dict("records")}


def levers(findings: Findings) -> dict[str, object]:
    """Return what is told of the levers."""
    return {"report": findings.levers}


def named_parts(parts: pd.DataFrame) -> pd.DataFrame:
    """Return parts by lever with `what` they are of: a lever, or the rest of a history."""
    names = parts["lever"].str
    rest = names.removesuffix(OTHER)
    what = rest.where(~names.endswith(OTHER), rest + ", apart from levers")
    return parts.assign(what=what)
