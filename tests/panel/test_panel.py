"""Panels: stacked, the same at every run, saved and loaded while they are true."""

import random
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from tests.support.business import Row, bits, configure

from clvlens.config import Config
from clvlens.errors import ClvlensError, ConfigError, DataError
from clvlens.panel.panel import Panel, build_panel, load_panel, make_panel, save_panel
from clvlens.panel.snapshot import known_customers
from clvlens.panel.world import World, read_world

CUTOFFS = {"fit": ["2024-01-20"], "test": ["2024-02-20"]}
TARGET = {"horizon_days": 30}


def shop(customers: int = 6) -> dict[str, list[Row]]:
    """Return the orders of customer 0, who buys daily, 1, who buys every second day, and so on."""
    days = pd.date_range("2024-01-01", "2024-04-01").strftime("%Y-%m-%dT12:00:00")
    orders = [
        {"customer_id": f"c{who}", "ordered_at": day, "amount": f"{10 * who}.1", "channel": "web"}
        for who in range(customers)
        for day in days[:: who + 1]
    ]
    people = [
        {"customer_id": f"c{who}", "country": "DE" if who % 2 else None, "vip": str(who == 2)}
        for who in range(customers)
    ]
    return {"orders": orders, "customers": people}


def configured(folder, tables: dict[str, list[Row]] | None = None, **settings: object) -> Config:
    options = {"customers": {"attributes": ["vip"]}}
    return configure(
        folder,
        tables or shop(),
        options=options,
        **{"target": TARGET, "cutoffs": CUTOFFS, **settings},
    )


@pytest.fixture(scope="module")
def panel(tmp_path_factory) -> Panel:
    return make_panel(configured(tmp_path_factory.mktemp("shop")))


def test_a_panel_has_a_row_a_customer_and_cutoff_with_features_and_targets(panel):
    frame = panel.frame
    assert list(frame.columns[:4]) == ["customer_id", "cutoff", "role", "label_days"]
    assert list(frame.columns[4:-3]) == panel.feature_names
    assert list(frame.columns[-3:]) == ["target_value", "target_orders", "target_churned"]
    assert frame.groupby("role")["customer_id"].apply(list).to_dict() == {
        "fit": [f"c{who}" for who in range(6)],
        "test": [f"c{who}" for who in range(6)],
    }


def test_a_panel_shows_itself_in_one_line(panel):
    assert repr(panel) == (
        f"Panel(shop: 12 rows of 6 customers, {len(panel.features)} features; "
        "fit 2024-01-20, test 2024-02-20)"
    )


def test_numbers_are_doubles_and_categories_text(panel):
    for feature in panel.features:
        column = panel.frame[feature.name]
        assert pd.api.types.is_float_dtype(column) != feature.is_category, feature.name
        assert feature.is_category == (feature.unit == "category")
        assert feature.history == feature.name.split("__")[0] or feature.name == "tenure_days"


def test_the_target_is_over_the_label_window(panel):
    """c1 buys for 10.10 on every second day: 15 times in 30 days."""
    row = panel.rows("fit").set_index("customer_id").loc["c1"]
    assert (row["target_value"], row["target_orders"], row["target_churned"]) == (151.5, 15, 0)


def test_features_know_the_lever_that_they_measure(tmp_path):
    tables = shop(2)
    tables["orders"] = [{**row, "discount": 1} for row in tables["orders"]]
    panel = make_panel(configured(tmp_path, tables))
    levers = {feature.name: feature.lever for feature in panel.features}
    assert levers["orders__discount_rate_365d"] == "discounts"
    assert levers["orders__count_365d"] == ""


def test_the_order_of_rows_in_the_files_changes_no_bit(panel, tmp_path):
    tables = shop()
    for rows in tables.values():
        random.Random(1).shuffle(rows)
    shuffled = make_panel(configured(tmp_path, tables))
    assert shuffled.fingerprint == panel.fingerprint


def test_one_thread_and_two_give_the_same_bits(panel, tmp_path):
    for threads in (1, 2):
        again = make_panel(configured(tmp_path, engine={"threads": threads}))
        assert again.fingerprint == panel.fingerprint


def test_another_value_gives_another_fingerprint(panel, tmp_path):
    tables = shop()
    tables["orders"][0]["amount"] = "0.11"
    assert make_panel(configured(tmp_path, tables)).fingerprint != panel.fingerprint


def test_progress_names_every_snapshot(tmp_path):
    said = []
    make_panel(configured(tmp_path), said.append)
    assert said == [
        "snapshot 2024-01-20 (fit), 1 of 2",
        "snapshot 2024-02-20 (test), 2 of 2",
        "snapshot 2024-02-11 (without an outcome)",
    ]


def test_the_snapshot_without_an_outcome_has_features_alone_and_lies_before_the_test(saved):
    """Three quarters of 20 days after January 20th: February 4th."""
    assert set(saved.recent["cutoff"]) == {pd.Timestamp("2024-02-04", tz="UTC")}
    assert set(saved.recent.columns) == {"customer_id", "cutoff", *saved.feature_names}
    early, late = saved.rows("fit"), saved.rows("test")
    assert set(early["customer_id"]) <= set(saved.recent["customer_id"])
    assert set(saved.recent["customer_id"]) <= set(late["customer_id"])


def test_a_panel_whose_snapshot_without_an_outcome_differs_has_another_fingerprint(saved):
    fewer = replace(saved, recent=saved.recent.iloc[1:])
    assert fewer.fingerprint != saved.fingerprint


def test_weeks_of_the_business_end_where_the_test_begins(saved):
    assert saved.weekly["ends"].iloc[-1] == saved.plan.test[0]
    assert saved.weekly["newcomers"].sum() <= saved.rows("test")["customer_id"].nunique()


def test_snapshots_that_look_back_a_while_alone_tell_of_no_season(tmp_path):
    assert make_panel(configured(tmp_path, look_back_days=30)).weekly is None


# --- saved and loaded


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Panel:
    short = {"horizon_days": 30, "label_days": 20}
    made = make_panel(configured(tmp_path_factory.mktemp("saved"), target=short))
    save_panel(made)
    return made


def changed(config: Config, **settings: object) -> Config:
    """Return other settings for the same files."""
    return Config(**{**config.model_dump(), "root": config.root, **settings})


def test_a_saved_panel_is_loaded_with_every_bit_and_word(saved):
    loaded = load_panel(saved.config)
    assert bits(loaded.frame) == bits(saved.frame)
    assert loaded.frame.dtypes.to_dict() == saved.frame.dtypes.to_dict()
    assert loaded.fingerprint == saved.fingerprint
    assert bits(loaded.recent) == bits(saved.recent)
    assert loaded.weekly.equals(saved.weekly)
    assert (loaded.features, loaded.plan) == (saved.features, saved.plan)
    assert loaded.notes == saved.notes


def test_a_panel_is_saved_as_a_file_a_snapshot(saved):
    assert sorted(file.name for file in (saved.config.data_folder / "panel").iterdir()) == [
        "fit-2024-01-20T0000.parquet",
        "panel.json",
        "recent.parquet",
        "test-2024-02-20T0000.parquet",
        "weekly.parquet",
    ]


def test_a_saved_panel_is_not_built_again(saved):
    said = []
    assert build_panel(saved.config, said.append).fingerprint == saved.fingerprint
    assert said == []


def test_there_is_no_panel_before_one_is_built(tmp_path):
    config = configured(tmp_path)
    assert load_panel(config) is None
    assert build_panel(config).fingerprint == load_panel(config).fingerprint


@pytest.mark.parametrize(
    "settings",
    [
        {"target": {"horizon_days": 29}},
        {"cutoffs": {**CUTOFFS, "fit": ["2024-01-19"]}},
        {"time_zone": "Europe/Berlin"},
        {"data_ends": "2024-05-01"},
        {"customers": 3},
        {"look_back_days": 10},
        {"population": {"leave_out": [{"column": "vip", "among": ["True"]}]}},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_panel_of_other_settings_is_not_loaded(saved, settings):
    assert load_panel(changed(saved.config, **settings)) is None


def test_settings_that_change_no_panel_keep_it(saved):
    settings = {"model": {"trees": 5}, "engine": {"threads": 1}}
    assert load_panel(changed(saved.config, **settings)) is not None


def test_a_panel_of_other_data_is_not_loaded(saved, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(saved.config.root, copy)
    config = changed(saved.config, root=copy)
    assert load_panel(config) is not None
    with (copy / "orders.csv").open("a") as file:
        file.write("c9,2024-01-02,1,web\n")
    assert load_panel(config) is None


def test_a_panel_with_a_part_missing_is_not_loaded(saved, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(saved.config.root, copy)
    config = changed(saved.config, root=copy)
    (config.data_folder / "panel" / "fit-2024-01-20T0000.parquet").unlink()
    assert load_panel(config) is None


# --- whom it is about


def people_in(world: World) -> set[str]:
    return set(world.engine.frame(known_customers(world))["customer_id"])


def test_customers_left_out_by_rule_are_counted_and_gone(tmp_path):
    rule = {"column": "vip", "among": ["True"]}
    world = read_world(configured(tmp_path, population={"leave_out": [rule]}))
    assert people_in(world) == {"c0", "c1", "c3", "c4", "c5"}
    assert world.notes == ("customers: 1 left out by the rule: vip among True",)


def test_a_rule_on_an_unknown_column_of_customers_is_refused(tmp_path):
    config = configured(tmp_path, population={"leave_out": [{"column": "vup", "among": ["x"]}]})
    with pytest.raises(
        ConfigError,
        match=r"population\.leave_out: customers has no column 'vup'; declare it under "
        r"data\.customers\.attributes, or use another: did you mean 'vip'",
    ):
        read_world(config)


def test_leaving_out_needs_a_table_of_customers(tmp_path):
    rule = {"column": "vip", "among": ["True"]}
    tables = {"orders": shop()["orders"]}
    config = configure(tmp_path, tables, population={"leave_out": [rule]})
    with pytest.raises(ConfigError, match=r"population\.leave_out needs data\.customers"):
        read_world(config)


def test_leaving_everybody_out_is_refused(tmp_path):
    rule = {"column": "vip", "among": ["True", "False"]}
    config = configured(tmp_path, population={"leave_out": [rule]})
    with pytest.raises(DataError, match=r"orders: none is left of the customers chosen; check pop"):
        read_world(config)


def test_a_number_of_customers_picks_the_same_ones_whatever_the_order(tmp_path):
    tables = shop(40)
    one = people_in(read_world(configured(tmp_path, tables, customers=7)))
    backwards = {name: rows[::-1] for name, rows in tables.items()}
    other = people_in(read_world(configured(tmp_path, backwards, customers=7)))
    assert len(one) == 7
    assert one == other


def test_fewer_customers_are_among_more(tmp_path):
    config = configured(tmp_path, shop(40))
    few, more = (people_in(read_world(changed(config, customers=n))) for n in (5, 9))
    assert few < more


def test_a_cutoff_before_anybody_is_known_is_refused(tmp_path):
    options = {"orders": {"lag_days": 40}}
    tables = {"orders": shop()["orders"]}
    config = configure(tmp_path, tables, options=options, target=TARGET, cutoffs=CUTOFFS)
    with pytest.raises(ClvlensError, match=r"no customer is known before 2024-01-20; use a later"):
        make_panel(config)
