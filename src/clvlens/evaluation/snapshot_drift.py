"""Whether what the model reads and says today is what it read and said in the months before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clvlens.evaluation.drift import bins, moved
from clvlens.models.customer import CustomerModel

LEAST_PSI = 0.2  # of a snapshot, which holds mostly the same customers as the one before
SAID = {name: name.replace("_", " ")
        for name in ("predicted_value", "churn_probability", "expected_orders")}  # fmt: skip
COLUMNS = ["kind", "what", "meaning", "before", "now", "index", "bound", "moved"]


def snapshot_drift(model: CustomerModel, rows: pd.DataFrame) -> pd.DataFrame:
    """Return how far the newest cutoff's features and predictions lie from those of the others.

    `rows` are features at several cutoffs. One row a feature that the model reads, or a
    prediction (`kind`); `before` and `now` are means, or shares of what was commonest. What grows
    by itself, as tenure does, moves each month: the bound is in terms of that.
    """
    predicted = model.predict(rows)
    cutoff = pd.factorize(rows["cutoff"], sort=True)[0]
    newest = cutoff == cutoff.max()
    found = []
    meanings = SAID | {feature.name: feature.meaning for feature in model.features}
    read = list(dict.fromkeys(model.encoder.sources))
    for kind, table, names in (("prediction", predicted, SAID), ("feature", rows, read)):
        for name in names:
            values = table[name].reset_index(drop=True)
            code = bins(values)
            counts = np.zeros((cutoff.max() + 1, code.max() + 1))
            np.add.at(counts, (cutoff, code), 1)
            move = moved(counts[-1], counts[:-1], LEAST_PSI)
            if move is not None:
                before, now = _shown(values[~newest]), _shown(values[newest])
                told = (before, now, move.psi, move.bound, move.is_out)
                found.append((kind, name, meanings[name], *told))
    table = pd.DataFrame(found, columns=COLUMNS)
    order = (table["index"] / table["bound"]).sort_values(ascending=False).index
    return table.loc[order].reset_index(drop=True)


def _shown(values: pd.Series) -> float:
    if pd.api.types.is_numeric_dtype(values):
        return float(values.mean())
    return float(values.notna().mean())
