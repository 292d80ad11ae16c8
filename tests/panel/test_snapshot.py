"""Features for any table of customers and cutoffs, and who is in the population."""

import pytest
from tests.support.business import bits, configure, features_at, instant
from tests.support.laboratory import DAY

from clvlens.panel.panel import snapshot_frame
from clvlens.panel.snapshot import population
from clvlens.panel.world import World, read_world

# Ann buys every ten days of 2024's first half; Bob once; Cleo signs up and never buys;
# Dora gets a message and no more; Eve signs up after all of them.
TABLES = {
    "orders": [
        *(
            {"customer_id": "ann", "ordered_at": f"2024-0{month}-{day}", "amount": month * 10}
            for month in range(1, 7)
            for day in (10, 20)
        ),
        {"customer_id": "bob", "ordered_at": "2024-02-02T12:00", "amount": 7},
    ],
    "customers": [
        {"customer_id": "ann", "signed_up_at": "2024-02-01", "country": "DE"},
        {"customer_id": "cleo", "signed_up_at": "2024-03-01", "country": "FR"},
        {"customer_id": "eve", "signed_up_at": "2024-06-20", "country": "DE"},
    ],
    "messages": [
        {"customer_id": "dora", "sent_at": "2024-04-01", "kind": "newsletter"},
        {"customer_id": "ann", "sent_at": "2024-05-01", "kind": "newsletter"},
    ],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    return read_world(configure(tmp_path_factory.mktemp("shop"), TABLES))


def members(world: World, when: str | int) -> list[str]:
    cutoff = instant(when) if isinstance(when, str) else when
    return sorted(world.engine.frame(population(world, cutoff))["customer_id"])


def test_a_cutoff_for_each_customer_gives_what_one_cutoff_for_all_gives(world):
    """The diagonal of three customers by three cutoffs, asked at once and one by one."""
    cutoffs = [instant(when) for when in ("2024-02-10", "2024-04-02", "2024-06-15")]
    people = ["ann", "bob", "dora"]
    at_once = features_at(world, *zip(people, cutoffs, strict=True))
    one_by_one = [features_at(world, *((who, cutoff) for who in people)) for cutoff in cutoffs]
    for number in range(3):
        own = one_by_one[number].iloc[[number]]
        assert bits(at_once.iloc[[number]]) == bits(own)


def test_a_customer_with_several_cutoffs_has_a_row_for_each(world):
    frame = features_at(world, *(("ann", instant(f"2024-0{month}-01")) for month in (3, 5)))
    assert frame["orders__count_ever"].tolist() == [4, 8]
    assert frame["orders__total_revenue_ever"].tolist() == [2 * 10 + 2 * 20, 200]


def test_a_snapshot_holds_the_population_ordered_by_customer(world):
    frame = snapshot_frame(world, instant("2024-05-01"))
    assert frame["customer_id"].tolist() == ["ann", "bob", "cleo", "dora"]
    assert frame["cutoff"].astype(str).unique().tolist() == ["2024-05-01 00:00:00+00:00"]


def test_people_who_never_bought_are_known_from_sign_up_and_messages(world):
    assert members(world, "2024-05-01") == ["ann", "bob", "cleo", "dora"]
    frame = snapshot_frame(world, instant("2024-05-01")).set_index("customer_id")
    assert frame["orders__count_ever"].tolist() == [8, 1, 0, 0]
    assert frame["tenure_days"].to_dict() == {"ann": 112, "bob": 88.5, "cleo": 61, "dora": 30}


def test_who_is_first_known_at_the_cutoff_is_not_known_before_it(world):
    cleo = instant("2024-03-01")
    assert members(world, cleo) == ["ann", "bob"]
    assert members(world, cleo + 1) == ["ann", "bob", "cleo"]


def test_the_long_silent_stay_in_the_population(world):
    assert members(world, instant("2024-02-02") + 5000 * DAY) == sorted(
        ["ann", "bob", "cleo", "dora", "eve"]
    )


def test_traits_without_a_time_are_known_with_the_first_event(tmp_path):
    traits = [{"customer_id": who, "country": "DE"} for who in ("bob", "zoe")]
    timeless = read_world(configure(tmp_path, {**TABLES, "customers": traits}))
    frame = snapshot_frame(timeless, instant("2024-03-01")).set_index("customer_id")
    assert frame["customers__country"].fillna("?").to_dict() == {"ann": "?", "bob": "DE"}


def test_a_lag_delays_when_somebody_is_known(tmp_path):
    late = configure(tmp_path, TABLES, options={"customers": {"lag_days": 2}})
    world = read_world(late)
    arrives = instant("2024-03-03")
    assert "cleo" not in members(world, arrives)
    assert "cleo" in members(world, arrives + 1)


def test_a_look_back_forgets_older_events_but_not_who_a_customer_is(tmp_path):
    """Ann signed up 90 days before May 1st; of her orders, two lie in the 30 days before."""
    short = read_world(configure(tmp_path, TABLES, look_back_days=30))
    row = features_at(short, ("ann", instant("2024-05-01"))).iloc[0]
    assert row["orders__count_ever"] == row["orders__count_365d"] == 2
    assert row["orders__days_since_first"] == 21
    assert row["customers__country"] == "DE"
    assert row["customers__days_since_sign_up"] == 90
    assert row["tenure_days"] == 112
    assert members(short, "2024-05-01") == ["ann", "bob", "cleo", "dora"]


def test_a_look_back_holds_its_first_instant(tmp_path):
    """Ann's order of April 20th is ten days old at April 30th."""
    short = read_world(configure(tmp_path, TABLES, look_back_days=10))
    moments = [("ann", instant("2024-04-30") + more) for more in (0, 1)]
    assert features_at(short, *moments)["orders__count_ever"].tolist() == [1, 0]


def test_half_a_year_of_windows_by_hand(world):
    """At May 1st, Ann's orders are 11 (Apr 20), 21 (Apr 10), 42, 52 (Mar), ... days old."""
    row = features_at(world, ("ann", instant("2024-05-01"))).iloc[0]
    assert row["orders__count_30d"] == 2
    assert row["orders__count_90d"] == 6
    assert row["orders__total_revenue_90d"] == 2 * (20 + 30 + 40)
    assert row["orders__mean_amount_ever"] == 25
    assert row["orders__days_since_last"] == 11
    assert row["orders__days_since_first"] == 112
    assert row["orders__trend_count_45d"] == (3 - 3) / 6
    assert row["orders__first_amount"] == 10
    assert row["orders__last_amount"] == 40
    assert row["orders__repeat_days"] == 7
    assert row["orders__first_to_last"] == 101
    assert row["orders__repeat_day_amount"] == pytest.approx((200 - 10) / 7)
    assert row["customers__days_since_sign_up"] == 90
