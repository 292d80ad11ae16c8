"""What customers, channels and retention are worth: the articles' questions, answered in money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clvlens.config import Config
from clvlens.config.finance import Clv
from clvlens.errors import ConfigError, nearest
from clvlens.evaluation import channels, segments
from clvlens.evaluation.business import Business
from clvlens.evaluation.calculators import calculate
from clvlens.evaluation.lifetime import COST, lifetime_values
from clvlens.evaluation.sensitivity import famous_sentence, sensitivity
from clvlens.evaluation.side_by_side import SideBySide, business_at, compare, lifetimes
from clvlens.levers.attribution import Attribution, attribute
from clvlens.models.customer import CustomerModel
from clvlens.output.predictions import prediction_table
from clvlens.panel.instants import midnight_before
from clvlens.panel.ledger import ledger
from clvlens.panel.panel import Panel, snapshot_frame
from clvlens.panel.world import read_world

LISTED = 500  # customers of a segment whose reasons are found, highest value first
PREFIX = "customers__"

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Valuation:
    """Tables in money; the grain of each is in the docstring of what makes it.

    `customers`: one row a customer of today, with predictions, segment, reasons of some, and each
    formula's horizon and lifetime value. `retention` is that of a year.
    """

    compared: SideBySide
    customers: pd.DataFrame
    channels: pd.DataFrame
    curves: pd.DataFrame
    budget: pd.DataFrame
    new_customers: pd.DataFrame
    sensitivity: pd.DataFrame
    segments: pd.DataFrame
    deciles: pd.DataFrame
    retention: float
    top_shares: Mapping[str, float]
    sentence: str

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return what may be shown to anybody, by the name of its file: no row is a customer."""
        return {
            "side_by_side": self.compared.scores,
            "side_by_side_by_group": self.compared.by_group,
            "channels": self.channels,
            "channel_curves": self.curves,
            "budget": self.budget,
            "new_customers": self.new_customers,
            "retention": self.sensitivity,
            "segments": self.segments,
            "deciles": self.deciles,
        }

    def words(self) -> dict[str, object]:
        """Return what is said beside the tables, JSON values."""
        return {
            "retention": self.retention,
            "sentence": self.sentence,
            "top_shares": dict(self.top_shares),
            "absent": list(self.compared.absent),
        }

    def lists(self) -> dict[str, pd.DataFrame]:
        """Return the tables of customers, by the name of their file."""
        own = {
            str(name).replace(" ", "_"): rows.drop(columns="segment")
            for name, rows in self.customers.groupby("segment")
        }
        return {"all": self.customers, **own, "test_cutoffs": self.compared.customers}


def value_customers(
    model: CustomerModel, panel: Panel, version: str = "", progress: Progress = lambda _: None
) -> Valuation:
    """Return what everybody is worth, by formula and by model, and how wrong each was."""
    config = panel.config
    rate = (config.clv or Clv()).annual_discount_rate
    world = read_world(config)
    by = attributes(config, panel)
    compared = compare(model, panel, world, by, rate, progress)
    now = midnight_before(world.ends, config.time_zone)
    progress(f"snapshot {world.show(now)}")
    rows = snapshot_frame(world, now)
    predicted = model.predict(rows)
    values = predicted.join(lifetime_values(config, rows, predicted))
    business = business_at(panel, world, rows, rows["cutoff"].iloc[0], rate)
    progress("find reasons")
    table = _listed(model, config, rows, predicted, values, version)
    said = lifetimes(calculate(rows, business, config.target.value), rows)
    progress("account for channels")
    paid = ledger(world, now)
    account = channels.accounts(rows, paid, values, by)
    spent = paid.groupby("customer_id")["value"].agg("sum").reindex(rows["customer_id"]).fillna(0.0)
    retention = _yearly_retention(rows, business)
    return Valuation(
        compared,
        table.merge(said, on="customer_id").sort_values("clv", ascending=False, kind="stable"),
        account,
        channels.curves(rows, paid, by),
        channels.budget(account, config.finance),
        channels.new_customers(rows, values, by),
        _sensitivity(config, rows, business, retention, rate),
        segments.summary(table),
        segments.deciles(table),
        retention,
        _top_shares(compared.customers, spent.to_numpy(), predicted),
        famous_sentence(retention, rate),
    )


def attributes(config: Config, panel: Panel) -> dict[str, str]:
    """Return the columns of customers to compare by, by name; those that are absent are left out.

    Raises `ConfigError` for a name that no data set could have.
    """
    have = {
        feature.name.removeprefix(PREFIX): feature.name
        for feature in panel.features
        if feature.name.startswith(PREFIX) and feature.is_category
    }
    standard = type(config.finance)().by
    for name in config.finance.by:
        if name not in have and name not in standard:
            known = f"; {nearest(name, have)}" if have else ""
            raise ConfigError(f"finance.by: customers have no category {name!r}{known}")
    return {name: have[name] for name in config.finance.by if name in have}


def _listed(
    model: CustomerModel,
    config: Config,
    rows: pd.DataFrame,
    predicted: pd.DataFrame,
    values: pd.DataFrame,
    version: str,
) -> pd.DataFrame:
    """Return predictions with segment, and reasons and lever of the first of each segment."""
    bare = prediction_table(config, rows, predicted, None, version)
    ranked = predicted.sort_values("predicted_value", ascending=False, kind="stable").index
    chosen = bare.loc[ranked].groupby("segment", sort=False).head(LISTED).index.sort_values()
    attribution = attribute(model, rows.loc[chosen])
    found = prediction_table(config, rows, predicted, attribution.reasons(), version)
    for name in ("clv", "clv_low_90", "clv_high_90"):
        if name in values:
            found[name] = values[name].round(2)
    return found.join(_levers(attribution))


def _levers(attribution: Attribution) -> pd.DataFrame:
    """Return the lever with the largest part of each prediction: associated with, not caused by."""
    parts = attribution.by_lever()
    levers = [name for name in parts if not name.endswith(": other")]
    if not levers:
        return pd.DataFrame(index=parts.index)
    own = parts[levers].to_numpy()
    largest = np.abs(own).argmax(axis=1)
    return pd.DataFrame(
        {
            "associated_lever": np.array(levers, dtype=object)[largest],
            "associated_lever_amount": own[np.arange(len(own)), largest].round(2),
        },
        index=parts.index,
    )


def _yearly_retention(rows: pd.DataFrame, business: Business) -> float:
    """Return the share of customers who are kept for a year: horizons' retention, multiplied."""
    count = rows.loc[rows[f"orders__count_{business.horizon_days}d"] > 0, "orders__count_ever"]
    kept = np.where(count == 1, business.retention[True], business.retention[False])
    return float(kept.mean() ** (365 / business.horizon_days)) if len(kept) else 0.0


def _sensitivity(
    config: Config, rows: pd.DataFrame, business: Business, retention: float, rate: float
) -> pd.DataFrame:
    recent = rows[f"orders__total_{config.target.value}_{business.horizon_days}d"]
    active = recent[rows[f"orders__count_{business.horizon_days}d"] > 0]
    a_year = float(np.mean(active) * 365 / business.horizon_days) if len(active) else 0.0
    cost = float(np.mean(rows[COST])) if COST in rows else float("nan")
    return sensitivity(retention, rate, config.finance.margin_growth, a_year, cost)


def _top_shares(
    backtest: pd.DataFrame, spent: np.ndarray, predicted: pd.DataFrame
) -> dict[str, float]:
    """Return what the top fifth holds: so far, as predicted, and of what came after the tests."""
    actual, said = backtest["actual"].to_numpy(), backtest["clvlens"].to_numpy()
    return {
        "paid so far, by those who paid most": segments.top_share(spent),
        "predicted": segments.top_share(predicted["predicted_value"].to_numpy()),
        "came after the test cutoffs, from those predicted highest": segments.top_share(
            actual, said
        ),
        "came after the test cutoffs, from those who paid most then": segments.top_share(actual),
    }
