"""`levers`: what would change value if it were moved."""

from __future__ import annotations

import pandas as pd

from clvlens import pipeline
from clvlens.cli.publishing import publish
from clvlens.cli.show import completed, notes, table
from clvlens.cli.stages import Stages
from clvlens.config import Config
from clvlens.errors import ModelError
from clvlens.levers.findings import effects_table
from clvlens.models.store import check_manifest, load_model
from clvlens.output.lever_records import TABLE_TAG, lever_report, write_levers, write_opportunity
from clvlens.output.lever_report import LeverReport
from clvlens.panel.panel import build_panel

SAMPLE = 500  # customers on whom the associations are measured
OPPORTUNITY = ("lever", "customers", "gain", "is_ranked", "value_at_stake", "total_cost", "net",
               "planned")  # fmt: skip
UNTRAINED = "No model to set beside the effects; for what predictions lean on: clvlens train"


def levers(config: Config, stage: Stages) -> bool:
    """Study every lever, write the lever page, and put it on the run's page where there is one.

    Returns whether there is a model, so that predictions can follow.
    """
    effects, found = pipeline.study_levers(config, stage)
    digest, associated = _associated(config, stage)
    report = lever_report(config, effects_table(effects), associated, found.by_lever)
    stage("draw")
    folder = write_levers(config, report, digest)
    path = write_opportunity(config, found.by_customer)
    stage.end()
    _print_levers(report)
    stage.wrote(folder, path, told=", which names customers and stays here")
    stage.found(verdict=report.verdict, shown=report.told, refused=report.refused)
    if not digest:
        print(completed(UNTRAINED, config))
        return False
    what = f"the levers are saved in {folder}"
    publish(config, digest, what, {"": folder}, tags=TABLE_TAG)
    return True


def _associated(config: Config, stage: Stages) -> tuple[str, pd.Series]:
    """Return the saved model's digest, and what its predictions lean on by lever, in money."""
    try:
        digest = check_manifest(config.model_folder)
        model = load_model(config.model_folder)
    except ModelError:
        return "", pd.Series(dtype=float)
    panel = build_panel(config, stage)
    attribution, _ = pipeline.explain(model, panel, SAMPLE, stage)
    return digest, attribution.by_lever().abs().mean()


def _print_levers(report: LeverReport) -> None:
    """Print the verdict, the effects, and what is refused with its reason."""
    print(f"\n{report.verdict}")
    if report.sample:
        print(f"Estimated on {report.sample} (levers.sample)")
    if report.told:
        days = report.told[0]["horizon_days"]
        print(f"\nWould change if moved ({report.currency} over {days:.0f} days, 95 % intervals)")
        print(table(pd.DataFrame([_told(report, row) for row in report.told])))
    if report.refused:
        print("\nAssociation only")
        by_reason = pd.DataFrame(report.refused).groupby("reason", sort=False)["lever"]
        for reason, names in by_reason.agg(", ".join).items():
            print(f"  {names}: {reason}")
    if len(report.opportunity):
        print(f"\nCustomers who came to the decision lately without it ({report.currency})")
        print(table(report.opportunity[list(OPPORTUNITY)]))
        notes(report.unpriced)
    print()


def _told(report: LeverReport, row: dict) -> dict[str, object]:
    return {
        "lever": row["lever"],
        "moved to": report.moved(row),
        "per eligible": row["effect_per_eligible"],
        "interval": f"{row['low_95']:+,.2f} to {row['high_95']:+,.2f}",
        "per customer": row["effect_per_customer"],
        "churn, points": 100 * row["churn_effect_per_eligible"],
        "evidence": row["evidence"],
        "raw difference": row["raw_difference"],
    }
