"""What holds for every history, with no word about it in the history's own test."""

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pytest
from tests.support.business import Row, bits, configure, features_at, instant, pairs

from clvlens.histories import discover
from clvlens.histories.base import STORAGE, Column, Feature, History
from clvlens.panel.snapshot import features_of, past_of
from clvlens.panel.target import outcomes
from clvlens.panel.typed import Events
from clvlens.panel.world import World, read_world

HISTORIES = list(discover().values())
DAY = 86_400_000_000
every_history = pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.name)
every_late_column = pytest.mark.parametrize(
    ("history", "column"),
    [(h, c) for h in HISTORIES for c in h.columns if h.clock(c) is not None],
    ids=lambda value: value.name,
)
TEXT = {"id": "other", "text": "other", "category": "other"}
SAMPLES = {**TEXT, "money": 987.65, "number": 98.7, "count": 98, "flag": True}


def read(history: History, rows: list[Row], *, form: str = "csv", **options: object) -> World:
    """Read a history's rows in the real way, and leave the orders that every run needs aside."""
    tables = {"orders": list(discover()["orders"].example), history.name: rows}
    with TemporaryDirectory() as folder:
        config = configure(Path(folder), tables, form=form, options={history.name: options})
        world = read_world(config)
    return replace(world, histories={history.name: world.histories[history.name]})


@cache
def example_world(name: str) -> World:
    return read(discover()[name], full_rows(discover()[name]))


def full_rows(history: History) -> list[Row]:
    """Return the example with every column, so that the header stays when values go."""
    return [{c.name: row.get(c.name) for c in history.columns} for row in history.example]


def at(row: Row, column: str | None) -> int | None:
    return instant(str(row[column])) if column and row.get(column) else None


def iso(when: int) -> str:
    return (dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=when)).isoformat()


def moments(history: History) -> list[int]:
    """Return every instant of the example after the first at which something became known."""
    clocks = {history.time} | {history.clock(column) for column in history.columns}
    known = {at(row, clock) for row in full_rows(history) for clock in clocks if clock}
    first = min(at(row, history.time) for row in history.example)
    return sorted(when for when in known - {None} if when > first)


def customers(history: History) -> list[str]:
    return sorted({str(row["customer_id"]) for row in history.example})


def known_before(history: History, cutoff: int) -> list[Row]:
    """Return the example as a business would have written it just before the cutoff."""
    rows = [row for row in full_rows(history) if at(row, history.time) < cutoff]
    late = [column for column in history.columns if history.clock(column)]
    for row in rows:
        forget = {c.name for c in late if (at(row, history.clock(c)) or cutoff) >= cutoff}
        row.update(dict.fromkeys(forget))
    return rows


def altered(history: History, cutoff: int) -> list[Row]:
    """Return the example with everything that became known at or after the cutoff altered."""
    rows = full_rows(history)
    for row in rows:
        is_future = at(row, history.time) >= cutoff
        for column in history.columns:
            known = at(row, history.clock(column)) or at(row, history.time)
            if is_future or known >= cutoff:
                row[column.name] = _other(row, column, cutoff)
    return rows


def _other(row: Row, column: Column, cutoff: int) -> object:
    if column.type == "time":
        return iso(cutoff + 1 + sum(map(ord, column.name)))
    if column.type == "id":
        return row[column.name]
    return SAMPLES[column.type]


def features_if_all_columns(history: History) -> list[Feature]:
    """Return the features of a table that has every column; nothing is computed."""
    schema = {column.name: STORAGE[column.type] for column in history.columns}
    schema |= dict.fromkeys(("event_time", "day", "weekday", "hour"), "int64")
    events = Events(history, ibis.table(schema, name=history.name))
    rows = ibis.table({"customer_id": "string", "cutoff": "int64"}, name="rows")
    return list(history.features(past_of(events, rows, 90)))


# --- what it says of itself


@every_history
def test_the_example_holds_three_rows_of_the_schema(history):
    names = {column.name for column in history.columns}
    required = {column.name for column in history.columns if column.required}
    assert len(history.example) == 3
    for row in history.example:
        assert required <= set(row) <= names


@every_history
def test_the_example_reads_the_same_from_csv_and_parquet(history):
    rows = [(customer, instant("2025-01-01")) for customer in customers(history)]
    from_parquet = read(history, full_rows(history), form="parquet")
    assert bits(features_at(example_world(history.name), *rows)) == bits(
        features_at(from_parquet, *rows)
    )


@every_history
def test_features_have_a_name_of_their_own_a_meaning_and_a_unit(history):
    features = features_if_all_columns(history)
    names = [feature.name for feature in features]
    assert features
    assert len(set(names)) == len(names)
    for feature in features:
        assert feature.name.startswith(f"{history.name}__")
        assert feature.meaning
        assert feature.unit


@every_history
def test_levers_name_real_features(history):
    names = [f.name for other in HISTORIES for f in features_if_all_columns(other)]
    for lever in history.levers:
        assert lever.features
        for stem in lever.features:
            only = replace(lever, features=(stem,))
            assert any(only.measures(name) for name in names), f"{lever.name}: {stem}"


@every_history
def test_who_is_eligible_is_asked_of_real_features(history):
    names = {f.name for other in HISTORIES for f in features_if_all_columns(other)}
    asked = [lever.decision.eligible for lever in history.levers if lever.decision]
    assert {condition.feature for conditions in asked for condition in conditions} <= names


# --- what it may not see


@every_history
@pytest.mark.parametrize("rewrite", [known_before, altered])
def test_rewriting_what_became_known_at_or_after_the_cutoff_changes_no_feature(history, rewrite):
    """Beside the example's customers stand twins, one a cutoff, whose future is rewritten."""
    cutoffs = moments(history)
    twins = [
        row | {"customer_id": f"{row['customer_id']} at {cutoff}"}
        for cutoff in cutoffs
        for row in rewrite(history, cutoff)
    ]
    world = read(history, full_rows(history) + twins)
    rows = [(customer, cutoff) for customer in customers(history) for cutoff in cutoffs]
    rewritten = features_at(
        world, *((f"{customer} at {cutoff}", cutoff) for customer, cutoff in rows)
    )
    rewritten["customer_id"] = rewritten["customer_id"].str.split(" ").str[0]
    assert bits(rewritten.sort_values(["customer_id", "cutoff"])) == bits(features_at(world, *rows))


@every_history
def test_an_event_at_the_cutoff_is_not_seen_but_a_microsecond_later_it_is(history):
    world = example_world(history.name)
    last = max(history.example, key=lambda row: at(row, history.time))
    customer, cutoff = str(last["customer_id"]), at(last, history.time)
    before, just_after = (
        features_at(world, (customer, when)).drop(columns="tenure_days")
        for when in (cutoff, cutoff + 1)
    )
    without = read(history, [row for row in full_rows(history) if row != {**row, **last}])
    assert bits(before) == bits(
        features_at(without, (customer, cutoff)).drop(columns="tenure_days")
    )
    assert bits(before.drop(columns="cutoff")) != bits(just_after.drop(columns="cutoff"))


@every_late_column
def test_a_value_is_masked_until_it_becomes_known(history, column):
    clock = history.clock(column)
    row = dict(full_rows(history)[0])
    happened = at(row, history.time)
    known = happened + DAY
    row[column.name] = SAMPLES.get(column.type)
    row[clock] = iso(known)
    world = read(history, [row])
    rows = pairs(*((str(row["customer_id"]), when) for when in (known, known + 1)))
    past = past_of(world.histories[history.name], rows, 90).table
    seen = world.engine.frame(past.order_by("cutoff"))[column.name]
    assert seen.isna().tolist() == [True, False]


@every_history
def test_a_row_that_arrives_two_days_late_is_not_seen_before(history):
    world = read(history, full_rows(history), lag_days=2)
    row = history.example[0]
    customer, happened = str(row["customer_id"]), at(row, history.time)
    cutoffs = [happened + 1, happened + 2 * DAY, happened + 2 * DAY + 1]
    past = past_of(world.histories[history.name], pairs(*((customer, c) for c in cutoffs)), 90)
    assert world.engine.frame(past.table)["cutoff"].tolist() == [happened + 2 * DAY + 1]


# --- what it does where there is little


@every_history
def test_a_customer_without_events_gets_the_declared_empty_values(history):
    world = example_world(history.name)
    (row,) = features_at(world, ("nobody", instant("2025-01-01"))).to_dict("records")
    features = features_of(world)
    assert len(features) > 1
    for name, feature in features.items():
        if feature.empty is None:
            assert row[name] is None or row[name] != row[name], name
        else:
            assert row[name] == feature.empty, name


@every_history
def test_optional_columns_may_all_be_absent(history):
    required = [column.name for column in history.columns if column.required]
    bare = read(history, [{name: row[name] for name in required} for row in history.example])
    frame = features_at(bare, (customers(history)[0], instant("2025-01-01")))
    assert list(frame.columns) == ["customer_id", "cutoff", *features_of(bare)]
    assert len(features_of(bare)) < len(features_of(example_world(history.name)))


def test_an_order_at_the_cutoff_belongs_to_the_target():
    world = example_world("orders")
    row = discover()["orders"].example[2]  # B2 pays 12.50
    cutoff = at(row, "ordered_at")
    rows = pairs(*(("B2", when) for when in (cutoff, cutoff + 1)))
    future = world.engine.frame(outcomes(world, rows, 1).order_by("cutoff"))
    assert future["value"].tolist() == [12.5, 0]
    assert future["churned"].tolist() == [0, 1]
