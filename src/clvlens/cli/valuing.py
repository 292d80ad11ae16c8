"""`value`: what customers, channels and retention are worth."""

from __future__ import annotations

import pandas as pd

from clvlens.cli.publishing import publish
from clvlens.cli.show import notes, table
from clvlens.cli.stages import Stages
from clvlens.config import Config
from clvlens.evaluation.channels import CAVEAT
from clvlens.evaluation.lifetime import assumption
from clvlens.models.store import check_manifest, load_model
from clvlens.output import records
from clvlens.output.value_records import write_valuation
from clvlens.panel.panel import build_panel
from clvlens.valuation import Valuation, value_customers

SHOWN = ["method", "kind", "customers", "mean_actual", "mean_predicted", "total_bias", "mae",
         "spearman", "ngini"]  # fmt: skip
ACCOUNT = ["by", "group", "customers", "acquisition_cost", "realised_first_year", "clv",
           "value_to_cost", "payback_months", "payback_low_90", "payback_high_90"]  # fmt: skip
MOVES = 3  # of a budget that are printed


def value(config: Config, stage: Stages) -> None:
    """Answer the articles' questions in money, by formula and by model, beside what happened."""
    digest = check_manifest(config.model_folder)
    model = load_model(config.model_folder)
    built = build_panel(config, stage)
    found = value_customers(model, built, digest[: records.HASH_LENGTH], stage)
    stage("draw")
    folder, lists = write_valuation(config, found.tables(), found.lists(), found.words(), digest)
    stage.end()
    _print(config, found)
    stage.wrote(folder, told=": tables and plots")
    stage.wrote(lists, told=": customers, by segment too; these stay here")
    stage.found(retention=found.retention, segments=found.segments, absent=found.compared.absent)
    publish(config, digest, f"the tables are saved in {folder}", {"value": folder})


def _print(config: Config, found: Valuation) -> None:
    unit = records.money_unit(config)
    print(f"Every way to a customer's value, on the test cutoffs ({unit})")
    print(table(found.compared.scores[SHOWN]))
    for absent in found.compared.absent:
        print(f"  absent: {absent}")
    notes(found.compared.notes)
    _print_channels(config, found)
    print(f"\nRetention: {found.retention:.0%} of customers are kept a year; {found.sentence}")
    print(table(found.sensitivity[found.sensitivity["points"].isin((-5, -1, 1, 5))]))
    print("\nSegments: predicted value × churn risk")
    print(table(found.segments))
    print("\nShare of value held by the top fifth of customers")
    print(table(pd.DataFrame(found.top_shares.items(), columns=["value", "share"])))
    print(f"\nclv: {assumption(config)}")


def _print_channels(config: Config, found: Valuation) -> None:
    if found.channels.empty:
        print("  absent: attributes of customers: nothing to account by; name them in finance.by")
    else:
        print(f"\nWhat winning customers costs and brings ({config.currency} a customer)")
        print(table(found.channels[ACCOUNT]))
    if len(found.budget):
        best = found.budget.nlargest(MOVES, "value_at_margin")
        print(f"\nSpending moved, at the most ({config.currency} of value to date and to come)")
        print(table(best))
        notes((CAVEAT.format(elasticity=config.finance.spend_elasticity),))
    print("\nWhat a newly won customer is worth")
    known = found.new_customers[found.new_customers["customers"] > 0]
    print(table(known.drop(columns="churn_probability")))
