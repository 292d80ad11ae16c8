"""What times tell: how they are written, how far ahead to look, and where the data end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from clvlens.panel.engine import Engine
from clvlens.starting.proposal import Ask, Question
from clvlens.starting.tables import FoundTable
from clvlens.starting.written import ISO

# How many days of orders a horizon wants: four roles of one horizon each, and 90 days to look back.
HORIZONS = {365: 1550, 180: 810, 90: 270, 30: 90, 14: 42, 7: 21}
THIN = 0.2  # of the usual orders a week; the last weeks of an export may hold fewer
FEW = 0.01  # of all orders; more are no remainder
ISO_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")


def time_format(
    name: str, columns: Mapping[str, tuple[tuple[str, ...], ...]], seen: Iterable[str], ask: Ask
) -> tuple[tuple[str, ...], str]:
    """Return the formats of a table's time columns, and what there is to say about them.

    `columns` holds the possible readings of each column; `seen` are formats that other columns
    leave no doubt about.
    """
    sure = {form for readings in columns.values() if len(readings) == 1 for form in readings[0]}
    known = sure | set(seen)
    chosen: list[str] = []
    remark = ""
    for column, readings in columns.items():
        agreeing = [r for r in readings if {_date(f) for f in r} & {_date(f) for f in known}]
        pick = agreeing[0] if agreeing else readings[0]
        if len(readings) > 1 and not agreeing:
            options = tuple(" or ".join(reading) for reading in readings)
            question = Question(name, f"How is {column} written? No day tells.", options)
            pick = readings[ask(question)]
            remark = f"days and months could be the other way round: no {column} tells"
            known |= set(pick)
        chosen += [form for form in pick if form not in chosen]
    if set(chosen) <= {ISO}:
        return (), ""
    forms = [form for form in chosen if form != ISO]
    forms += [form for form in ISO_FORMS if ISO in chosen and form not in forms]
    return tuple(sorted(forms, key=lambda form: -len(form))), remark


def propose_horizon(days: int) -> tuple[int, str]:
    """Return the horizon that so many days of orders allow, and why."""
    for horizon, wanted in HORIZONS.items():
        if days >= wanted:
            why = f"orders span {days:,} days; {horizon} leave room to learn, choose and test"
            return horizon, why
    return 7, f"orders span {days:,} days, which is hardly enough"


def orders_a_day(
    engine: Engine, table: FoundTable, column: str, forms: tuple[str, ...]
) -> pd.Series:
    """Return how many rows a table has on each day, by date."""
    instant = engine.instant(table.table[column], forms)
    days = table.table.select(day=engine.local_parts(instant)["day"])
    days = days.filter(days.day.notnull())
    counted = engine.frame(days.group_by("day").aggregate(n=days.count()))
    dates = pd.to_datetime(counted["day"], unit="D", origin="unix")
    return pd.Series(counted["n"].to_numpy(), index=dates).sort_index()


def propose_end(a_day: pd.Series) -> tuple[pd.Timestamp | None, str]:
    """Return the end of the data where the last weeks are remnants of an export, and why.

    Where they are not, the latest order tells, and nothing is proposed.
    """
    last = a_day.index.max()
    ages = (last - a_day.index).days // 7
    weeks = a_day.groupby(ages).sum().reindex(range(ages.max() + 1), fill_value=0)
    usual = weeks.iloc[:52].median() if len(weeks) else 0
    full = weeks[weeks >= THIN * usual]
    if full.empty or full.index[0] < 2:
        return None, ""
    begin = last - pd.Timedelta(days=7 * int(full.index[0]))
    inside = a_day[a_day.index <= begin]
    rest = int(a_day.sum() - inside.sum())
    if rest > FEW * a_day.sum():
        return None, ""
    end = inside[inside >= THIN * usual / 7].index.max() + pd.Timedelta(days=1)
    return end, f"the {rest:,} rows from {end:%Y-%m-%d} to {last:%Y-%m-%d} are a remnant"


def _date(form: str) -> str:
    """Return the part of a format that says day, month and year."""
    return form.split(" %H")[0].split(" %I")[0].split("T%H")[0]
