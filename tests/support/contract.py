"""The shop's panel for a business whose customers subscribe."""

from dataclasses import replace

import numpy as np

from clvlens.config import Config
from clvlens.panel.panel import INVOLUNTARY, FeatureInfo, Panel
from clvlens.panel.target import AT_RISK

SUBSCRIPTIONS = FeatureInfo(AT_RISK, "active subscriptions", "subscriptions", "subscriptions", "",
                            False)  # fmt: skip


def with_contracts(panel: Panel, seed: int = 5, **columns: object) -> Panel:
    """Two customers in three subscribe; who buys nothing has ended that, a third of them unasked.

    `columns` are put in place of the panel's own.
    """
    frame, rng = panel.frame.copy(), np.random.default_rng(seed)
    frame[AT_RISK] = (rng.random(len(frame)) < 2 / 3).astype(float)
    frame["target_churned"] = frame["target_churned"].where(frame[AT_RISK] > 0)
    failed = (rng.random(len(frame)) < 1 / 3).astype(float)
    frame[INVOLUNTARY] = np.where(frame["target_churned"] == 1, failed, np.nan)
    settings = panel.config.model_dump(exclude_unset=True)
    settings["data"] = {name: {"path": f"{name}.csv"} for name in ("orders", "subscriptions")}
    settings["target"] = {**settings.get("target", {}), "churn": "contractual"}
    return replace(
        panel,
        config=Config.model_validate(settings),
        frame=frame.assign(**columns),
        features=(*panel.features, SUBSCRIPTIONS),
    )
