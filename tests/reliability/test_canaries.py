"""Whoever is planted in the data is found in none of what leaves the folder of the data."""

import pytest
from tests.reliability.shop import changed
from tests.reliability.table import tried
from tests.reliability.trained import VERBS, TrainedShop, shop_rows, train_shop, write_shop
from tests.support.command import clvlens

pytestmark = [pytest.mark.slow, pytest.mark.reliability]

IDS = tuple(f"canary-id-{number}-kq7x" for number in range(8))
MAILS = tuple(f"canary{number}@kq7x.example" for number in range(6))
NAMES = tuple(f"Cänary Kq7x {number}" for number in range(6))
SENT = ("training", "evaluation", "explanation", "levers", "value")  # folders of artifacts
CANARIES = (*IDS, *MAILS, *NAMES)


def planted() -> dict:
    """Plant ids as such and as e-mails, names in a column that nothing reads, e-mails in two."""
    tables = shop_rows((*IDS, *MAILS))
    people = [{**row, "full_name": NAMES[place % 6], "country": row["country"]}
              for place, row in enumerate(tables["customers"])]  # fmt: skip
    orders = [{**row, "store": MAILS[place % 6] if place < 6 else "shop", "channel": "web"}
              for place, row in enumerate(tables["orders"])]  # fmt: skip
    return {"orders": changed(orders, 9, channel=MAILS[0]), "customers": people}


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> TrainedShop:
    return train_shop(tmp_path_factory.mktemp("planted"), planted())


def found_in(text: bytes) -> set[str]:
    return {canary for canary in CANARIES if canary.encode() in text}


def test_whoever_is_planted_can_be_found(shop):
    """Predictions name everybody, so that a search which finds nobody elsewhere means something."""
    predictions = shop.folder / "data" / "shop" / "predictions.csv"
    assert found_in(predictions.read_bytes()) == {*IDS, *MAILS}
    assert found_in((shop.folder / "customers.csv").read_bytes()) == set(CANARIES)


def test_nobody_is_in_the_tracking_store_the_model_or_what_is_sent_there(shop, record_property):
    assert {ran.code for ran in shop.ran.values()} == {0}
    data = shop.folder / "data"
    kept = [data / "mlflow", shop.folder / "models"]
    kept += [data / "shop" / name for name in SENT]
    files = [path for folder in kept for path in folder.rglob("*") if path.is_file()]
    leaks = {str(path): leak for path in files if (leak := found_in(path.read_bytes()))}
    names = {str(path): leak for path in files if (leak := found_in(str(path).encode()))}
    record_property(*tried("canaries", "files", 20, 20 - len(set().union(*leaks.values()))))
    assert len(files) > 40
    assert (leaks, names) == ({}, {})


def test_nobody_is_named_on_the_way_but_where_predictions_are_shown(shop, record_property):
    told = {verb: ran.err + (ran.out if verb != "predict" else "")
            for verb, ran in shop.ran.items()}  # fmt: skip
    leaks = {verb: leak for verb, text in told.items() if (leak := found_in(text.encode()))}
    record_property(*tried("canaries", "logs", 20, 20 - len(set().union(*leaks.values()))))
    assert set(told) == set(VERBS)
    assert leaks == {}


FAULTS = {
    "a null id": lambda rows: changed(rows, 3, customer_id=""),
    "a bad amount": lambda rows: changed(rows, 3, amount="x"),
    "a ragged row": lambda rows: changed(rows, 3, store='x"\n'),
    "another number of values": lambda rows: [dict(list(row.items())[:2]) for row in rows],
    "repeated ids of orders": lambda rows: [
        {**row, "order_id": MAILS[place % 6]} for place, row in enumerate(rows)
    ],
    "no header": lambda rows: [
        {str(value): row[name] for (name, value) in rows[0].items()} for row in rows
    ],
    "a mixed currency": lambda rows: [{**row, "currency": "USD"} for row in rows],
    "times with and without offset": lambda rows: changed(
        rows, 3, ordered_at="2024-01-05T00:00:00Z"
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nobody_is_named_in_an_error(fault, tmp_path, record_property):
    tables = planted()
    config = write_shop(tmp_path, {**tables, "orders": FAULTS[fault](tables["orders"])})
    ran = clvlens("check", "--config", config)
    leak = found_in((ran.out + ran.err).encode())
    record_property(*tried("canaries", f"error of {fault}", 20, 20 - len(leak)))
    assert ran.code == 2
    assert leak == set()


def test_nobody_is_named_where_tables_share_no_customer(tmp_path, record_property):
    tables = planted()
    strangers = [{**row, "customer_id": f"{MAILS[0]}-{place}"}
                 for place, row in enumerate(tables["customers"])]  # fmt: skip
    ran = clvlens("check", "--config", write_shop(tmp_path, {**tables, "customers": strangers}))
    leak = found_in((ran.out + ran.err).encode())
    record_property(*tried("canaries", "error of strangers", 20, 20 - len(leak)))
    assert (ran.code, leak) == (2, set())
    assert "ids look like" in ran.err
