"""What customers say, beside what they bring and whether they stay: by month and by answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from clvlens.evaluation.business import age_days
from clvlens.panel.instants import to_instant
from clvlens.panel.monthly import measures, months
from clvlens.panel.panel import Panel
from clvlens.panel.world import World

BANDS: Mapping[str, tuple[tuple[float, str], ...]] = {  # up to which score, and its name
    "csat": ((2, "unhappy (1-2)"), (3, "neutral (3)"), (5, "happy (4-5)")),
    "nps": ((6, "detractor (0-6)"), (8, "passive (7-8)"), (10, "promoter (9-10)")),
    "ces": ((3, "much effort (1-3)"), (5, "some effort (4-5)"), (7, "little effort (6-7)")),
}
FEWEST = 10  # answers of a month that make a mean
BY_MONTH = ["month", "by", "group", "measure", "answers", "score", "value", "ordering", "ended"]
BY_BAND = ["kind", "answer", "customers", "value", "churned"]


def by_month(
    world: World, rows: pd.DataFrame, attributes: Mapping[str, str], watched: Sequence[str]
) -> pd.DataFrame:
    """Return satisfaction beside value and churn, a row a month × group × measure.

    `rows` are today's features. `score` is the mean answer, for `nps` promoters less detractors
    in percent; `value` the money ordered in the month, `ordering` the share that ordered, both of
    customers known when it began; `ended` the share of subscriptions that ended. Months with
    fewer than ten answers of a group are left out.
    """
    nothing = pd.DataFrame(columns=BY_MONTH)
    if not watched:
        return nothing
    since = to_instant(pd.Timestamp(watched[0]).to_pydatetime(), world.config.time_zone)
    said = _answers(world, since)
    said = said[said["month"].isin(watched)]
    if said.empty:
        return nothing
    orders = measures(world, "orders", since)
    ended = _ended(world)
    known = pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "since": rows["cutoff"].dt.tz_localize(None)
            - pd.to_timedelta(age_days(rows), unit="D"),
        }
    )
    found = []
    for by, group, ids in _groups(rows, attributes):
        own, there, bought = (t[t["customer_id"].isin(ids)] for t in (said, known, orders))
        states = None if ended is None else ended[ended["customer_id"].isin(ids)]
        for month, answers in own.groupby("month"):
            beside = _beside(str(month), there, bought, states)
            for measure, given in answers.groupby("measure"):
                if len(given) >= FEWEST:
                    found.append(
                        {"month": month, "by": by, "group": group, "measure": measure,
                         "answers": len(given), "score": _score(str(measure), given["score"]),
                         **beside}
                    )  # fmt: skip
    return pd.DataFrame(found, columns=BY_MONTH)


def by_answer(panel: Panel) -> pd.DataFrame:
    """Return what came of customers by their last answer before the panel's cutoffs.

    One row a kind of survey × answer: `value` and `churned` are means of the horizon after the
    cutoff. It says what goes together, not what satisfaction causes.
    """
    found = []
    for kind, bands in BANDS.items():
        column = f"surveys__last_{kind}_score"
        if column not in panel.frame:
            continue
        answered = panel.frame.dropna(subset=[column])
        edges = [edge for edge, _ in bands]
        band = np.minimum(np.searchsorted(edges, answered[column]), len(bands) - 1)
        for place, (_, name) in enumerate(bands):
            own = answered[band == place]
            customers = len(set(own["customer_id"]))
            if customers >= FEWEST:
                scale = panel.plan.horizon_days / own["label_days"]
                found.append(
                    {"kind": kind, "answer": name, "customers": customers,
                     "value": (own["target_value"] * scale).mean(),
                     "churned": own["target_churned"].mean()}
                )  # fmt: skip
    return pd.DataFrame(found, columns=BY_BAND)


def _answers(world: World, since: int) -> pd.DataFrame:
    """Return scores given (`customer_id`, `month`, `measure`, `score`), of surveys and tickets."""
    parts = []
    if "surveys" in world.histories:
        given = measures(world, "surveys", since)
        if "score" in given:
            kind = given.get("kind", "score")
            parts.append(given.assign(measure=kind)[["customer_id", "month", "measure", "score"]])
    if "tickets" in world.histories:
        given = measures(world, "tickets", since)
        if "satisfaction" in given:
            given = given.assign(measure="tickets", score=given["satisfaction"])
            parts.append(given[["customer_id", "month", "measure", "score"]])
    if not parts:
        return pd.DataFrame(columns=["customer_id", "month", "measure", "score"])
    return pd.concat(parts, ignore_index=True).dropna(subset=["score", "measure"])


def _score(measure: str, scores: pd.Series) -> float:
    if measure == "nps":
        return float(100 * ((scores >= 9).mean() - (scores <= 6).mean()))
    return float(scores.mean())


def _ended(world: World) -> pd.DataFrame | None:
    """Return the states of subscriptions: `began`, `gone` (months, "" if it lasts), `ended`.

    A state that another took the place of is gone, but has not ended.
    """
    if "subscriptions" not in world.histories:
        return None
    table = world.histories["subscriptions"].table
    if "ended_at" not in table.columns:
        return None
    kept = ["customer_id", "event_time", "ended_at"]
    kept += [name for name in ("changed_at",) if name in table.columns]
    frame = world.engine.frame(table.select(*kept))
    over = frame[kept[2:]].min(axis=1)
    over = over.where(over < world.ends)
    return pd.DataFrame(
        {
            "customer_id": frame["customer_id"],
            "began": months(world, frame["event_time"]),
            "gone": months(world, over.fillna(0)).where(over.notna(), ""),
            "ended": frame["ended_at"].notna() & over.notna(),
        }
    )


def _beside(
    month: str, known: pd.DataFrame, orders: pd.DataFrame, states: pd.DataFrame | None
) -> dict[str, float]:
    """Return value, the share that ordered and the share of subscriptions ended in a month."""
    there = known.loc[known["since"] < pd.Timestamp(month), "customer_id"]
    bought = orders[(orders["month"] == month) & orders["customer_id"].isin(there)]
    count = max(len(there), 1)
    found = {
        "value": float(bought["amount"].sum()) / count,
        "ordering": bought["customer_id"].nunique() / count,
        "ended": float("nan"),
    }
    if states is not None:
        lasting = (states["gone"] == "") | (states["gone"] >= month)
        began = states[(states["began"] < month) & lasting]
        if len(began):
            found["ended"] = float(((began["gone"] == month) & began["ended"]).mean())
    return found


def _groups(
    rows: pd.DataFrame, attributes: Mapping[str, str]
) -> Iterator[tuple[str, str, set[str]]]:
    yield "all", "all", set(rows["customer_id"])
    for by, column in attributes.items():
        for group, own in rows.groupby(column):
            yield by, str(group), set(own["customer_id"])
