import json

import pytest

from clvlens.errors import TrackingError
from clvlens.output.parcels import begun, keep, kept, new_key, read_parcel, remove, unsent


def test_a_parcel_is_read_as_it_was_kept_with_copies_of_what_goes_with_it(configured, tmp_path):
    config = configured("kept", tmp_path)
    (tmp_path / "plots").mkdir()
    (tmp_path / "plots" / "gain.png").write_text("a plot")
    (tmp_path / "report.html").write_text("a report")
    parcel = begun(config, "kept", {"trees": 10}, columns=("a", "b"), metrics={"mae": 2.5})
    files = {"": tmp_path / "report.html", "value": tmp_path / "plots"}
    folder = keep(config, parcel, files, model=tmp_path / "plots")
    (tmp_path / "report.html").write_text("a later report")
    assert read_parcel(folder) == parcel
    assert parcel.params == {"trees": "10"}
    assert parcel.experiment == "kept"
    found = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".json"
    }
    assert found == {
        "artifacts/report.html": "a report",
        "artifacts/value/gain.png": "a plot",
        "model/gain.png": "a plot",
    }


def test_parcels_are_numbered_after_those_that_wait(configured, tmp_path):
    config = configured("kept", tmp_path)
    first, second = (keep(config, begun(config, "", {}, run="r"), {}) for _ in range(2))
    remove(first)
    third = keep(config, begun(config, "", {}, run="a"), {})
    assert kept(config) == [second, third]
    assert [path.name for path in kept(config)] == ["000002-r", "000003-a"]
    assert sorted(unsent(config).iterdir()) == kept(config)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"columns": [], "what": 1}'])
def test_a_damaged_parcel_is_named_with_what_to_do(text, configured, tmp_path):
    config = configured("kept", tmp_path)
    folder = keep(config, begun(config, "kept", {}), {})
    (folder / "parcel.json").write_text(text)
    with pytest.raises(TrackingError, match=r"unsent/000001-.* cannot be read, .*; remove it"):
        read_parcel(folder)


def test_a_parcel_is_plain_json_and_names_no_address(configured, tmp_path):
    config = configured("kept", tmp_path, uri="http://me:secret@tracking.example")
    text = (keep(config, begun(config, "kept", {}), {}) / "parcel.json").read_text()
    assert json.loads(text)["begins"] == "kept"
    assert "secret" not in text
    assert "tracking.example" not in text


def test_no_two_runs_have_one_key():
    assert len({new_key() for _ in range(1000)}) == 1000
