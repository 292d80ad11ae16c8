"""Groups of customers for whom predictions may be good or bad in their own way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

NEW_DAYS = 90
SILENT_DAYS = 180


def slices(rows: pd.DataFrame) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (name, which rows) from what was known at the cutoff; slices may overlap.

    Never-buyers, one-time and repeat buyers share everybody out; new customers have been known
    for at most 90 days, silent ones bought, but not in the last 180.
    """
    orders = rows["orders__count_ever"].to_numpy()
    silence = rows["orders__days_since_last"].to_numpy()
    yield "all", np.ones(len(rows), dtype=bool)
    yield "never-buyer", orders == 0
    yield "one-time", orders == 1
    yield "repeat", orders > 1
    yield "new", rows["tenure_days"].to_numpy() <= NEW_DAYS
    yield "silent", (orders > 0) & (silence > SILENT_DAYS)
