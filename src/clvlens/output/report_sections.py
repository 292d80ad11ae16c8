"""What each section of the report shows, by the names that its template gives to it."""

from __future__ import annotations

from collections import Counter

from clvlens.config.target import ROLES
from clvlens.evaluation.backtest import MODEL, is_baseline
from clvlens.evaluation.channels import CAVEAT
from clvlens.evaluation.lifetime import assumption
from clvlens.histories import discover
from clvlens.output.findings import Findings
from clvlens.output.lever_page import EVIDENCE
from clvlens.output.records import churn_meaning
from clvlens.output.report_answer import named_parts
from clvlens.panel.world import RULE

Shown = dict[str, object]

LATER = (1, 3, 6, 12)  # months after the cutoff, in the table of who stays
FEATURES = 12  # in the table of what predictions lean on
MOVES = 5  # of a budget
POINTS = (-5, -1, 1, 5)  # of retention, in the table
MOST = 40  # rows of a table that has one for each group, or each alarm


def ranking(findings: Findings) -> Shown:
    """Return every baseline's scores beside the model's."""
    rows = _methods(findings, "value", "ngini")
    return {
        "grade": findings.grade,
        "plot": findings.plot("evaluate", "leaderboard"),
        "model": MODEL,
        "rows": rows,
    }


def calibration(findings: Findings) -> Shown:
    """Return predicted and actual value by tenth of the predictions, the highest first."""
    table = findings.table("evaluate", "by_decile").iloc[::-1]
    table = table.assign(off=table["predicted"] - table["actual"])
    return {
        "plot": findings.plot("evaluate", "calibration_by_decile"),
        "rows": table.to_dict("records"),
        "grade": findings.grade,
    }


def gain(findings: Findings) -> Shown:
    """Return the curve of value held by those ranked highest."""
    scores = findings.table("evaluate", "scores")
    held = scores[scores["metric"] == "top_decile_capture"].set_index("method")["estimate"]
    grade = findings.grade
    return {
        "plot": findings.plot("evaluate", "gain_curve"),
        "held": held[MODEL],
        "rival": grade.best_baseline,
        "rival_held": held.get(grade.best_baseline, float("nan")),
    }


def slices(findings: Findings) -> Shown:
    """Return errors and grade by slice."""
    table = findings.table("evaluate", "by_slice")
    grades = findings.table("evaluate", "grades_by_slice").set_index("slice")["grade"]
    table["grade"] = table["slice"].map(grades).fillna(findings.grade.letter)
    return {"plot": findings.plot("evaluate", "slices"), "rows": table.to_dict("records")}


def churn(findings: Findings) -> Shown:
    """Return how well churn is told, beside the baselines, and by kind where they are told."""
    return {
        "plot": findings.plot("evaluate", "churn_reliability"),
        "meaning": churn_meaning(findings.config),
        "model": MODEL,
        "rows": _methods(findings, "churn", "auc"),
        "kinds": findings.table("evaluate", "kinds").to_dict("records"),
    }


def survival(findings: Findings) -> Shown:
    """Return the share of customers who stay, at some months after the cutoff, by slice."""
    curves = findings.table("evaluate", "survival")
    if not len(curves):
        return {"rows": []}
    wide = curves.pivot(index="slice", columns="month", values="still_customers")
    counts = curves.drop_duplicates("slice").set_index("slice")["customers"]
    wide = wide.reindex(counts.index)[list(LATER)].add_prefix("after_")
    return {
        "plot": findings.plot("evaluate", "survival"),
        "rows": wide.assign(customers=counts).reset_index().to_dict("records"),
        "months": LATER,
        "contractual": findings.config.target.is_contractual,
    }


def coverage(findings: Findings) -> Shown:
    """Return how many customers came out inside their interval, by tenth and by slice."""
    tenths = findings.table("evaluate", "by_decile").iloc[::-1]
    groups = findings.table("evaluate", "by_slice")
    if "coverage_90" not in groups:
        return {"held": None}
    return {
        "plot": findings.plot("evaluate", "coverage"),
        "held": groups["coverage_90"].iloc[0],
        "tenths": tenths[["decile", "coverage_90", "width_90"]].to_dict("records"),
        "groups": groups[["slice", "coverage_90", "width_90"]].to_dict("records"),
    }


def drivers(findings: Findings) -> Shown:
    """Return what predictions lean on, by feature and by lever or history."""
    parts = findings.table("explain", "by_lever")
    parts = parts.sort_values("mean_absolute_part", ascending=False)
    return {
        "plots": {name: findings.plot("explain", name)
                  for name in ("importance", "beeswarm", "dependence")},
        "features": findings.table("explain", "importance").head(FEATURES).to_dict("records"),
        "parts_by_lever": named_parts(parts).head(FEATURES).to_dict("records"),
    }  # fmt: skip


def levers(findings: Findings) -> Shown:
    """Return effects and associations of the levers, and where they disagree."""
    report = findings.levers
    contrasts: dict[str, list[str]] = {}
    for row in report.told:
        contrasts.setdefault(report.contrast(row), []).append(row["lever"])
    contrasts.pop("", None)
    return {
        "report": report,
        "plot": findings.plot("levers", "levers"),
        "contrasts": contrasts,
        "letters": EVIDENCE,
    }


def segments(findings: Findings) -> Shown:
    """Return who holds the value: segments, tenths, and the top fifth."""
    return {
        "plots": {name: findings.plot("value", name) for name in ("segments", "deciles")},
        "rows": findings.table("value", "segments").to_dict("records"),
        "tenths": findings.table("value", "deciles").to_dict("records"),
        "top_shares": findings.words["top_shares"],
        "clv": assumption(findings.config),
        "settings": findings.config.segments,
    }


def channels(findings: Findings) -> Shown:
    """Return what winning customers costs and brings, and what newcomers are worth."""
    budget = findings.table("value", "budget")
    best = budget.nlargest(MOVES, "value_at_margin") if len(budget) else budget
    newcomers = findings.table("value", "new_customers")
    newcomers = newcomers[newcomers["customers"] > 0]
    accounts = findings.table("value", "channels")
    return {
        "plots": {path.stem.removeprefix("payback_by_"): path
                  for path in findings.plots("value", "payback_by_")},
        "rows": accounts.head(MOST).to_dict("records"),
        "groups": len(accounts),
        "has_costs": bool(len(accounts)) and bool(accounts["acquisition_cost"].notna().any()),
        "budget": best.to_dict("records"),
        "moves": len(budget),
        "caveat": CAVEAT.format(elasticity=findings.config.finance.spend_elasticity),
        "newcomers": newcomers.head(MOST).to_dict("records"),
        "newcomer_groups": len(newcomers),
        "worth": findings.plot("value", "new_customers") if len(newcomers) else None,
    }  # fmt: skip


def retention(findings: Findings) -> Shown:
    """Return what points of retention bring."""
    table = findings.table("value", "retention")
    words = findings.words
    return {
        "plot": findings.plot("value", "retention"),
        "rows": table[table["points"].isin(POINTS)].to_dict("records"),
        "retention": words["retention"],
        "sentence": words["sentence"],
    }


def ways(findings: Findings) -> Shown:
    """Return every formula beside the baselines, the model and what came."""
    return {
        "plot": findings.plot("value", "side_by_side"),
        "rows": findings.table("value", "side_by_side").to_dict("records"),
        "model": MODEL,
        "absent": findings.words["absent"],
    }


def monitor(findings: Findings) -> Shown:
    """Return matured predictions, alarms, and what moved."""
    alarms = findings.table("monitor", "alarms")
    return {
        "alarms": alarms.head(MOST).to_dict("records"),
        "number": len(alarms),
        "matured": findings.table("monitor", "matured").to_dict("records"),
        "plots": {path.stem: path for path in findings.plots("monitor", "")},
    }


def data(findings: Findings) -> Shown:
    """Return what the histories hold, and what is odd in them."""
    remarks = findings.remarks
    told = [_without_values(problem) for problem in remarks["problem"]]
    return {
        "rows": findings.histories.to_dict("records"),
        "absent": [name for name in discover() if name not in findings.config.data],
        "findings": findings.table("check", "findings").to_dict("records"),
        "population": findings.plot("check", "population"),
        "remarks": remarks.assign(problem=told).to_dict("records"),
    }


def method(findings: Findings) -> Shown:
    """Return what the model learned from, and what limits it."""
    about = findings.about
    features = findings.table("train", "features")
    cutoffs = sorted(about["cutoffs"].items(), key=lambda kept: ROLES.index(kept[0]))
    return {
        "about": about,
        "cutoffs": [(role, [at[:10] for at in times]) for role, times in cutoffs],
        "tested": [at[:10] for at in findings.tested],
        "histories": Counter(features["history"].fillna("the snapshot")),
        "churn_meaning": churn_meaning(findings.config),
        "digest": findings.digest,
    }


def _methods(findings: Findings, target: str, best: str) -> list[dict]:
    """Return a row of scores for the model and each baseline, the best first."""
    scores = findings.table("evaluate", "scores")
    own = scores[(scores["target"] == target) & scores["method"].map(_competes)]
    wide = own.pivot(index="method", columns="metric", values="estimate")
    wide = wide.sort_values(best, ascending=False, kind="stable")
    return wide.reset_index().to_dict("records")


def _competes(method: str) -> bool:
    """Whether a method is no part of the model."""
    return method == MODEL or is_baseline(method)


def _without_values(problem: object) -> str:
    """Return a remark without the rule that it repeats, which may name customers."""
    before, rule, _ = str(problem).partition(RULE)
    return before + rule.removesuffix(": ")
