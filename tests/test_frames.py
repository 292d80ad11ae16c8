"""From Python: frames in, frames out, the same as from files."""

import pandas as pd
import pytest
from tests.support.business import configure, features_at, instant

from clvlens import build_panel, load_config
from clvlens.errors import ConfigError
from clvlens.panel.world import read_world
from clvlens.simulation import Settings, draw

ORDERS = [
    {"customer_id": "007", "ordered_at": "2024-01-05", "amount": 10.0},
    {"customer_id": "007", "ordered_at": "2024-02-05", "amount": 5.5},
    {"customer_id": "8", "ordered_at": "2024-02-10", "amount": 1.0},
]


def settings(**data):
    return {"name": "shop", "currency": "EUR", "data": data}


def test_a_frame_is_read_as_a_file_of_the_same_rows(tmp_path):
    rows = [("007", instant("2024-03-01")), ("8", instant("2024-03-01"))]
    files = read_world(configure(tmp_path, {"orders": ORDERS}, data_ends="2024-03-05"))
    frame = pd.DataFrame(ORDERS, index=[5, 5, 6])
    frames = read_world(load_config(settings(orders=frame) | {"data_ends": "2024-03-05"}))
    pd.testing.assert_frame_equal(features_at(frames, *rows), features_at(files, *rows))
    assert features_at(frames, *rows)["orders__count_ever"].tolist() == [2, 1]


def test_a_frame_may_call_its_columns_otherwise():
    frame = pd.DataFrame(ORDERS).rename(columns={"customer_id": "client"})
    table = {"frame": frame, "columns": {"customer_id": "client"}}
    assert (
        read_world(load_config(settings(orders=table))).histories["orders"].columns["customer_id"]
        == "client"
    )


def test_settings_that_are_wrong_are_told_as_those_of_a_file():
    frame = pd.DataFrame(ORDERS)
    with pytest.raises(ConfigError, match=r"data.orders.colums: unknown key; did you mean 'col"):
        load_config(settings(orders={"frame": frame, "colums": {}}))
    with pytest.raises(ConfigError, match="give either path"):
        load_config(settings(orders={"frame": frame, "path": "orders.csv"}))


def test_a_panel_of_frames_is_kept_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    orders = draw(Settings(customers=200))["orders"]
    config = load_config(settings(orders=orders) | {"cutoffs": {"at_most": 1}})
    assert build_panel(config).feature_names
    assert list(tmp_path.iterdir()) == []


def test_a_drawn_business_is_the_one_that_is_written(tmp_path):
    from clvlens.simulation import write

    rows = write(Settings(customers=30), tmp_path / "shop")
    assert {name: len(table) for name, table in draw(Settings(customers=30)).items()} == rows
    written = pd.read_parquet(tmp_path / "shop" / "orders.parquet")
    pd.testing.assert_frame_equal(draw(Settings(customers=30))["orders"], written)
