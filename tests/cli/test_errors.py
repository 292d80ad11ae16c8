"""What users can mend ends in one line on stderr and exit code 2, without a traceback."""

import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from tests.support.business import write_config, write_csv
from tests.support.command import clvlens

from clvlens.cli.show import kept_though
from clvlens.config import Config
from clvlens.errors import TrackingError
from clvlens.version import __version__

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
    told = refused("check", "--config", config)
    assert told.startswith(f"{config}:5: cutoffs.test: cutoff 2030-01-01 is outside the data")


def test_an_immature_cutoff_is_told_with_the_newest_that_would_do(shop):
    config = shop(cutoffs={"fit": ["2024-03-02"], "test": ["2024-11-01"]})
    told = refused("check", "--config", config)
    assert told.startswith(f"{config}:5: cutoffs.test: cutoff 2024-11-01 is immature: its 90 days")
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
    assert told == f"{store} does not exist; track a run first: clvlens train --config {config}"


@pytest.mark.parametrize("verb", ["evaluate", "explain", "predict"])
def test_what_needs_a_model_says_that_one_is_trained_first(shop, verb):
    config = shop()
    folder = config.parent / "models" / "shop"
    told = refused(verb, "--config", config)
    assert told == f"{folder} holds no model; train one first: clvlens train --config {config}"


def test_a_command_that_is_advised_is_a_trial_where_this_one_was(shop):
    config = shop()
    told = refused("evaluate", "--config", config, "--customers", 3)
    assert told.startswith(str(config.parent / "models" / "shop-trial-3"))
    assert told.endswith(f"clvlens train --config {config} --customers 3")


def test_a_model_that_nobody_registered_is_told(shop):
    config = shop()
    told = refused("predict", "--config", config, "--model", "champion")
    assert told == (
        f"no model named shop is registered; train one first: clvlens train --config {config}"
    )


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
    assert told == f"--out {config / 'p.csv'}: {config} is a file; name one in a folder"
    assert config.is_file()


def test_a_file_in_a_folder_that_is_not_there_is_refused_and_no_folder_made(shop):
    config = shop()
    absent = config.parent / "results"
    told = refused("predict", "--config", config, "--out", absent / "p.csv")
    assert told == f"--out {absent / 'p.csv'}: {absent} does not exist; make it first"
    assert not absent.exists()


def test_a_folder_is_no_file_to_write(shop):
    config = shop()
    told = refused("predict", "--config", config, "--out", config.parent)
    assert told == f"--out {config.parent} is a folder; name a file in it, such as predictions.csv"


@pytest.mark.parametrize("verb", ["check", "panel", "train", "evaluate", "explain", "predict"])
def test_a_place_that_cannot_be_written_to_is_refused_before_the_work(shop, verb):
    config = shop()
    (config.parent / "orders.csv").unlink()  # which the work would ask for first
    (config.parent / "models").write_text("a file")
    told = refused(verb, "--config", config)
    models = config.parent / "models"
    assert told == f"{models} is a file, and {models / 'shop'} would be a folder; move one of them"


def test_the_module_is_the_command():
    ran = subprocess.run(
        [sys.executable, "-m", "clvlens", "--version"], capture_output=True, text=True, check=True
    )
    assert ran.stdout == clvlens("--version").out


def test_the_version_is_told():
    ran = clvlens("--version")
    assert (ran.code, ran.out) == (0, f"clvlens {__version__}\n")


def test_tables_that_nobody_simulated_yet_are_told_with_the_way_to_do_so(tmp_path):
    data = {"orders": {"path": "data/demo/tables/orders.parquet"}}
    config = write_config(tmp_path, data)
    told = refused("check", "--config", config)
    assert told.startswith(
        f"{config}:4: data.orders.path: data/demo/tables/orders.parquet does not"
    )
    assert told.endswith(f"clvlens simulate --out {tmp_path / 'data' / 'demo' / 'tables'}")


def test_what_is_asked_of_a_table_is_told_with_its_line(shop):
    """The configuration alone is right; only the table shows that it is not."""
    config = shop(target={"value": "margin", "horizon_days": 30})
    told = refused("check", "--config", config)
    assert told.startswith(f"{config}:8: target.value: margin needs the cost of every order")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("predict",), "clvlens: Missing option '--config'"),
        (("predict", "--nope"), "clvlens: No such option: --nope"),
        (("predict", "--reasons", "-1"), "clvlens: Invalid value for '--reasons'"),
        (("predict", "--cutoff", "yesterday"), "clvlens: Invalid value for '--cutoff'"),
    ],
)
def test_options_that_are_not_understood_are_told_with_where_to_look(words, told):
    ran = clvlens(*words)
    assert ran.code == 2
    assert ran.told[0].startswith(told)
    assert ran.told[1:] == ["see clvlens predict --help"]


def test_a_verb_that_is_unknown_is_told_with_where_to_look():
    ran = clvlens("foresee")
    assert (ran.code, ran.told) == (
        2, ["clvlens: No such command 'foresee'.", "see clvlens --help"],
    )  # fmt: skip


def test_no_verb_at_all_lists_the_verbs():
    ran = clvlens()
    assert (ran.code, ran.err) == (0, "")
    assert "Usage: clvlens [OPTIONS] COMMAND" in ran.out
    assert "Grade the model out of time" in ran.out


def test_a_tracking_error_after_the_work_says_where_the_work_is():
    with (
        pytest.raises(
            TrackingError, match="the model is saved in x, but not tracked: gone"
        ) as told,
        kept_though("the model is saved in x"),
    ):
        raise TrackingError("gone")
    assert told.value.exit_code == 3


def failing(monkeypatch, fail):
    """Let `check` fail so, and return how the program left."""
    monkeypatch.setattr("clvlens.cli.inspecting.check", fail)
    config = Config(name="shop", currency="EUR", data={"orders": {"path": "orders.csv"}})
    monkeypatch.setattr("clvlens.cli.app.load_config", lambda *_, **__: config)
    return clvlens("check", "--config", "x.yaml")


@pytest.mark.parametrize("become", [KeyboardInterrupt, RuntimeError("Query interrupted"), OSError])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_told_by_the_exit_code_whatever_it_became(monkeypatch, number, code, become):
    def interrupted(*_):
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            raise become from None  # as a query does with an error of its own

    ran = failing(monkeypatch, interrupted)
    assert (ran.code, ran.err) == (code, "\nclvlens: interrupted\n")


def test_a_signal_that_a_verb_takes_for_its_end_is_no_failure(monkeypatch):
    def stopped(*_):
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert failing(monkeypatch, stopped).code == 0


def test_a_signal_that_comes_while_an_object_goes_is_not_lost(monkeypatch):
    """Python raises nothing out of `__del__`, and would show a traceback of what it ignored."""

    class Gone:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    def interrupted(*_):
        gone = Gone()
        del gone
        time.sleep(60)

    ran = failing(monkeypatch, interrupted)
    assert (ran.code, ran.err) == (143, "\nclvlens: interrupted\n")


def test_a_disk_that_does_not_take_a_file_is_told_in_one_line(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "p.csv")

    ran = failing(monkeypatch, full)
    assert (ran.code, ran.told) == (2, ["clvlens: [Errno 28] No space left on device: 'p.csv'"])


def test_a_fault_of_ours_is_not_hidden(monkeypatch):
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        failing(monkeypatch, lambda *_: 1 / 0)


def test_the_program_itself_ends_with_the_code_and_the_line(tmp_path):
    command = (sys.executable, "-c", "from clvlens.cli import main; main()")
    words = ("check", "--config", tmp_path / "none.yaml")
    ran = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"clvlens: {tmp_path}")
    assert len(ran.stderr.splitlines()) == 1
