"""What users can mend ends in one line on stderr and exit code 2, without a traceback."""

import signal

import pytest
from tests.support.business import write_config, write_csv
from tests.support.command import clvlens

from clvlens.cli import _exit_code
from clvlens.cli.show import Stages, kept
from clvlens.errors import TrackingError

DATES = ("2024-01-01", "2024-03-01", "2024-05-01", "2024-07-01", "2024-09-01", "2024-12-01")
ORDERS = [{"customer_id": "007", "ordered_at": date, "amount": "10.00"} for date in DATES]


@pytest.fixture
def shop(tmp_path):
    """A way to write a shop, and get its configuration."""

    def write(orders=ORDERS, **settings):
        write_csv(tmp_path / "orders.csv", orders)
        return write_config(tmp_path, {"orders": {"path": "orders.csv"}}, **settings)

    return write


def refused(*words) -> str:
    """Return the one line that a command says when it refuses."""
    ran = clvlens(*words)
    assert (ran.code, len(ran.told)) == (2, 1)
    assert ran.told[0].startswith("clvlens: ")
    return ran.told[0].removeprefix("clvlens: ")


def test_a_missing_column_is_named_with_the_nearest(shop):
    config = shop([{"client": "007", "ordered_at": "2024-01-01", "amount": "1"}])
    told = refused("check", "--config", config)
    assert told.startswith("orders.customer_id: the table has no column 'customer_id'")
    assert "name it under data.orders.columns" in told


def test_a_value_of_the_wrong_type_is_shown_with_its_row(shop):
    config = shop([*ORDERS, {**ORDERS[0], "amount": "ten"}])
    told = refused("check", "--config", config)
    assert told.startswith("orders.amount: ")
    assert "'ten'" in told
    assert "expected a number such as 1234.50" in told


def test_a_table_of_a_header_alone_is_told(shop):
    config = shop()
    path = config.parent / "orders.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert refused("check", "--config", config).startswith("orders")


def test_a_cutoff_outside_the_data_is_told_with_what_they_span(shop):
    config = shop(cutoffs={"fit": ["2024-03-02"], "test": ["2030-01-01"]})
    assert "2030-01-01" in refused("check", "--config", config)


def test_an_immature_cutoff_is_told_with_the_newest_that_would_do(shop):
    config = shop(cutoffs={"fit": ["2024-03-02"], "test": ["2024-11-01"]})
    told = refused("check", "--config", config)
    assert told.startswith("cutoff 2024-11-01 is immature: its 90 days")
    assert "2024-09-0" in told


def test_an_unknown_key_is_told_with_its_line_and_the_nearest(shop):
    config = shop(curency="EUR")
    told = refused("check", "--config", config)
    assert "curency" in told
    assert "did you mean 'currency'?" in told


def test_a_configuration_that_is_not_there_is_told(tmp_path):
    path = tmp_path / "none.yaml"
    told = refused("check", "--config", path)
    assert told == f"{path} does not exist; give an existing file with --config"


def test_nothing_tracked_is_nothing_to_look_at(shop):
    config = shop()
    told = refused("ui", "--config", config)
    store = config.parent / "data" / "mlflow" / "mlflow.db"
    assert told == f"{store} does not exist; track a run first: clvlens train"


@pytest.mark.parametrize("verb", ["evaluate", "explain", "predict"])
def test_what_needs_a_model_says_that_one_is_trained_first(shop, verb):
    config = shop()
    folder = config.parent / "models" / "shop"
    told = refused(verb, "--config", config)
    assert told == f"{folder} holds no model; train one first: clvlens train"


def test_a_model_that_nobody_registered_is_told(shop):
    told = refused("predict", "--config", shop(), "--model", "champion")
    assert told == "no model named shop is registered; train one first: clvlens train"


def test_a_model_on_a_server_that_is_away_is_bad_input_and_not_work_done(shop):
    config = shop(tracking={"uri": "http://127.0.0.1:9"})
    told = refused("predict", "--config", config, "--model", "champion")
    assert told.startswith("--model champion cannot be fetched: no tracking server answers at")


def test_a_file_of_unknown_ending_is_refused_before_the_model_is_asked_for(shop):
    told = refused("predict", "--config", shop(), "--out", "p.xlsx")
    assert told == "--out p.xlsx: the format is unknown; end it in .csv or .parquet"


def test_a_file_below_a_file_is_refused_and_the_file_stays(shop):
    config = shop()
    told = refused("predict", "--config", config, "--out", config / "p.csv")
    assert told.endswith("cannot be written there; name a file in a writable folder")
    assert config.is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--nope",), "No such option: --nope"),
        (("--customers", "0"), "Invalid value for '--customers'"),
        (("--cutoff", "yesterday"), "'yesterday' does not match the format"),
    ],
)
def test_a_command_that_is_not_understood_shows_how_it_is_used(shop, words, told):
    ran = clvlens("predict", "--config", shop(), *words)
    assert ran.code == 2
    assert ran.err.startswith("Usage: clvlens predict [OPTIONS]")
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_a_tracking_error_after_the_work_says_where_the_work_is():
    with (
        pytest.raises(
            TrackingError, match="the model is saved in x, but not tracked: gone"
        ) as told,
        kept("the model is saved in x"),
    ):
        raise TrackingError("gone")
    assert told.value.exit_code == 3


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_query_that_a_signal_interrupted_is_no_fault(number, code, capsys):
    assert _exit_code(RuntimeError("Query interrupted"), [number]) == code
    assert capsys.readouterr().err == "\nclvlens: interrupted\n"


def test_a_disk_that_does_not_take_a_file_is_told_in_one_line(capsys):
    assert _exit_code(OSError(28, "No space left on device", "p.csv"), []) == 2
    assert capsys.readouterr().err == "clvlens: [Errno 28] No space left on device: 'p.csv'\n"


def test_a_fault_of_ours_is_not_hidden():
    with pytest.raises(ValueError, match="ours"):
        _exit_code(ValueError("ours"), [])


def test_a_stage_is_told_once_it_has_ended(capsys):
    stage = Stages()
    stage("read")
    assert capsys.readouterr().err == ""
    stage("count")
    assert capsys.readouterr().err.startswith("  read … ")
    stage.end()
    stage.end()
    assert capsys.readouterr().err.count("count") == 1
