"""The files that `levers` leaves behind: whole, readable by machines, and about no customer."""

import json

import pandas as pd
import pytest
from tests.output.conftest import DIGEST
from tests.output.test_lever_page import ANNUAL, NEWSLETTER, TICKETS, reported

from clvlens.output.lever_records import write_levers


@pytest.fixture
def folder(configured, tmp_path):
    report = reported(TICKETS, NEWSLETTER, ANNUAL, newsletter=30.0, annual_billing=5.0)
    return write_levers(configured("shop", tmp_path), report, DIGEST)


def test_the_page_lies_at_the_root_beside_the_tables_and_the_picture(folder):
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {
        *("levers.html", "levers.csv", "levers.json", "opportunity_by_lever.csv"),
        *("associated.csv", "made_with.json"),
        "plots/levers.png",
    }


def test_there_is_one_row_a_lever_with_its_association_beside_its_effect(folder):
    table = pd.read_csv(folder / "levers.csv").set_index("lever")
    assert list(table.index) == ["reply <1 h", "newsletter", "annual billing"]
    assert table.loc["annual billing", ["effect_per_eligible", "associated_part"]].to_list() == [
        80,
        5,
    ]
    assert table.loc["newsletter", "associated_part"] == 30
    assert table.loc["reply <1 h", ["effect_per_eligible", "associated_part"]].isna().all()


def test_the_json_holds_columns_and_data_as_the_tracking_server_shows_them(folder):
    told = json.loads((folder / "levers.json").read_text())
    assert set(told) == {"columns", "data"}
    assert [row[told["columns"].index("evidence")] for row in told["data"]] == ["D", "C", "B"]


def test_where_every_lever_is_refused_there_is_no_picture(configured, tmp_path):
    folder = write_levers(configured("shop", tmp_path), reported(TICKETS), DIGEST)
    assert not (folder / "plots").exists()
    assert "only 87 had it" in (folder / "levers.html").read_text()
