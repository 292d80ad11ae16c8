"""The data-quality page: what was found, and what it means for the result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from clvlens.files import whole_folder
from clvlens.histories.exact import DAY
from clvlens.output.figures import BLUE, GREY, ORANGE
from clvlens.output.numbers import share
from clvlens.output.page import render, save_plots
from clvlens.output.stamps import QUALITY
from clvlens.panel.instants import to_time
from clvlens.panel.quality import HistoryQuality, Quality
from clvlens.panel.split import Plan
from clvlens.panel.world import World

EMPTY = 0.5  # share of missing values from which a column tells little
MANY, FEW = 1_000, 100  # customers from which rankings are steady, and below which none is learned
ONCE = 0.8  # share of buyers with one order from which repeat behaviour is hardly seen
THIN = 0.5  # of the usual orders a month; a last month with fewer may be cut short
LOST = 0.05  # share of a table's rows from which it matters that they are not read
LATE = 60  # days by which a history may begin after the orders without remark
MONTHS = 3  # of orders that tell what is usual


def quality_page(world: World, quality: Quality, plan: Plan) -> str:
    """Return `data_quality.html`."""
    sections = [
        {"found": found, "figure": history_figure(found), "described": _described(found)}
        for found in quality.histories.values()
    ]
    return render(
        "data_quality.html",
        {
            "name": world.config.name,
            "verdict": _verdict(world, quality),
            "findings": list(findings(world, quality)),
            "population": population_figure(quality.population),
            "sections": sections,
            "when": lambda instant: "–" if instant is None else world.show(instant)[:10],
            "plan": [(role, world.show(cutoff), days) for role, cutoff, days in plan.cutoffs()],
            "notes": (*world.notes, *plan.notes),
        },
    )


def write_quality(world: World, quality: Quality) -> Path:
    """Keep for the report what the page says first, and customers over time; no row is one."""
    path = world.config.data_folder / QUALITY
    with whole_folder(path) as folder:
        found = pd.DataFrame({"finding": list(findings(world, quality))})
        found.to_csv(folder / "findings.csv", index=False)
        save_plots({"population": population_figure(quality.population)}, folder / "plots")
    return path


def findings(world: World, quality: Quality) -> Iterator[str]:
    """Yield what a reader should know before trusting the result, the gravest first."""
    yield from _about_customers(quality.orders_each)
    for events in world.histories.values():
        for remark in events.remarks:
            if remark.lost >= LOST:
                yield f"{remark}: {share(remark.lost)} of the table, of which no result knows"
    ends = pd.Timestamp(to_time(world.ends, world.config.time_zone).replace(tzinfo=None))
    yield from _about_months(quality.histories["orders"].by_month, ends)
    begins = quality.histories["orders"].first
    for name, found in quality.histories.items():
        if found.first is not None and begins is not None and _days(found.first - begins) > LATE:
            yield (
                f"{name} begin {world.show(found.first)[:10]}, orders {world.show(begins)[:10]}: "
                "before then their features say “none” where nothing was recorded"
            )
        awaited = set(found.lags["column"])  # empty until it happens, and so no gap
        empty = found.columns[found.columns["missing"] >= EMPTY]
        empty = empty[~empty["column"].isin(awaited)]
        for row in empty.itertuples():
            yield f"{name}.{row.column} is missing in {share(row.missing)} of rows"
        early = found.lags["before"] > (0.0 if name != "customers" else 1.0)  # born before sign-up
        for row in found.lags[early].itertuples():
            yield (
                f"{name}.{row.column} lies before its event in {share(row.before)} of rows: "
                "dates or time zones may be mixed up"
            )
        if found.repeats:
            yield f"{found.repeats:,} rows of {name} equal another in every column that is read"


def _about_customers(each: pd.Series) -> Iterator[str]:
    buyers = int(each[each.index > 0].sum())
    if buyers < FEW:
        yield f"{buyers:,} customers ever bought: too few to learn from"
    elif buyers < MANY:
        yield f"{buyers:,} customers ever bought: enough to learn from, with wide intervals"
    once = float(each.get(1) or 0) / buyers if buyers else 0.0
    if once >= ONCE:
        yield (
            f"{share(once)} of buyers bought once: who buys again is hardly seen, and value "
            "rests on few"
        )
    never = float(each.get(0) or 0) / each.sum() if each.sum() else 0.0
    if never >= EMPTY:
        yield f"{share(never)} of the customers who are known never bought; they stay in"


def _about_months(by_month: pd.DataFrame, ends: pd.Timestamp) -> Iterator[str]:
    rows = by_month.set_index("month")["rows"]
    silent = rows[rows == 0]
    if len(silent):
        yield (
            f"no order in {', '.join(f'{month:%Y-%m}' for month in silent.index[:6])}: the shop "
            "was closed, or the export lacks them"
        )
    last = rows.index[-1]
    told = min(1.0, (ends - last) / (last + pd.offsets.MonthBegin() - last))
    usual = rows.iloc[-1 - MONTHS : -1].mean() * told
    if len(rows) > MONTHS and rows.iloc[-1] < THIN * usual:
        yield (
            f"{last:%Y-%m} has {rows.iloc[-1]:,} orders, usual were {usual:,.0f} in as many days: "
            "if the export was cut short, say data_ends"
        )


def population_figure(population: pd.DataFrame) -> Figure:
    """How many customers were known at the end of each month, and how many bought in it."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(population["month"], population["known"], color=BLUE, alpha=0.15)
    axes.plot(population["month"], population["known"], color=BLUE)
    axes.plot(population["month"], population["buyers"], color=ORANGE)
    last = population.iloc[-1]
    for name, label, colour in (("known", "known", BLUE), ("buyers", "bought", ORANGE)):
        axes.annotate(f" {label}: {last[name]:,}", (last["month"], last[name]), color=colour,
                      va="bottom" if name == "known" else "center")  # fmt: skip
    axes.set_ylabel("Customers")
    axes.set_ylim(bottom=0)
    axes.margins(x=0.02)
    span = population["month"].iloc[-1] - population["month"].iloc[0]
    axes.set_xlim(right=population["month"].iloc[-1] + 0.16 * span)
    _plain(axes)
    return figure


def history_figure(found: HistoryQuality) -> Figure | None:
    """Rows by month to the left, missing values by column to the right where there are some."""
    gaps = found.columns[found.columns["missing"] > 0].sort_values("missing")
    panels = (not found.by_month.empty) + (not gaps.empty)
    if not panels:
        return None
    figure = Figure(figsize=(9, max(2.4, 0.9 + 0.26 * len(gaps))), layout="constrained")
    axes = list(figure.subplots(1, panels, squeeze=False)[0])
    if not found.by_month.empty:
        left = axes.pop(0)
        left.bar(found.by_month["month"], found.by_month["rows"], width=25, color=BLUE)
        left.set_title("Rows by month", loc="left", fontsize=11)
        _plain(left)
    if not gaps.empty:
        right = axes.pop(0)
        right.barh(gaps["column"], gaps["missing"], 0.6, color=GREY)
        right.set_xlim(0, 1)
        right.set_ylim(-0.8, max(2.0, len(gaps) - 0.2))
        right.xaxis.set_major_formatter(PercentFormatter(1.0))
        right.set_title("Rows without a value", loc="left", fontsize=11)
        right.spines[["top", "right"]].set_visible(False)
    return figure


def _plain(axes: Axes) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    ticks = AutoDateLocator(minticks=2, maxticks=6)
    axes.xaxis.set_major_locator(ticks)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(ticks, show_offset=False))


def _verdict(world: World, quality: Quality) -> str:
    each = quality.orders_each
    buyers = int(each[each.index > 0].sum())
    orders = int((each.index * each).sum())
    span = f"{world.show(world.starts)[:10]} to {world.show(world.ends - 1)[:10]}"
    count = len(quality.histories)
    return (
        f"{orders:,} orders of {buyers:,} customers from {span}; {each.sum():,} customers are "
        f"known in all, from {count} {'history' if count == 1 else 'histories'}."
    )


def _described(found: HistoryQuality) -> str:
    whole = int((found.columns["missing"] == 0).sum())
    return f"{len(found.columns)} columns are read, {whole} of them without a gap."


def _days(span: int) -> float:
    return span / DAY
