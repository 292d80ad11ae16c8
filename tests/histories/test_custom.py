"""Histories that only a configuration describes."""

from pathlib import Path

import pytest
from tests.support.asking import ask, is_missing
from tests.support.business import write_config

from clvlens.config import load_config
from clvlens.errors import ConfigError, DataError
from clvlens.panel.engine import connect
from clvlens.panel.snapshot import features_of
from clvlens.panel.typed import read_events
from clvlens.panel.world import World, read_world

CONFIGS = Path(__file__).parents[2] / "configs"
RAVENSTACK = CONFIGS.parent.parent / "shared" / "data" / "ravenstack_saas"

# A redeemed three coupons, one of them on the day of the cutoff; B one, paid out later; C none.
REDEMPTIONS = [
    {"customer_id": "A", "redeemed_at": "2024-03-01", "campaign": "spring", "value": 4,
     "by_app": False, "paid_at": "2024-03-02", "paid": 4},
    {"customer_id": "A", "redeemed_at": "2024-06-05", "campaign": "summer", "value": 2.5,
     "by_app": True, "paid_at": "2024-06-20", "paid": 2},
    {"customer_id": "A", "redeemed_at": "2024-06-15", "campaign": "summer", "value": 9,
     "by_app": True, "paid_at": None, "paid": None},
    {"customer_id": "B", "redeemed_at": "2024-06-10", "campaign": "summer", "value": 1,
     "by_app": True, "paid_at": "2024-06-16", "paid": 1},
]  # fmt: skip
CUSTOM = {
    "noun": "redemptions",
    "time": "redeemed_at",
    "columns": {
        "campaign": "category", "value": "money", "by_app": "flag",
        "paid_at": "time", "paid": "money",
    },
    "known_at": {"paid": "paid_at"},
    "aggregates": [
        {"verb": "count", "windows": [30, "ever"]},
        {"verb": "total", "of": "value", "windows": [30, "ever"]},
        {"verb": "total", "of": "paid"},
        {"verb": "share", "of": "by_app"},
        {"verb": "distinct", "of": "campaign"},
        {"verb": "since_last"},
        {"verb": "last_known", "of": "campaign"},
        {"verb": "gaps"},
        {"verb": "trend", "windows": [45]},
        {"verb": "count", "where": {"campaign": ["summer"], "by_app": True}, "name": "summer"},
        {"verb": "since_last", "where": {"campaign": "spring"}, "name": "spring"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("redemptions", REDEMPTIONS, "2024-06-15", custom=CUSTOM)


def test_verbs_from_yaml_are_the_verbs_of_every_history(found):
    a = found["A"]
    assert (a["count_30d"], a["count_ever"]) == (1, 2)
    assert (a["total_value_30d"], a["total_value_ever"]) == (2.5, 6.5)
    assert (a["by_app_share_ever"], a["distinct_campaign_ever"]) == (1 / 2, 2)
    assert (a["days_since_last"], a["mean_gap"], a["last_campaign"]) == (10, 96, "summer")
    assert a["trend_count_45d"] == 1


def test_a_declared_clock_hides_what_became_known_later(found):
    assert found["A"]["total_paid_ever"] == 4
    assert found["B"]["total_paid_ever"] == 0


def test_a_condition_gives_its_name_to_the_feature(found):
    assert [found[who]["summer_count_ever"] for who in "ABC"] == [1, 1, 0]
    assert found["A"]["spring_days_since_last"] == 106  # from 1 March
    assert is_missing(found["B"]["spring_days_since_last"])


def test_who_has_no_row_gets_the_empty_values_of_the_verbs(found):
    assert (found["C"]["count_ever"], found["C"]["total_value_ever"]) == (0, 0)
    assert is_missing(found["C"]["by_app_share_ever"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"time": "cutoff"}, "cutoff has its own meaning"),
        ({"known_at": {"paid": "value"}}, "known_at.paid: value is no column of type time"),
        ({"known_at": {"payed": "paid_at"}}, "payed is no column; .*paid"),
        ({"aggregates": [{"verb": "total", "of": "campain"}]}, "'campain', which is no column"),
        ({"aggregates": [{"verb": "total", "of": "campaign"}]}, "total does not suit campaign"),
        ({"aggregates": [{"verb": "total"}]}, "total is of a column; give of"),
        ({"aggregates": [{"verb": "count", "of": "value"}]}, "count is of events; leave out of"),
        ({"aggregates": [{"verb": "gaps", "windows": [30]}]}, "leave out windows"),
        ({"aggregates": [{"verb": "trend"}]}, "trend compares two windows"),
        ({"aggregates": [{"verb": "count", "where": {"by_app": True}}]}, "where and name together"),
        ({"aggregates": [{"verb": "counts"}]}, "aggregates.0.verb: .*'count'"),
        ({"aggregates": []}, "expected one or more"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(tmp_path, wrong, message):
    tables = {
        "orders": {"path": "orders.csv"},
        "redemptions": {"path": "redemptions.csv", "custom": {**CUSTOM, **wrong}},
    }
    with pytest.raises(ConfigError, match=message):
        load_config(write_config(tmp_path, tables))


def test_a_table_of_no_known_history_needs_a_description(tmp_path):
    tables = {"orders": {"path": "orders.csv"}, "redemptions": {"path": "redemptions.csv"}}
    with pytest.raises(ConfigError, match=r"describe one of your own under data\.redemptions"):
        load_config(write_config(tmp_path, tables))


def test_a_history_of_clvlens_is_not_described_again(tmp_path):
    tables = {"orders": {"path": "orders.csv"}, "visits": {"path": "v.csv", "custom": CUSTOM}}
    with pytest.raises(ConfigError, match=r"data\.visits\.custom: visits is described"):
        load_config(write_config(tmp_path, tables))


def test_a_declared_column_that_the_table_lacks_is_named():
    without = [{k: v for k, v in row.items() if k != "value"} for row in REDEMPTIONS]
    with pytest.raises(DataError, match="no column 'value'"):
        ask("redemptions", without, "2024-06-15", custom=CUSTOM)


def test_several_time_formats_may_meet_in_one_table():
    rows = [
        {"customer_id": "A", "redeemed_at": "01-06-2024"},
        {"customer_id": "A", "redeemed_at": "03-06-2024 12:00"},
    ]
    custom = {"noun": "r", "time": "redeemed_at", "aggregates": [{"verb": "gaps"}]}
    forms = ["%d-%m-%Y %H:%M", "%d-%m-%Y"]
    found = ask("redemptions", rows, "2024-06-15", custom=custom, time_format=forms)
    assert found["A"]["mean_gap"] == 2.5


def test_complete_journey_tells_of_coupons_redeemed():
    config = load_config(CONFIGS / "complete_journey.yaml")
    engine = connect(config.time_zone)
    events = read_events(config, engine, "redemptions")
    assert engine.count(events.table) == 2102
    features = features_of(World(config, engine, {"redemptions": events}, 0, 0))
    assert {"redemptions__count_30d", "redemptions__distinct_campaign_id_90d"} <= set(features)


@pytest.mark.skipif(not RAVENSTACK.exists(), reason=f"RavenStack is not there: {RAVENSTACK}")
def test_ravenstack_fits_clvlens_and_two_histories_of_its_own():
    world = read_world(load_config(CONFIGS / "ravenstack.yaml"))
    rows = {name: world.engine.count(events.table) for name, events in world.histories.items()}
    assert rows == {"orders": 5000, "customers": 500, "subscriptions": 5000, "tickets": 2000,
                    "feature_usage": 25000, "cancellations": 600}  # fmt: skip
