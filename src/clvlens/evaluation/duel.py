"""Which of two models is better on the same test rows."""

from __future__ import annotations

from clvlens import metrics
from clvlens.bootstrap import Interval, bootstrap_difference
from clvlens.models.customer import CustomerModel
from clvlens.panel.panel import Panel


def lead(challenger: CustomerModel, champion: CustomerModel, panel: Panel) -> Interval:
    """Return nGini of the challenger minus the champion's, with a 90 % paired interval.

    Both predict the panel's test rows; the same customers are drawn for both. Raises `ModelError`
    where the champion reads features that the panel lacks.
    """
    test = panel.rows("test")
    ours, theirs = (m.predict(test)["predicted_value"].to_numpy() for m in (challenger, champion))
    return bootstrap_difference(
        metrics.normalised_gini,
        test["target_value"].to_numpy(),
        ours,
        theirs,
        groups=test["customer_id"].to_numpy(),
    )
