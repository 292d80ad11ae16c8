"""How far a distribution has moved, and whether that is more than it does by itself.

The population stability index is Σ (aᵢ - eᵢ)·ln(aᵢ/eᵢ) over the bins of a reference; by custom,
below .1 is stable and above .25 a shift. Alone it raises false alarms: in small samples it is large
by luck, and what has a trend is never quite where it was. So a month has moved only where its
index is above `LEAST_PSI`, and above luck by several times what the reference months show among
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from clvlens.metrics import Floats

BINS = 5  # so that a month of forty customers has eight in each
LEAST_PSI = 0.1
TIMES_USUAL = 4.0
LUCK = 1e-4  # chance that sampling alone brings an index above the bound
FEWEST = 30  # customers of a month from whom a distribution may be told
LEAST_EXPECTED = 5.0  # customers of a month in a bin of its own
LEAST_MONTHS = 4  # of a reference


@dataclass(frozen=True)
class Move:
    """How far one month's values lie from those of reference months, and how far is too far."""

    psi: float
    bound: float

    @property
    def is_out(self) -> bool:
        """Whether the month has moved."""
        return self.psi > self.bound


def bins(values: pd.Series) -> NDArray[np.intp]:
    """Return each value's bin, from 0: fifths for numbers of many values, else one a value.

    What is missing has a bin of its own.
    """
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > BINS:
        edges = np.unique(np.nanquantile(values, np.arange(1, BINS) / BINS))
        found = np.searchsorted(edges, values, side="right")
        return np.where(values.isna(), len(edges) + 1, found)
    return pd.factorize(values, use_na_sentinel=False)[0]


def pooled(now: Floats, then: Floats) -> tuple[Floats, Floats]:
    """Return counts with the bins in one in which a month expects fewer than `LEAST_EXPECTED`.

    Luck in a rare bin is not that of a χ²; what is new and frequent still shows in their sum.
    """
    rare = then / max(then.sum(), 1.0) * now.sum() < LEAST_EXPECTED
    joined = [np.append(counts[~rare], counts[rare].sum()) for counts in (now, then)]
    return joined[0], joined[1]


def psi(now: Floats, then: Floats) -> float:
    """Return the population stability index of counts by bin; half a case is added to each bin.

    >>> round(psi(np.array([50.0, 50.0]), np.array([800.0, 200.0])), 2)
    0.41
    """
    used = (now > 0) | (then > 0)
    a, e = now[used] + 0.5, then[used] + 0.5
    a, e = a / a.sum(), e / e.sum()
    return float(((a - e) * np.log(a / e)).sum())


def luck(now: Floats, then: Floats) -> tuple[float, float]:
    """Return the index that sampling alone brings on average, and once in ten thousand times.

    Without any change it is about χ² with (bins - 1) degrees of freedom × (1/n + 1/m).
    """
    freedom = max(int(((now > 0) | (then > 0)).sum()) - 1, 1)
    scale = 1 / now.sum() + 1 / then.sum()
    return freedom * scale, float(chi2.isf(LUCK, freedom) * scale)


def moved(month: Floats, reference: Floats, least: float = LEAST_PSI) -> Move | None:
    """Return how far a month's counts by bin lie from those of reference months, a row each.

    Nothing where either is too small. The bound is luck, with `TIMES_USUAL` times how much further
    than luck any reference month lies from the others together; at least `least`.
    """
    months = reference[reference.sum(axis=1) >= FEWEST]
    if month.sum() < FEWEST or len(months) < LEAST_MONTHS:
        return None
    whole = months.sum(axis=0)
    swings = [_beyond_luck(*pooled(one, whole - one)) for one in months]
    counts = pooled(month, whole)
    return Move(psi(*counts), max(least, luck(*counts)[1] + TIMES_USUAL * max(0.0, *swings)))


def _beyond_luck(now: Floats, then: Floats) -> float:
    return psi(now, then) - luck(now, then)[0]
