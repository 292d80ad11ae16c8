import os
import re
import shutil
import socket
import sqlite3
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.models import Model
from mlflow.types import DataType

from clvlens.errors import ModelError, TrackingError
from clvlens.files import sha256
from clvlens.models.store import check_manifest, load_model
from clvlens.output import opening, tracking
from clvlens.output.location import locate
from clvlens.output.tracking import Tracker

COLUMNS = ["orders__count", "orders__recency_days", "customers__region=north"]


@pytest.fixture
def tracker(configured, request):
    """A tracker with an experiment and a registered model of its own."""
    return Tracker(configured(re.sub(r"\W+", "-", request.node.name)))


@pytest.fixture
def registered(tracker, customer_model, model_folder):
    """A tracker with one version of the small model, not promoted."""
    run = tracker.begin("train", {}, {})
    columns = customer_model.encoder.columns
    tracker.register(run, model_folder, columns, check_manifest(model_folder))
    return tracker


def client(tracker) -> MlflowClient:
    return MlflowClient(tracker.uri, tracker.uri)


def files_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path) for path in folder.rglob("*") if path.is_file()
    }


def test_a_run_has_parameters_metrics_tags_artifacts_and_a_description(tracker, tmp_path):
    (tmp_path / "levers.html").write_text("<h1>levers</h1>")
    run = tracker.begin("train", {"trees": 10, "seed": 7}, {"clv.stage": "train"})
    tracker.log_metrics(run, {"spearman": 0.5, "spearman_baseline": 0.25})
    tracker.log_tags(run, {"clv.horizon_days": "90"})
    tracker.log_folder(run, tmp_path)
    tracker.log_folder(run, tmp_path, "plots")
    tracker.describe(run, "**0.25 better than the baseline**")
    tracker.end(run)
    found = client(tracker).get_run(run)
    assert found.info.run_name == "train"
    assert found.info.status == "FINISHED"
    assert found.data.params == {"trees": "10", "seed": "7"}
    assert found.data.metrics == {"spearman": 0.5, "spearman_baseline": 0.25}
    assert found.data.tags["clv.stage"] == "train"
    assert found.data.tags["clv.horizon_days"] == "90"
    assert found.data.tags["mlflow.note.content"] == "**0.25 better than the baseline**"
    assert {file.path for file in client(tracker).list_artifacts(run)} == {
        *("levers.html", "plots")
    }
    assert [file.path for file in client(tracker).list_artifacts(run, "plots")] == [
        "plots/levers.html"
    ]


def test_the_experiment_is_described_by_its_newest_run(tracker):
    for text in ("the first", "the second"):
        run = tracker.begin("train", {}, {})
        tracker.describe(run, text)
    note = client(tracker).get_experiment(tracker.experiment_id).tags["mlflow.note.content"]
    assert note == (
        f"[Open the newest run](#/experiments/{tracker.experiment_id}/runs/{run}"
        "?workflowType=machine_learning) · the second"
    )


def test_metrics_that_are_missing_or_infinite_are_left_out(tracker):
    run = tracker.begin("train", {}, {})
    tracker.log_metrics(run, {"auc": float("nan"), "bias": float("inf"), "mae": 2.0})
    assert client(tracker).get_run(run).data.metrics == {"mae": 2.0}


def test_metrics_are_kept_to_six_digits(tracker):
    run = tracker.begin("train", {}, {})
    tracker.log_metrics(run, {"mae": 182.12587463535579, "bias": -0.012345678})
    assert client(tracker).get_run(run).data.metrics == {"mae": 182.126, "bias": -0.0123457}


def test_a_long_description_is_cut_after_a_whole_line(tracker):
    run = tracker.begin("train", {}, {})
    tracker.describe(run, "\n".join(["123456789"] * 600))
    note = client(tracker).get_run(run).data.tags["mlflow.note.content"]
    assert note == "123456789\n" * 499 + "…"


@pytest.mark.parametrize("status", ["FAILED", "KILLED"])
def test_a_run_that_did_not_finish_says_so(tracker, status):
    run = tracker.begin("train", {}, {})
    tracker.end(run, status)
    assert client(tracker).get_run(run).info.status == status


def test_a_run_names_neither_its_user_nor_the_program_that_was_started(tracker):
    tags = client(tracker).get_run(tracker.begin("train", {}, {})).data.tags
    machine, process = tags.pop("clv.process").split("-")
    assert (len(machine), int(process)) == (12, os.getpid())
    assert socket.gethostname() not in machine
    assert tags == {
        "mlflow.runName": "train",
        "mlflow.user": "clvlens",
        "mlflow.source.name": "clvlens",
        "mlflow.source.type": "LOCAL",
    }


def test_a_registered_version_reads_and_returns_doubles_by_name(registered, customer_model):
    version = client(registered).get_model_version(registered.name, "1")
    signature = Model.load(download_artifacts(version.source)).signature
    assert {column.type for column in [*signature.inputs, *signature.outputs]} == {DataType.double}
    assert signature.inputs.input_names() == customer_model.encoder.columns
    assert signature.outputs.input_names() == [
        "predicted_value",
        "value_low_90",
        "value_high_90",
        "churn_probability",
        "expected_orders",
    ]


def test_a_registered_version_says_which_run_it_comes_from(registered):
    version = client(registered).get_model_version(registered.name, "1")
    assert client(registered).get_run(version.run_id).info.run_name == "train"


def test_versions_count_up_and_only_promotion_moves_the_champion(
    registered, customer_model, model_folder
):
    assert registered.champion() is None
    registered.promote(1)
    run = registered.begin("train", {}, {})
    columns = customer_model.encoder.columns
    assert registered.register(run, model_folder, columns, check_manifest(model_folder)) == 2
    assert registered.champion() == 1
    registered.promote(2)
    assert registered.champion() == 2


def test_nothing_is_champion_before_anything_is_registered(tracker):
    assert tracker.champion() is None


def test_a_version_is_described(registered):
    registered.describe_version(1, "levers: 1. first response")
    version = client(registered).get_model_version(registered.name, "1")
    assert version.description == "levers: 1. first response"


@pytest.mark.parametrize("address", ["champion", "1", "models:/{}@champion", "models:/{}/1"])
def test_a_download_is_what_was_saved(registered, model_folder, customer_model, address):
    registered.promote(1)
    copy = registered.download(address.format(registered.name))
    assert files_below(copy) == files_below(model_folder)
    assert load_model(copy).encoder == customer_model.encoder


@pytest.mark.parametrize("address", ["2", "loser", "models:/{}/2"])
def test_an_unknown_version_is_refused_with_those_that_are_known(registered, address):
    registered.promote(1)
    with pytest.raises(ModelError, match="known are 1, champion"):
        registered.download(address.format(registered.name))


def test_an_unknown_model_is_refused(tracker):
    with pytest.raises(ModelError, match="no model named nothing is registered"):
        tracker.download("models:/nothing/1")


def test_a_version_whose_files_were_exchanged_is_not_handed_out(
    tracker, customer_model, model_folder
):
    run = tracker.begin("train", {}, {})
    tracker.register(run, model_folder, customer_model.encoder.columns, "another digest")
    with pytest.raises(ModelError, match=r"version 1 of .* is not what was registered"):
        tracker.download("1")


def test_a_model_that_reads_other_columns_is_not_registered(tracker, model_folder):
    run = tracker.begin("train", {}, {})
    with pytest.raises(ModelError, match="reads other columns than those named"):
        tracker.register(run, model_folder, COLUMNS, check_manifest(model_folder))


def test_no_artifact_is_a_pickle_and_no_canary_is_kept(registered, configured):
    store = locate(configured("any")).database.parent
    assert "orders-orders.ubj" in {path.name for path in store.rglob("*")}
    endings = {path.suffix for path in (store / "artifacts").rglob("*") if path.is_file()}
    assert endings <= {"", ".ubj", ".json", ".py", ".txt", ".yaml", ".html"}
    kept = [path for path in store.rglob("*") if path.is_file()]
    assert [path for path in kept if b"canary-0" in path.read_bytes()] == []
    assert [path for path in kept if b"\x80\x04\x95" in path.read_bytes()] == []


def test_two_trackers_keep_to_their_own_stores(configured, tmp_path, customer_model, model_folder):
    columns, digest = customer_model.encoder.columns, check_manifest(model_folder)
    configs = [configured("twin"), configured("twin", tmp_path / "an other")]
    trackers = [Tracker(config) for config in configs]
    runs = [tracker.begin("train", {}, {}) for tracker in trackers]
    trackers[1].register(runs[1], model_folder, columns, digest)
    trackers[1].promote(1)
    assert trackers[0].champion() is None
    assert trackers[1].champion() == 1
    assert files_below(trackers[1].download("champion")) == files_below(model_folder)
    with pytest.raises(TrackingError, match=f"{configs[0].root}/.*{runs[1]}.* not found"):
        trackers[0].end(runs[1])


def test_a_second_tracker_finds_what_the_first_began(configured, tracker):
    run = tracker.begin("train", {}, {})
    Tracker(configured(tracker.name)).end(run)
    assert client(tracker).get_run(run).info.status == "FINISHED"


def test_a_relative_sqlite_path_is_read_from_the_projects_folder(configured, tmp_path):
    config = configured("own", tmp_path, uri="sqlite:///kept/runs.db", experiment="of my own")
    place = locate(config)
    assert place.database == tmp_path / "kept" / "runs.db"
    assert place.artifacts == tmp_path / "kept" / "artifacts"
    assert place.experiment == "of my own"


def test_a_store_that_cannot_be_read_is_named(configured, tmp_path):
    (tmp_path / "data" / "mlflow").mkdir(parents=True)
    (tmp_path / "data" / "mlflow" / "mlflow.db").write_text("no database, but a text " * 100)
    with pytest.raises(TrackingError, match=r"mlflow\.db failed: .*file is not a database"):
        Tracker(configured("broken", tmp_path))


def test_a_database_whose_making_is_interrupted_does_not_appear(configured, tmp_path, monkeypatch):
    def interrupted(uri: str, artifacts: str) -> None:
        Path(uri.removeprefix("sqlite:///")).write_text("half a schema")
        raise KeyboardInterrupt("here")

    config = configured("new", tmp_path)
    monkeypatch.setattr(opening, "SqlAlchemyStore", interrupted)
    with pytest.raises(KeyboardInterrupt, match="here"):
        Tracker(config)
    assert list(locate(config).database.parent.iterdir()) == []


def test_of_two_processes_that_make_the_database_the_first_wins(configured, tmp_path, monkeypatch):
    first, second = configured("new"), configured("new", tmp_path)
    run = Tracker(first).begin("of the first", {}, {})
    store = opening.SqlAlchemyStore

    def overtaken(uri: str, artifacts: str) -> object:
        shutil.copy(locate(first).database, locate(second).database)
        return store(uri, artifacts)

    monkeypatch.setattr(opening, "SqlAlchemyStore", overtaken)
    assert client(Tracker(second)).get_run(run).info.run_name == "of the first"


def test_a_server_that_does_not_answer_is_refused_without_its_password(configured, monkeypatch):
    monkeypatch.setattr(tracking, "PATIENCE_SECONDS", 0.2)
    with socket.socket() as silent:  # listens, and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TrackingError, match=f"no tracking server answers at http://{address};"):
            Tracker(configured("remote", uri=f"http://me:secret@{address}"))


def test_tracking_that_fails_exits_with_three():
    assert TrackingError("").exit_code == 3


def test_links_open_the_run_in_the_mode_that_shows_runs(tracker):
    run = tracker.begin("train", {}, {})
    path = f"#/experiments/{tracker.experiment_id}/runs/{run}"
    mode = "?workflowType=machine_learning"
    assert tracker.link(run) == f"http://127.0.0.1:5000/{path}{mode}"
    assert tracker.link(run, "http://127.0.0.1:5001") == f"http://127.0.0.1:5001/{path}{mode}"
    assert tracker.link(run, "", "levers.html") == f"{path}/artifacts/levers.html{mode}"


@pytest.mark.slow
def test_a_database_that_another_process_holds_is_told_in_one_line(tracker, capfd):
    run = tracker.begin("train", {}, {})
    holder = sqlite3.connect(tracker.uri.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TrackingError, match=r"the tracking store .* failed: .*database is locked"):
        tracker.end(run, "KILLED")
    holder.execute("ROLLBACK")
    tracker.end(run, "KILLED")
    assert capfd.readouterr().err == ""
