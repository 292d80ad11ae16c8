"""Bad inputs that only a model meets: odd ids, what training did not see, tables that are gone."""

import re

import pytest
import yaml
from tests.reliability.table import tried
from tests.reliability.trained import ODD_IDS, VERBS, TrainedShop, shop_rows, train_shop, write_shop

pytestmark = pytest.mark.slow
NUMBERS = {"007": 23, "1e5": 24, "true": 25, "12345678901234567890": 26, "NA": 28}
SHOWN = {"=cmd|' /C calc'!A0": "'=cmd|' /C calc'!A0", "+49 170": "'+49 170", "@sum": "'@sum"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> TrainedShop:
    return train_shop(tmp_path_factory.mktemp("trained"), shop_rows())


def test_every_verb_ends_well(shop):
    assert {
        verb: (shop.ran[verb].code, "Traceback" in shop.ran[verb].err) for verb in VERBS
    } == dict.fromkeys(VERBS, (0, False))


@pytest.mark.parametrize("who", ODD_IDS, ids=lambda who: who[:12])
def test_an_id_comes_out_as_it_went_in_but_for_formulas(shop, who, record_property):
    record_property(*tried("bad inputs", f"{NUMBERS.get(who, 31 if who in SHOWN else 30):02d}"))
    ids = [row["customer_id"] for row in shop.predictions()]
    assert ids.count(SHOWN.get(who, who)) == 1


def test_ids_come_out_raw_where_that_is_asked(shop, tmp_path, record_property):
    record_property(*tried("bad inputs", "31"))
    again = shop.copy(tmp_path / "raw")
    assert again.run("predict", "--raw-ids").code == 0
    assert set(ODD_IDS) <= {row["customer_id"] for row in again.predictions()}


def test_a_prediction_may_reach_beyond_the_data(shop, record_property):
    """The newest cutoff's 40 days end after the last order: nothing is to be compared yet."""
    record_property(*tried("bad inputs", "54"))
    assert {row["cutoff"] for row in shop.predictions()} == {"2024-12-07"}
    assert {row["horizon_days"] for row in shop.predictions()} == {"40"}


def test_a_category_that_training_did_not_see_is_counted(shop, tmp_path, record_property):
    record_property(*tried("bad inputs", "61"))
    tables = shop_rows()
    people = [{**row, "country": "AT"} if number < 15 else row
              for number, row in enumerate(tables["customers"])]  # fmt: skip
    other = shop.copy(tmp_path / "other")
    write_shop(other.folder, {**tables, "customers": people})
    ran = other.run("predict")
    assert ran.code == 0
    assert (
        "note: customers__country: 15 of 150 customers have a value that was new or rare in "
        "training; taken for other" in ran.out
    )


def test_a_customer_whom_training_did_not_know_is_counted(shop, tmp_path, record_property):
    record_property(*tried("bad inputs", "62"))
    tables = shop_rows()
    new = [{"customer_id": f"new {who}", "ordered_at": "2024-12-01", "amount": "5"}
           for who in range(7)]  # fmt: skip
    other = shop.copy(tmp_path / "other")
    write_shop(other.folder, {**tables, "orders": tables["orders"] + new})
    ran = other.run("predict")
    assert ran.code == 0
    assert re.search(r"note: 7 of 157 customers were first known after 2024-\d\d-\d\d, ", ran.out)
    assert sum(row["customer_id"].startswith("new ") for row in other.predictions()) == 7


def test_a_table_that_the_model_read_and_that_is_gone_is_refused(shop, tmp_path, record_property):
    record_property(*tried("bad inputs", "63"))
    other = shop.copy(tmp_path / "other")
    settings = yaml.safe_load(other.config.read_text())
    del settings["data"]["customers"]
    other.config.write_text(yaml.safe_dump(settings))
    before = (other.folder / "data" / "shop" / "predictions.csv").read_bytes()
    ran = other.run("predict")
    assert ran.code == 2
    assert "of the features that the model reads are missing, first 'customers__" in ran.err
    assert (other.folder / "data" / "shop" / "predictions.csv").read_bytes() == before
