"""What `write` leaves behind can be read as a user's own tables are."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from clvlens.cli.inspecting import check
from clvlens.cli.simulating import simulate
from clvlens.cli.stages import Stages
from clvlens.config import load_config
from clvlens.errors import ConfigError
from clvlens.histories import discover
from clvlens.simulation.columns import TABLES
from clvlens.simulation.levers import LEVERS
from clvlens.simulation.noise import BLOCK, Noise
from clvlens.simulation.settings import Settings
from clvlens.simulation.tables import build, inhabit
from clvlens.simulation.writing import write


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_every_table_is_read_and_checked_with_the_configuration_beside_it(tmp_path, form, capsys):
    out = tmp_path / "shop"
    rows = write(Settings(customers=400, format=form), out)
    check(load_config(out / "config.yaml"), False, None, Stages())
    said = capsys.readouterr().out
    assert set(rows) == set(TABLES) == set(discover())
    for name, count in rows.items():
        assert f"{name} " in said
        assert f"{count:,}" in said
    assert "absent" not in said


def test_blemished_tables_are_read_too(tmp_path, capsys):
    out = tmp_path / "shop"
    write(Settings(customers=300, missing=0.1, late_days=3, regime="drift"), out)
    check(load_config(out / "config.yaml"), False, None, Stages())
    assert "lag_days: 3" in (out / "config.yaml").read_text()
    assert "orders" in capsys.readouterr().out


def test_tables_in_two_chunks_are_those_of_each_block(tmp_path):
    customers = BLOCK + 200
    write(Settings(customers=customers), tmp_path / "shop")
    written = pq.ParquetFile(tmp_path / "shop" / "bookings.parquet")
    assert written.num_row_groups == 2
    blocks = [
        build(inhabit(Noise(1, block, size), Settings()))["bookings"]
        for block, size in ((0, BLOCK), (1, 200))
    ]
    for number, block in enumerate(blocks):
        assert written.read_row_group(number).equals(block)


def test_the_truth_is_written_by_policy_and_by_customer(tmp_path):
    out = tmp_path / "shop"
    write(Settings(customers=200), out, with_truth=True, truth_customers=400)
    table = pd.read_csv(out / "truth.csv")
    assert set(table["lever"]) == {lever.name for lever in LEVERS}
    assert table.groupby("lever")["policy"].count().max() == 2
    told = json.loads((out / "truth.json").read_text())
    assert told["horizon_days"] == 360
    assert told["cohort_signed_up_before"].startswith("2023-06-25")
    assert [row["lever"] for row in told["levers"]] == table["lever"].to_list()
    own = pd.read_parquet(out / "truth_by_customer.parquet")
    assert len(own) == 200
    assert (own["newsletter"] == 0).all()
    assert own["onboarding"].isna().any()


def test_no_truth_is_written_unless_asked_for(tmp_path):
    write(Settings(customers=50), tmp_path / "shop")
    assert not list((tmp_path / "shop").glob("truth*"))


def test_the_verb_says_what_it_wrote(tmp_path, capsys):
    simulate(tmp_path / "shop", Stages(), False, 50, 1, "clean", "parquet")
    said = capsys.readouterr().out
    assert "customers" in said
    assert str(tmp_path / "shop") in said


def test_the_verb_never_replaces_a_folder_with_anything_else_in_it(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="holds other files; name a new folder"):
        simulate(tmp_path, Stages(), False, 50, 1, "clean", "parquet")
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"regime": "cleen"}, "regime 'cleen' is unknown; did you mean 'clean'"),
        ({"format": "xml"}, "format 'xml' is unknown; known are csv, parquet"),
        ({"customers": 0}, "at least 1 customer"),
        ({"refunds": 1.5}, "refunds is 1.5; give a share from 0 to 1"),
        ({"late_days": -1.0}, "must not be negative"),
    ],
)
def test_settings_that_will_not_do_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        Settings(**wrong)
