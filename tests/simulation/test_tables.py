"""The tables hold what happened, as far as it was known on the last day, and nothing twice."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clvlens.histories import discover
from clvlens.simulation.columns import TABLES, key_of, time_of
from clvlens.simulation.life import live
from clvlens.simulation.noise import Noise
from clvlens.simulation.settings import Settings
from clvlens.simulation.tables import build, inhabit
from clvlens.simulation.truth import value

END = pd.Timestamp("2024-12-16")
every_table = pytest.mark.parametrize("table", list(TABLES))


@pytest.fixture(scope="module")
def tables() -> Callable[..., dict[str, pd.DataFrame]]:
    """Return a function that builds the tables of 1,000 customers, each way once."""
    built: dict[Settings, dict[str, pd.DataFrame]] = {}

    def of(**settings: object) -> dict[str, pd.DataFrame]:
        key = Settings(customers=1_000, **settings)
        if key not in built:
            arrow = build(inhabit(Noise(key.seed, 0, key.customers), key))
            built[key] = {name: table.to_pandas() for name, table in arrow.items()}
        return built[key]

    return of


@every_table
def test_a_table_has_the_columns_of_its_history(tables, table):
    history = discover()[table]
    known = {column.name for column in history.columns}
    known |= {column.name for column in history.lines.columns} if history.lines else set()
    assert set(tables()[table].columns) <= known
    assert history.time == time_of(table)


@every_table
def test_clocks_are_those_of_the_history(table):
    history = discover()[table]
    for name, column in TABLES[table].items():
        own = history.clock(history.column(name))
        ours = column.known_at or (name if column.type == "time" else None)
        assert own == (None if ours == time_of(table) else ours), name


@every_table
def test_a_table_has_many_rows_each_with_its_own_key(tables, table):
    rows = tables()[table]
    assert len(rows) >= 800
    assert rows[key_of(table)].is_unique
    assert rows["customer_id"].notna().all()


@every_table
def test_nothing_is_known_before_it_happened_or_after_the_last_day(tables, table):
    rows = tables()[table]
    assert (rows[time_of(table)] < END).all()
    for name, column in TABLES[table].items():
        if column.type == "time" and not column.known_at:
            known = rows[name].dropna()
            assert (known < END).all(), name
            if name not in ("born_on", "email_captured_at"):
                assert (known >= rows.loc[known.index, time_of(table)]).all(), name
        elif column.known_at and column.known_at != time_of(table):
            assert rows.loc[rows[column.known_at].isna(), name].isna().all(), name


@every_table
def test_no_column_is_empty_or_constant(tables, table):
    rows = tables()[table]
    for name in rows.columns:
        assert rows[name].nunique() > 1 or rows[name].isna().any(), name
        assert rows[name].notna().any(), name


def test_the_same_seed_gives_the_same_bytes():
    settings = Settings(customers=300, missing=0.1, dirty_ids=0.1, late_days=5)
    one, other = (build(inhabit(Noise(4, 0, 300), settings)) for _ in range(2))
    for name in TABLES:
        assert one[name].equals(other[name])
    another = build(inhabit(Noise(5, 0, 300), settings))
    assert not another["orders"].equals(one["orders"])


@every_table
def test_a_customer_is_the_same_among_a_thousand_and_two_thousand(table):
    settings = Settings(missing=0.1, dirty_ids=0.1, late_days=5)
    few, many = (build(inhabit(Noise(4, 0, size), settings))[table] for size in (100, 200))
    ids = few.to_pandas()["customer_id"].str.strip()
    both = many.to_pandas()
    both = both[both["customer_id"].str.strip() <= ids.max()].reset_index(drop=True)
    key = key_of(table)
    pd.testing.assert_frame_equal(
        few.to_pandas().sort_values(key, ignore_index=True),
        both.sort_values(key, ignore_index=True),
        check_dtype=False,
    )


def test_orders_hold_all_value_that_truth_counts():
    settings = Settings(customers=500)
    world = inhabit(Noise(4, 0, 500), settings)
    orders = build(world)["orders"].to_pandas()
    settled = world.people.day + 360 + 15 < 1080  # refunds come within two weeks
    truth = value(list(live(world, 14)), np.zeros(500))
    start = pd.Timestamp("2022-01-01") + pd.to_timedelta(
        np.round(world.people.day * 86_400), unit="s"
    )
    by_customer = dict(zip([f"C{i:07d}" for i in range(500)], start, strict=True))
    began = orders["customer_id"].map(by_customer)
    inside = (orders["ordered_at"] >= began) & (
        orders["ordered_at"] < began + pd.Timedelta(360, "D")
    )
    counted = orders[inside]
    net = counted["amount"] - counted["refund_amount"].fillna(0)
    told = net.groupby(counted["customer_id"]).sum().reindex(by_customer).fillna(0).to_numpy()
    assert settled.sum() > 300
    assert told[settled] == pytest.approx(truth[settled], abs=0.01)


def test_the_decisions_stand_where_the_levers_say(tables):
    found = tables()
    world = inhabit(Noise(1, 0, 1_000), Settings(customers=1_000))
    arms = list(live(world, 7))[-1].start.arms.treated
    ids = np.array([f"C{i:07d}" for i in range(1_000)])
    young = world.people.day + 180 >= 1080

    def told(rows: pd.DataFrame) -> set[str]:
        return set(rows["customer_id"])

    subscriptions, messages = found["subscriptions"], found["messages"]
    annual = told(subscriptions[subscriptions["billing"] == "annual"])
    assert annual == set(ids[arms["annual_billing"]])
    onboarding = found["onboarding"]
    guided = told(onboarding[onboarding["assigned_program"] == "guided"])
    assert guided == set(ids[arms["onboarding"]])
    for lever, kind in (("bundle", "bundle_offer"), ("newsletter", "newsletter")):
        sent = told(messages[messages["kind"] == kind])
        assert sent - set(ids[young]) == set(ids[arms[lever] & ~young])
    special = messages[(messages["kind"] == "special_day") & messages["personalised"]]
    assert told(special) == set(ids[arms["special_day"] & ~young])


def test_refunds_take_the_share_asked_for(tables):
    for share in (0.0, 0.2):
        orders = tables(refunds=share)["orders"]
        shop = orders[~orders["channel"].isin(["subscription", "booking"])]
        assert shop["refunded_at"].notna().mean() == pytest.approx(share, abs=0.02)


def test_missing_values_take_the_share_asked_for_and_spare_decisions(tables):
    found = tables(missing=0.2)
    assert found["customers"]["country"].isna().mean() == pytest.approx(0.2, abs=0.05)
    assert found["payments"]["dunning_program"].notna().all()
    assert found["subscriptions"]["billing"].notna().all()


def test_dirty_ids_are_those_asked_for_with_blanks_around_them(tables):
    ids = tables(dirty_ids=0.1)["carts"]["customer_id"]
    assert (ids != ids.str.strip()).mean() == pytest.approx(0.1, abs=0.02)
    assert set(ids.str.strip()) == set(tables()["carts"]["customer_id"])


def test_rows_that_arrive_late_are_missing_at_the_end_alone(tables):
    late, prompt = tables(late_days=30)["visits"], tables()["visits"]
    old = END - pd.Timedelta(30, "D")
    assert (late["visited_at"] < old).sum() == (prompt["visited_at"] < old).sum()
    share = (late["visited_at"] >= old).sum() / (prompt["visited_at"] >= old).sum()
    assert share == pytest.approx(0.5, abs=0.15)


def test_a_trend_raises_prices_and_seasons_move_demand(tables):
    def mean_price(orders: pd.DataFrame, year: int) -> float:
        shop = orders[orders["channel"] == "web"]
        return shop.loc[shop["ordered_at"].dt.year == year, "amount"].mean()

    rising, flat = tables(trend=0.3)["orders"], tables()["orders"]
    assert mean_price(rising, 2024) / mean_price(flat, 2024) == pytest.approx(1.3**2.4, rel=0.1)
    swinging, calm = tables(seasonality=0.8)["carts"], tables(seasonality=0.0)["carts"]

    def winter(carts: pd.DataFrame) -> float:
        return float(carts["started_at"].dt.month.isin([11, 12, 1]).mean())

    assert winter(swinging) > 1.3 * winter(calm)


def test_more_noise_spreads_order_amounts(tables):
    wide, narrow = tables(noise=2.0)["orders"], tables(noise=0.0)["orders"]
    assert np.log(wide["amount"]).std() > 1.2 * np.log(narrow["amount"]).std()


def test_tables_are_written_as_times_money_and_words(tables):
    written = build(inhabit(Noise(1, 0, 50), Settings(customers=50)))["orders"].schema
    assert written.field("ordered_at").type == pa.timestamp("us")
    assert written.field("amount").type == pa.float64()
    assert written.field("channel").type == pa.string()
