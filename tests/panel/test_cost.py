"""What a snapshot costs, counted in the engine's own account of it, and so alike everywhere."""

import json
from collections import Counter
from collections.abc import Iterator

import ibis
import pytest
from tests.support.business import configure, instant

from clvlens.panel.snapshot import WIDTH, features_of, population, snapshot
from clvlens.panel.world import World, read_world

ORDERS = [
    {"customer_id": f"c{n % 50}", "ordered_at": f"2024-01-{1 + n % 28:02}", "amount": 10 + n}
    for n in range(500)
]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return read_world(configure(tmp_path_factory.mktemp("shop"), {"orders": ORDERS}))


def operators(node: dict) -> Iterator[dict]:
    """Yield every operator of a profile, the outermost first."""
    yield node
    for child in node["children"]:
        yield from operators(child)


def account(world: World, folder, *cutoffs: str) -> list[dict]:
    """Return the operators that a snapshot of everybody at these cutoffs took."""
    rows = [population(world, instant(when)) for when in cutoffs]
    kept = world.engine.keep(ibis.union(*rows) if len(rows) > 1 else rows[0])
    query = ibis.to_sql(snapshot(world, kept), dialect="duckdb")
    con, profile = world.engine.backend.con, folder / "profile.json"
    con.execute("PRAGMA enable_profiling = 'json'")
    con.execute(f"SET profiling_output = '{profile}'")
    con.execute(query).fetchall()
    con.execute("PRAGMA disable_profiling")
    return [*operators(json.loads(profile.read_text(encoding="utf-8")))]


def scans(world: World, found: list[dict], name: str) -> list[dict]:
    table = world.histories[name].table.get_name()
    return [o for o in found if table in o.get("extra_info", {}).get("Table", "")]


def names(found: list[dict]) -> Counter:
    return Counter(o.get("operator_name", "").strip() for o in found)


def test_a_snapshot_reads_orders_once_for_tenure_and_once_for_all_features(world, tmp_path):
    found = scans(world, account(world, tmp_path, "2024-02-01"), "orders")
    assert [scan["operator_rows_scanned"] for scan in found] == [500, 500]


def test_eight_cutoffs_read_orders_no_more_often_than_one(world, tmp_path):
    days = [f"2024-01-{day}" for day in range(16, 24)]
    found = scans(world, account(world, tmp_path, *days), "orders")
    assert [scan["operator_rows_scanned"] for scan in found] == [500, 500]


def test_no_cutoff_sorts_orders_again(world, tmp_path):
    kinds = names(account(world, tmp_path, "2024-02-01"))
    assert kinds["WINDOW"] == kinds["ORDER_BY"] == 0


def test_features_are_grouped_a_dozen_at_a_time(world, tmp_path):
    orders = [name for name in features_of(world) if name.startswith("orders__")]
    of_tenure, of_features = 1, -(-len(orders) // WIDTH)
    kinds = names(account(world, tmp_path, "2024-02-01"))
    assert kinds["HASH_GROUP_BY"] == of_tenure + of_features
    assert kinds["HASH_JOIN"] == 2 + of_features + of_tenure - 1


def test_a_small_snapshot_spills_nothing(world, tmp_path):
    whole = account(world, tmp_path, "2024-02-01")[0]
    assert whole["system_peak_temp_dir_size"] == 0
