"""Leaks planted in a simulated business are found and named; an honest one has none."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from clvlens.config import Config, load_config
from clvlens.panel.leaks import find_leaks, foresight
from clvlens.panel.panel import make_panel
from clvlens.panel.world import read_world
from clvlens.simulation import Settings, write


@pytest.fixture(scope="module")
def business(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("business") / "shop"
    write(Settings(customers=900, seed=3), folder)
    return folder


def only(folder: Path, *tables: str, **customers: object) -> Config:
    """The business with some tables alone, and one cutoff to fit and one to test."""
    settings = yaml.safe_load((folder / "config.yaml").read_text())
    settings["data"] = {name: settings["data"][name] for name in ("orders", "customers", *tables)}
    settings["data"]["customers"] |= customers
    settings["cutoffs"] = {"fit": ["2023-06-01"], "test": ["2024-06-01"]}
    path = folder / "leaky.yaml"
    path.write_text(yaml.safe_dump(settings))
    return load_config(path)


def faults(config: Config) -> list[str]:
    return [str(fault) for fault in find_leaks(read_world(config), make_panel(config))]


def traits_after_the_fact(folder: Path) -> None:
    """Write customers with what an export of today would say: who is lost, and all they spent."""
    orders = pd.read_parquet(folder / "orders.parquet")
    customers = pd.read_parquet(folder / "customers.parquet")
    last = orders.groupby("customer_id")["ordered_at"].max()
    lost = customers["customer_id"].map(last).fillna(pd.Timestamp(0)) < pd.Timestamp("2024-06-01")
    total = customers["customer_id"].map(orders.groupby("customer_id")["amount"].sum())
    customers["status"] = lost.map({True: "lost", False: "active"})
    customers["lifetime_total"] = total.astype(float).fillna(0.0).round(2).astype(str)
    customers.to_parquet(folder / "exported.parquet")


def test_an_honest_business_shows_no_leak(business: Path) -> None:
    assert faults(only(business, "tickets", "visits")) == []


def test_a_status_overwritten_when_the_customer_left_is_named(business: Path) -> None:
    traits_after_the_fact(business)
    found = faults(only(business, path="exported.parquet", attributes=["status"]))
    assert len(found) == 1
    assert "customers__status knows" in found[0]
    assert "of the churn after the cutoff" in found[0]


def test_a_total_that_includes_the_future_is_named(business: Path) -> None:
    traits_after_the_fact(business)
    found = faults(only(business, path="exported.parquet", attributes=["lifetime_total"]))
    assert len(found) == 1
    assert "customers__lifetime_total knows" in found[0]
    assert "of the value after the cutoff" in found[0]


def test_a_resolution_filled_in_at_once_is_named_with_what_it_reveals(business: Path) -> None:
    tickets = pd.read_parquet(business / "tickets.parquet")
    tickets["resolved_at"] = tickets["rated_at"] = tickets["opened_at"]
    tickets.to_parquet(business / "tickets.parquet")
    found = faults(only(business, "tickets"))
    assert [fault.split(":")[0] for fault in found] == ["tickets.resolved_at", "tickets.rated_at"]
    assert "satisfaction with it" in found[1]


def test_a_feature_that_only_repeats_the_past_foresees_nothing() -> None:
    past = pd.DataFrame({"spent": range(100)})
    future = pd.Series([x + (7 * x) % 11 for x in range(100)])
    assert foresight(past["spent"] * 2, future, past) == pytest.approx(0, abs=1e-6)


def test_a_feature_that_is_the_future_foresees_all_of_it() -> None:
    past = pd.DataFrame({"spent": range(100)})
    future = pd.Series([(37 * x) % 101 for x in range(100)])
    assert foresight(future * 3, future, past) == pytest.approx(1)


def test_rare_categories_tell_nothing_by_themselves() -> None:
    past = pd.DataFrame({"spent": range(100)})
    future = pd.Series([(37 * x) % 101 for x in range(100)])
    assert foresight(pd.Series([f"name {x}" for x in range(100)]), future, past) == 0
