"""What a configuration may say, and how it is explained where it fails."""

import datetime as dt
from pathlib import Path
from textwrap import dedent

import pydantic
import pytest

from clvlens.config import Config, load_config
from clvlens.errors import ConfigError

SHOP = """
    name: shop
    currency: EUR
    data:
      orders:
        path: orders.csv
"""
CONFIGS = Path(__file__).parents[2] / "configs"


def load(folder: Path, text: str = SHOP, **settings: object) -> Config:
    path = folder / "run.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return load_config(path, **settings)


# --- what it says


def test_name_currency_and_orders_are_enough(tmp_path):
    config = load(tmp_path)
    assert (config.name, config.currency, config.time_zone) == ("shop", "EUR", "UTC")
    assert config.target.horizon_days == 90
    assert config.target.value == "revenue"


def test_a_configuration_cannot_be_changed(tmp_path):
    config = load(tmp_path)
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        config.currency = "USD"


def test_paths_are_beside_the_configuration_or_above_its_folder_configs(tmp_path):
    (tmp_path / "configs").mkdir()
    assert load(tmp_path).root == tmp_path
    above = load(tmp_path / "configs")
    assert above.root == tmp_path
    assert above.data_folder == tmp_path / "data" / "shop"
    assert above.model_folder == tmp_path / "models" / "shop"


def test_dates_are_midnights_and_times_are_kept(tmp_path):
    cutoffs = """
    cutoffs:
      fit: [2024-01-31, "2024-02-29"]
      test: [2024-06-30T12:00:00]
    """
    config = load(tmp_path, dedent(SHOP) + dedent(cutoffs))
    assert config.cutoffs.fit == (dt.datetime(2024, 1, 31), dt.datetime(2024, 2, 29))
    assert config.cutoffs.test == (dt.datetime(2024, 6, 30, 12),)


def test_attributes_are_a_list_or_renamed(tmp_path):
    customers = "  customers: {path: c.csv, attributes: %s}\n"
    for written in ("[age, vip]", "{age: age, vip: vip}"):
        config = load(tmp_path, dedent(SHOP) + customers % written)
        history = config.history("customers")
        assert history.attributes == ("age", "vip")
        assert history.column("age").type == "category"


def test_a_number_of_customers_may_be_given_from_outside(tmp_path):
    assert load(tmp_path).customers is None
    assert load(tmp_path, customers=50).customers == 50
    with pytest.raises(ConfigError, match=r"customers: 0 will not do; expected more than 0"):
        load(tmp_path, customers=0)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_configurations_that_come_along_are_valid(path):
    assert load_config(path).name == path.stem


# --- how it fails


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml does not exist; give an existing file with"):
        load_config(tmp_path / "none.yaml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(ConfigError, match="is a folder; give a file with --config"):
        load_config(tmp_path)


def test_what_is_not_yaml_is_refused_with_line_and_column(tmp_path):
    with pytest.raises(ConfigError, match=r"run\.yaml:3: this is not YAML: expected ','") as error:
        load(tmp_path, "name: shop\ncurrency: [EUR\ndata: {}\n")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words"])
def test_a_file_without_settings(tmp_path, text):
    with pytest.raises(ConfigError, match="holds no settings; start with name, currency and data"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("currency: EUR", "curency: EUR", r":3: curency: unknown key; did you mean 'currency'\?"),
        ("currency: EUR", "name2: x", r"yaml: currency: this key is missing; add it, such as cu"),
        ("currency: EUR", "currency: euro", r":3: currency: 'euro' will not do; use three cap"),
        ("name: shop", "name: my shop", r":2: name: 'my shop' will not do; use letters, digits"),
        ("path: orders.csv", "pth: x", r":6: data\.orders\.pth: unknown key; did you mean 'path'"),
        ("  orders:", "  oders:", r":5: data\.oders is no history; did you mean 'orders'\?"),
        ("  orders:", "  customers:", r":4: data\.orders is missing; every run needs it"),
        ("path: orders.csv", "sep: ;", r":6: data\.orders\.sep: unknown key; did you mean 'delim"),
        ("path: orders.csv", "format: csv", r":5: data\.orders: give either path .* or database"),
        ("path: orders.csv", "database: d", r":5: data\.orders: a database needs table"),
        (
            "path: orders.csv",
            "path: [1]",
            r":6: data\.orders\.path: \[1\] will not do; expected text",
        ),
    ],
)
def test_a_wrong_key_is_named_with_its_line_and_the_nearest(tmp_path, old, new, problem):
    with pytest.raises(ConfigError, match=problem):
        load(tmp_path, SHOP.replace(old, new))


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            "time_zone: Europe/Pari",
            r":7: time_zone 'Europe/Pari' is unknown; use e\.g\. Europe/Par",
        ),
        ("time_zone: no", r":7: time_zone: False will not do; .* YAML reads yes, no, .* in quotes"),
        ("data_ends: 2023-02-31", r":7: this is not YAML: day is out of range for month; correct"),
        ("data_ends: 0001-01-01", r":7: data_ends: 1-01-01 is no date of a business; use one from"),
        ("root: elsewhere", r":7: root: unknown key; known are clv, currency"),
        ("target: {horizon: 9}", r":7: target\.horizon: unknown key; did you mean 'horizon_days'"),
        (
            "target: {horizon_days: 0}",
            r":7: target\.horizon_days: 0 will not do; expected more than 0",
        ),
        ("target: {label_days: 91}", r":7: target: label_days must not exceed horizon_days"),
        (
            "cutoffs: {test: [20240131]}",
            r":7: cutoffs\.test\.0: 20240131 is no date; write it as",
        ),
        (
            "cutoffs: {test: [soon]}",
            r":7: cutoffs\.test\.0: 'soon' will not do; expected a date such as 2024-01-31",
        ),
        ("model: {trees: many}", r":7: model\.trees: 'many' will not do; expected a whole number"),
        (
            "population: {leave_out: [{column: a, above: 1, below: 2}]}",
            r":7: population\.leave_out\.0: give exactly one of among, above, below",
        ),
        (
            "population: {leave_out: [{colum: a, above: 1}]}",
            r":7: population\.leave_out\.0\.colum: unknown key; did you mean 'column'\?",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_line_and_what_would_do(tmp_path, more, problem):
    with pytest.raises(ConfigError, match=problem):
        load(tmp_path, dedent(SHOP) + more)


@pytest.mark.parametrize("name", ["amount", "day", "sequence"])
def test_an_attribute_with_a_name_of_ours_needs_another(tmp_path, name):
    attributes = f"    attributes: [{name}]\n"
    with pytest.raises(
        ConfigError,
        match=rf":7: data\.orders\.attributes: {name} has its own meaning; .* \{{its_{name}",
    ):
        load(tmp_path, dedent(SHOP) + attributes)


def test_all_faults_of_a_configuration_come_at_once_one_a_line(tmp_path):
    with pytest.raises(ConfigError, match="unknown key") as error:
        load(tmp_path, SHOP.replace("EUR", "euro").replace("path:", "pth:") + "    colour: red\n")
    path = tmp_path / "run.yaml"
    assert [line.split(": ")[:2] for line in str(error.value).splitlines()] == [
        [f"{path}:3", "currency"],
        [f"{path}:6", "data.orders.pth"],
        [f"{path}:7", "colour"],
    ]


def test_a_key_that_is_given_twice_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"run\.yaml:7: orders is given twice; keep one$"):
        load(tmp_path, SHOP + "      orders:\n        path: other.csv\n")


def test_a_holiday_of_one_year_alone_is_refused():
    data = {"orders": {"path": "orders.csv"}}
    with pytest.raises(pydantic.ValidationError, match="takes its date in several years"):
        Config(name="shop", currency="EUR", data=data, holidays={"easter": ["2024-03-31"]})
    dates = ["2023-04-09", "2024-03-31"]
    config = Config(name="shop", currency="EUR", data=data, holidays={"easter": dates})
    assert [day.month for day in config.holidays["easter"]] == [4, 3]


def test_truth_is_no_number(tmp_path):
    with pytest.raises(
        ConfigError, match=r"model\.trees: True will not do; expected a whole number$"
    ):
        load(tmp_path, dedent(SHOP) + "model: {trees: true}\n")
    with pytest.raises(ConfigError, match=r"learning_rate: False will not do; expected a number$"):
        load(tmp_path, dedent(SHOP) + "model: {learning_rate: no}\n")


def test_an_unknown_candidate_is_told_once(tmp_path):
    with pytest.raises(ConfigError, match=r"candidates.*'lasso' will not do") as error:
        load(tmp_path, dedent(SHOP) + "model: {candidates: [lasso]}\n")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "uri", ["http://host:5000", "sqlite:///runs.db", "postgresql+psycopg://h/n"]
)
def test_experiments_are_kept_by_a_server_or_in_a_database(tmp_path, uri):
    assert load(tmp_path, dedent(SHOP) + f"tracking: {{uri: {uri!r}}}\n").tracking.uri == uri


def test_what_keeps_no_experiments_is_refused_before_the_work(tmp_path):
    with pytest.raises(ConfigError, match=r":7: tracking\.uri: ftp is no kind of tracking store"):
        load(tmp_path, dedent(SHOP) + "tracking: {uri: 'ftp://host/x'}\n")
