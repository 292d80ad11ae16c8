"""Executors predict what this process would, and an interrupted run goes on where it was."""

import datetime as dt
from pathlib import Path

import pytest
import yaml
from tests.spark.simulated import ALONE, SOME, WHY, asking, simulated
from tests.support.command import clvlens

from clvlens import pipeline
from clvlens.config import load_config
from clvlens.models.customer import CustomerModel
from clvlens.models.spark import packed
from clvlens.models.store import save_model
from clvlens.panel.panel import make_panel

pytest.importorskip("pyspark", reason=WHY)
pytestmark = pytest.mark.slow

CUTOFF = dt.datetime(2024, 5, 6)
ASKED = ("--cutoff", f"{CUTOFF:%Y-%m-%d}", "--reasons", 20, "--quiet")


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    source = simulated(tmp_path_factory.mktemp("business"), customers=200, histories=SOME)
    described = yaml.safe_load(source.read_text(encoding="utf-8"))
    source.write_text(yaml.safe_dump(described | {"model": {"trees": 8}}), encoding="utf-8")
    return source


@pytest.fixture(scope="module")
def model(source) -> CustomerModel:
    trained = pipeline.train(make_panel(load_config(source)))
    save_model(trained, load_config(source).model_folder)
    return trained


def stop_at(words: str):
    """Return a progress that interrupts the run at a stage."""

    def told(stage: str) -> None:
        if words in stage:
            raise KeyboardInterrupt

    return told


def times(folder: Path) -> dict[Path, int]:
    """Return when each file in a folder was written."""
    return {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


def test_predict_interrupted_at_a_part_goes_on_there_and_writes_the_bytes_of_duckdb(model, source):
    config = asking(source, ALONE | {"parts": 2}, "shop")  # of the same name, so the same model
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        pipeline.predict(model, config, CUTOFF, progress=stop_at("part 2 of 2"))
    first = times(config.data_folder / "scored")
    for asked, name in ((source, "duckdb"), (config.source, "spark")):
        out = config.root / f"{name}.csv"
        ran = clvlens("predict", "--config", asked, "--out", out, *ASKED)
        assert ran.code == 0, ran.err
    assert first.items() <= times(config.data_folder / "scored").items()
    assert (config.root / "spark.csv").read_bytes() == (config.root / "duckdb.csv").read_bytes()
    assert len((config.root / "spark.csv").read_text().splitlines()) > 100


def test_what_executors_load_is_what_the_store_writes(model):
    files = packed(model)
    assert {"manifest.json", "metadata.json"} < set(files)
    assert all(name.endswith((".json", ".ubj")) for name in files)


def test_a_panel_interrupted_at_a_cutoff_goes_on_there(source, tmp_path):
    config = asking(source, ALONE, "panel")
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        make_panel(config, stop_at("2 of 2"), tmp_path)
    first = times(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    panel = make_panel(config, begun=tmp_path)
    assert first.items() < times(tmp_path).items()
    assert panel.fingerprint == make_panel(load_config(source)).fingerprint
