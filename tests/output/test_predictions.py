import numpy as np
import pandas as pd
import pytest

from clvlens.config import Config
from clvlens.config.finance import Segments
from clvlens.errors import ClvlensError, ConfigError
from clvlens.output.predictions import (
    check_place,
    deciles,
    prediction_table,
    refuse_read,
    segments,
    write_predictions,
)

COLUMNS = [
    "customer_id", "cutoff", "horizon_days", "currency",
    "predicted_value", "value_low_90", "value_high_90", "churn_probability", "expected_orders",
    "value_decile", "segment",
    "reason_1", "reason_1_amount", "reason_2", "reason_2_amount", "reason_3", "reason_3_amount",
    "model_version",
]  # fmt: skip
PARIS_MIDNIGHT = pd.Timestamp("2024-06-30T22:00", tz="UTC")


def configure(**settings) -> Config:
    data = {"orders": {"path": "orders.csv"}}
    settings = {"time_zone": "Europe/Paris", "target": {"horizon_days": 365}, **settings}
    return Config(name="shop", currency="EUR", data=data, **settings)


@pytest.fixture
def rows():
    return pd.DataFrame({"customer_id": ["007", "8"], "cutoff": PARIS_MIDNIGHT})


@pytest.fixture
def predicted():
    return pd.DataFrame(
        {
            "predicted_value": [1200.0, 12.34567],
            "value_low_90": [1000.004, 0.0],
            "value_high_90": [1400.006, 99.0],
            "churn_probability": [0.123456, 0.5],
            "expected_orders": [3.14159, 0.0],
        }
    )


@pytest.fixture
def reasons():
    """For the first customer alone."""
    given = {f"reason_{i}": [f"what {i}"] for i in (1, 2, 3)}
    amounts = {f"reason_{i}_amount": [-i - 0.006] for i in (1, 2, 3)}
    ordered = sorted({**given, **amounts}.items())
    return pd.DataFrame(dict(ordered), index=[0])


def test_the_columns_are_these_in_this_order(rows, predicted, reasons):
    assert list(prediction_table(configure(), rows, predicted, reasons, "v")) == COLUMNS


def test_clv_and_its_bounds_stand_before_the_decile_where_asked_for(rows, predicted, reasons):
    table = prediction_table(configure(clv={}), rows, predicted, reasons, "v")
    place = COLUMNS.index("value_decile")
    added = ["clv", "clv_low_90", "clv_high_90"]
    assert list(table) == [*COLUMNS[:place], *added, *COLUMNS[place:]]


def test_reasons_that_nobody_asks_for_are_left_out(rows, predicted):
    table = prediction_table(configure(), rows, predicted, None, "v")
    assert list(table) == [name for name in COLUMNS if not name.startswith("reason")]


def test_a_row_says_what_was_predicted_for_whom_and_when(rows, predicted, reasons):
    first = prediction_table(configure(), rows, predicted, reasons, "abc").iloc[0]
    assert first.tolist() == [
        "007", "2024-07-01", 365, "EUR", 1200.0, 1000.0, 1400.01, 0.1235, 3.142, 10, "grow",
        "what 1", -1.01, "what 2", -2.01, "what 3", -3.01, "abc",
    ]  # fmt: skip


def test_customers_without_reasons_have_empty_ones(rows, predicted, reasons):
    second = prediction_table(configure(), rows, predicted, reasons, "abc").iloc[1]
    assert second.filter(like="reason").isna().all()


def test_a_cutoff_within_a_day_is_written_with_its_time_and_zone(rows, predicted):
    rows["cutoff"] = PARIS_MIDNIGHT + pd.Timedelta(hours=9, minutes=30)
    table = prediction_table(configure(), rows, predicted, None, "v")
    assert table["cutoff"].unique().tolist() == ["2024-07-01T09:30:00+02:00"]


def test_less_than_a_cent_below_nothing_is_nothing(rows, predicted, tmp_path):
    none = predicted.assign(value_low_90=-0.001)
    table = prediction_table(configure(), rows, none, None, "v")
    assert "-0" not in write_predictions(table[["value_low_90"]], tmp_path / "p.csv").read_text()


def test_each_decile_has_a_tenth_of_the_customers():
    assert deciles(np.arange(20.0)).tolist() == [d for d in range(1, 11) for _ in range(2)]


def test_equal_values_share_the_higher_tenth():
    assert deciles(np.array([0.0] * 7 + [1.0, 1.0, 2.0])).tolist() == [7] * 7 + [9, 9, 10]


def test_a_customer_alone_is_in_the_highest_tenth():
    assert deciles(np.array([5.0])).tolist() == [10]


def test_segments_are_a_grid_of_value_and_risk():
    value, churn = np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0]), np.array([0.5, 0.49] * 5)
    found = segments(value, churn, Segments()).tolist()
    assert found == ["protect", "grow", *["win back", "let be"] * 4]


def test_what_is_valuable_and_risky_can_be_set():
    value, churn = np.array([9.0, 8, 7, 6]), np.array([0.3, 0.2, 0.3, 0.2])
    found = segments(value, churn, Segments(valuable=0.25, risky=0.3)).tolist()
    assert found == ["protect", "let be", "win back", "let be"]


def test_customers_of_equal_value_are_all_valuable_or_none():
    value, churn = np.array([5.0, 5, 5, 1]), np.zeros(4)
    assert segments(value, churn, Segments(valuable=0.25)).tolist() == ["grow"] * 3 + ["let be"]


def test_csv_and_parquet_hold_the_same(rows, predicted, reasons, tmp_path):
    table = prediction_table(configure(clv={}), rows, predicted, reasons, "00e1")
    words = {name: "str" for name in table if table[name].dtype.kind not in "if"}
    from_csv = pd.read_csv(write_predictions(table, tmp_path / "p.csv"), dtype=words)
    from_parquet = pd.read_parquet(write_predictions(table, tmp_path / "p.parquet"))
    pd.testing.assert_frame_equal(from_csv, from_parquet, check_dtype=False)
    assert from_csv["customer_id"].tolist() == ["007", "8"]
    assert from_csv["model_version"].tolist() == ["00e1", "00e1"]


def test_a_spreadsheet_sees_ids_as_text_and_no_reason_as_empty(rows, predicted, reasons, tmp_path):
    table = prediction_table(configure(), rows, predicted, reasons, "v")
    header, first, second = write_predictions(table, tmp_path / "p.csv").read_text().splitlines()
    assert header.startswith('"customer_id","cutoff",')
    assert first.startswith('"007","2024-07-01",365,"EUR",1200,')
    assert second.endswith(',,,,,,"v"')


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_file_that_cannot_be_written_leaves_the_former_one_whole(
    rows, predicted, tmp_path, ending
):
    path = tmp_path / f"p{ending}"
    path.write_text("the former")
    unwritable = pd.DataFrame({"customer_id": [object()]})
    with pytest.raises(Exception, match="object"):
        write_predictions(unwritable, path)
    assert path.read_text() == "the former"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_full_disk_is_told_in_one_line(rows, predicted, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("pyarrow.csv.CSVWriter", fail)
    path = tmp_path / "p.csv"
    path.write_text("the former")
    told = r"p\.csv cannot be written: No space left on device; make room, or name .* with --out$"
    with pytest.raises(ClvlensError, match=told):
        write_predictions(predicted, path)
    assert path.read_text() == "the former"


@pytest.mark.parametrize("name", ["p.xlsx", "p", "p.CSV.gz"])
def test_an_unknown_ending_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"the format is unknown; end it in \.csv or \.parquet"):
        check_place(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("folder.csv", r"folder\.csv is a folder; name a file in it"),
        ("file/p.csv", r"file is a file; name one in a folder"),
        ("new/p.csv", r"new does not exist; make it first"),
    ],
)
def test_a_place_that_no_file_can_take_is_refused(tmp_path, name, told):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigError, match=told):
        check_place(tmp_path / name)
    assert not (tmp_path / "new").exists()


def test_a_file_in_a_folder_will_do(tmp_path):
    assert check_place(tmp_path / "p.csv") == tmp_path / "p.csv"


@pytest.mark.parametrize("name", ["orders.csv", "parts/p.csv", "shop.yaml"])
def test_what_the_run_reads_is_not_written_over(tmp_path, name):
    """A table, a file in a folder that is a table, and the configuration."""
    (tmp_path / "parts").mkdir()
    data = {"orders": {"path": "orders.csv"}, "visits": {"path": "parts"}}
    config = Config(name="shop", currency="EUR", data=data, root=tmp_path,
                    source=tmp_path / "shop.yaml")  # fmt: skip
    with pytest.raises(ConfigError, match=r"^--out .* is what .* names, or in it; name another$"):
        refuse_read(tmp_path / name, config, "--out")
    refuse_read(tmp_path / "predictions.csv", config, "--out")
