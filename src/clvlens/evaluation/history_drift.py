"""Which histories moved in which month: events, answers, delays, amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from clvlens.evaluation.drift import FEWEST, LEAST_MONTHS, Move, bins, moved
from clvlens.metrics import Floats
from clvlens.panel.instants import to_instant
from clvlens.panel.monthly import measures, whole_months
from clvlens.panel.world import World

REFERENCE_MONTHS = 9  # before a month, that it is held against
RATE = "events a customer"
LEAST_RATE = np.log(1.5)  # a change of the rate that counts at all
SPREADS = 5.0  # times the usual distance from a straight line
COLUMNS = ["month", "history", "what", "before", "in_month", "index", "bound", "moved"]

Progress = Callable[[str], None]


def history_drift(world: World, watched: int, progress: Progress = lambda _: None) -> pd.DataFrame:
    """Return how far each history moved in each of the last `watched` whole months.

    One row a month × history × column: `before` and `in_month` are means (of numbers) or the
    share of the commonest value (of categories); `index` is the population stability index, or
    for the rate of events the distance from its own trend; `moved` where it exceeds `bound`.
    Months that moved are no reference for later ones.
    """
    months = whole_months(world)
    shown = months[-watched:]
    if len(months) <= LEAST_MONTHS:
        return pd.DataFrame(columns=COLUMNS)
    first = pd.Timestamp(months[max(0, len(months) - watched - REFERENCE_MONTHS)])
    since = to_instant(first.to_pydatetime(), world.config.time_zone)
    rows = []
    for number, name in enumerate(world.histories, 1):
        progress(f"watch {name}, {number} of {len(world.histories)}")
        frame = measures(world, name, since)
        frame = _by_kind(frame[frame["month"].isin(months)])
        if len(frame):
            rows += _of_history(name, frame, shown)
    return pd.DataFrame(rows, columns=COLUMNS)


def _by_kind(frame: pd.DataFrame) -> pd.DataFrame:
    """Return surveys' scores apart by kind, as their scales are not the same."""
    if not {"kind", "score"} <= set(frame):
        return frame
    kinds = sorted(frame["kind"].dropna().unique())
    apart = {f"{kind}_score": frame["score"].where(frame["kind"] == kind) for kind in kinds}
    return frame.assign(**apart).drop(columns="score")


def _of_history(name: str, frame: pd.DataFrame, shown: list[str]) -> list[dict]:
    """Each customer counts once a month, however many events they had in it."""
    rows = _rates(name, frame, shown)
    month, names = pd.factorize(frame["month"], sort=True)
    weight = 1 / frame.groupby(["month", "customer_id"])["month"].transform("size").to_numpy()
    for column in frame.columns.difference(["customer_id", "month"], sort=False):
        code = bins(frame[column])
        counts = np.zeros((len(names), code.max() + 1))
        np.add.at(counts, (month, code), weight)
        rows += _of_column(name, frame[["month", column]], counts, list(names), shown)
    return rows


def _of_column(
    name: str, frame: pd.DataFrame, counts: Floats, months: list[str], shown: list[str]
) -> Iterator[dict]:
    column = frame.columns[1]
    out: set[str] = set()
    for month in shown:
        if month not in months:
            continue
        earlier = [m for m in months if m < month and m not in out][-REFERENCE_MONTHS:]
        found = moved(counts[months.index(month)], counts[[months.index(m) for m in earlier]])
        if found is None:
            continue
        if found.is_out:
            out.add(month)
        before = frame.loc[frame["month"].isin(earlier), column]
        now = frame.loc[frame["month"] == month, column]
        yield _row(month, name, column, *_told(before, now), found)


def _told(before: pd.Series, now: pd.Series) -> tuple[float, float]:
    """Return what to show of two samples: means, or the share of what was commonest before."""
    if pd.api.types.is_numeric_dtype(before):
        return float(before.mean()), float(now.mean())
    common = before.mode()
    if common.empty:
        return float("nan"), float("nan")
    return float((before == common[0]).mean()), float((now == common[0]).mean())


def _rates(name: str, frame: pd.DataFrame, shown: list[str]) -> list[dict]:
    """Return how far the number of events a customer with any lies from its own trend."""
    grouped = frame.groupby("month")["customer_id"]
    rate = np.log(grouped.size() / grouped.nunique())
    rate = rate[grouped.size() >= FEWEST]
    rows, out = [], set()
    for month in shown:
        earlier = [m for m in rate.index if m < month and m not in out][-REFERENCE_MONTHS:]
        if month not in rate.index or len(earlier) < LEAST_MONTHS:
            continue
        past = rate[earlier].to_numpy()
        usual = float(np.std(past - past.mean(), ddof=1))
        distance = abs(float(rate[month] - past.mean()))
        found = Move(distance, max(LEAST_RATE, SPREADS * usual))
        if found.is_out:
            out.add(month)
        before, now = float(np.exp(past.mean())), float(np.exp(rate[month]))
        rows.append(_row(month, name, RATE, before, now, found))
    return rows


def _row(month: str, history: str, what: str, before: float, now: float, found: Move) -> dict:
    return {"month": month, "history": history, "what": what, "before": before, "in_month": now,
            "index": found.psi, "bound": found.bound, "moved": found.is_out}  # fmt: skip
