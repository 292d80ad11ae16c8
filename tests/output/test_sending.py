"""Parcels reach the store once, whatever stops the sending."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient

from clvlens.errors import TrackingError
from clvlens.models.store import check_manifest
from clvlens.output.parcels import begun, keep, kept
from clvlens.output.records import RunRecord, read_run
from clvlens.output.sending import send_kept
from clvlens.output.tracking import Tracker


@pytest.fixture
def config(configured, request):
    return configured(re.sub(r"\W+", "-", request.node.name)[:80])


@pytest.fixture
def training(config, customer_model, model_folder):
    """The parcel of a run that registers the small model."""
    columns = tuple(customer_model.encoder.columns)
    digest = check_manifest(model_folder)
    return begun(
        *(config, config.name, {"trees": 10}), columns=columns, digest=digest, crown="vacant"
    )


def runs(config):
    tracker = Tracker(config)
    client = MlflowClient(tracker.uri, tracker.uri)
    return client, client.search_runs([tracker.experiment_id])


def test_a_run_and_what_was_found_later_of_it_are_sent_in_order(
    config, training, model_folder, tmp_path
):
    (tmp_path / "report.html").write_text("<h1>")
    keep(config, training, {}, model_folder)
    words = "**[Open](run:/report.html)** of all (run:/report.html)"
    keep(
        config,
        begun(config, "", {}, run=training.run, metrics={"mae": 2.0}, words=words),
        {"": tmp_path / "report.html"},
    )
    said: list[str] = []
    record = send_kept(config, said.append)[training.run]
    client, (run,) = runs(config)
    page = f"#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}/artifacts/report.html"
    assert said == [f"parcel {number}: {record.link}" for number in (1, 2)]
    assert record == RunRecord(run.info.run_id, 1, record.link, training.run)
    assert (run.info.run_name, run.info.status) == (config.name, "FINISHED")
    assert (run.data.params, run.data.metrics) == ({"trees": "10"}, {"mae": 2.0})
    note = f"**[Open]({page}?workflowType=machine_learning)** of all"
    assert run.data.tags["mlflow.note.content"].startswith(note)
    assert client.get_model_version(config.name, "1").description.startswith(note)
    assert client.get_registered_model(config.name).aliases == {"champion": 1}
    assert kept(config) == []


def test_what_is_sent_again_adds_nothing(config, training, model_folder):
    training = replace(training, metrics={"mae": 2.0})
    first, second = (
        (keep(config, training, {}, model_folder), send_kept(config)[training.run])[1]
        for _ in range(2)
    )
    client, (run,) = runs(config)
    assert first == second
    assert len(client.search_model_versions(f"name = '{config.name}'")) == 1
    assert len(client.search_logged_models([run.info.experiment_id])) == 1
    assert len(run.outputs.model_outputs) == 1
    assert len(client.get_metric_history(run.info.run_id, "mae")) == 1
    assert send_kept(config) == {}


def test_the_run_of_the_model_on_disk_is_remembered(configured, training, model_folder, tmp_path):
    config = configured("remembered", tmp_path)
    config.model_folder.parent.mkdir(parents=True)
    config.model_folder.symlink_to(model_folder)
    keep(config, training, {}, model_folder)
    assert read_run(config, training.digest) is None
    record = send_kept(config)[training.run]
    assert read_run(config, training.digest) == record


def test_what_the_store_refuses_stays_and_the_others_are_sent(config):
    for run in ("unknown", "unknown", ""):
        keep(config, begun(config, "" if run else "known", {}, **({"run": run} if run else {}),
                           metrics={"mae": 1.0}), {})  # fmt: skip
    with pytest.raises(TrackingError, match=r"unknown.* not found.*unsent; .*: clvlens sync"):
        send_kept(config)
    assert [path.name for path in kept(config)] == ["000001-unknown", "000002-unknown"]
    _, (run,) = runs(config)
    assert run.info.run_name == "known"


def test_a_damaged_model_is_not_sent(config, training, model_folder):
    folder = keep(config, training, {}, model_folder)
    (folder / "model" / "encoder.json").write_text("{}")
    with pytest.raises(TrackingError, match=r"(?s)encoder\.json.*clvlens sync"):
        send_kept(config)
    _, (run,) = runs(config)
    assert run.info.status == "FAILED"
    assert kept(config) == [folder]


def test_a_store_that_does_not_answer_keeps_everything(configured, tmp_path):
    config = configured("away", tmp_path, uri="http://127.0.0.1:9")
    keep(config, begun(config, "away", {}), {})
    with pytest.raises(TrackingError, match=r"no tracking server answers .*; what was to be"):
        send_kept(config)
    assert len(kept(config)) == 1
    assert not (tmp_path / "data" / "mlflow").exists()


def test_nobody_who_reads_parcels_finds_a_customer(config, training, model_folder):
    folder = keep(config, training, {}, model_folder)
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    assert len(files) > 3
    assert [path for path in files if b"canary-0" in path.read_bytes()] == []
