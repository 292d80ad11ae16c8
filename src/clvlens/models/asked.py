"""What a model was asked, what it says of itself, and whether it may be asked this.

A model answers one question: which value and churn, over how many days, in which currency.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import xgboost

from clvlens.config import Config
from clvlens.errors import ModelError
from clvlens.models.customer import CustomerModel
from clvlens.panel.panel import Panel
from clvlens.version import __version__


def described(panel: Panel) -> dict:
    """Return what the model is and was made of; nothing in it depends on test rows or the clock."""
    config, plan = panel.config, panel.plan
    seen = before_test(panel)
    cutoffs = seen.frame.groupby("role")["cutoff"].unique()
    return {
        "name": config.name,
        "currency": config.currency,
        "value": config.target.value,
        "churn": config.target.churn,
        "horizon_days": plan.horizon_days,
        "label_days": plan.label_days,
        "cutoffs": {role: sorted(c.isoformat() for c in times) for role, times in cutoffs.items()},
        "customers": len(set(seen.frame["customer_id"])),
        "data_fingerprint": seen.fingerprint,
        "notes": list(plan.notes),  # those of the data may name customers, and stay here
        "versions": {"clvlens": __version__, "xgboost": xgboost.__version__},
    }


def before_test(panel: Panel) -> Panel:
    """Return the panel without its test rows."""
    return replace(panel, frame=panel.frame[panel.frame["role"] != "test"])


def check_can_be_judged(model: CustomerModel, panel: Panel) -> None:
    """Refuse a model that predicts something else than the panel's outcomes, or has seen them."""
    check_same_question(model, panel.config)
    newest = max(at for cutoffs in model.about["cutoffs"].values() for at in cutoffs)
    seen = pd.Timestamp(newest) + pd.Timedelta(days=model.about["label_days"])
    first = panel.rows("test")["cutoff"].min()
    if bool(seen > first):
        raise ModelError(
            f"the model learned from what happened until {seen:%Y-%m-%d}, and the test begins on "
            f"{first:%Y-%m-%d}: it would be asked what it knows; train again: clvlens train"
        )


def check_same_question(model: CustomerModel, config: Config) -> None:
    """Refuse a model that predicts something else than the configuration asks."""
    asked = {"value": config.target.value, "churn": config.target.churn,
             "horizon_days": config.target.horizon_days, "currency": config.currency}  # fmt: skip
    told = {"churn": "non_contractual", **model.about}  # older models know of no contract
    for key, wanted in asked.items():
        if told[key] != wanted:
            raise ModelError(
                f"the model predicts {key} {told[key]}, the configuration asks for "
                f"{wanted}; train again: clvlens train"
            )
