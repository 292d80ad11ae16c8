import ast
import json
import re
from dataclasses import replace
from functools import reduce
from hashlib import sha256
from operator import getitem
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.reliability.table import tried

import clvlens.models
from clvlens.errors import ModelError
from clvlens.models.store import FORMAT, check_manifest, load_model, save_model
from clvlens.models.training import train_model

FILES = (
    "manifest.json",
    "metadata.json",
    "value-hurdle-probability.ubj",
    "value-hurdle-amount.ubj",
    "value-tweedie-value.ubj",
    "value-ziln-value.ubj",
    "churn-churn.ubj",
    "orders-orders.ubj",
    "interval-interval.ubj",
)
GOLDEN = Path(__file__).parent / "golden"


def refused(folder):
    """The one line, of where and what to do, that loading and checking refuse a folder with."""
    line = rf"\A{re.escape(str(folder))}[^\n]*; [^\n]+\Z"
    with pytest.raises(ModelError, match=line) as loading:
        load_model(folder)
    with pytest.raises(ModelError, match=line) as checking:
        check_manifest(folder)
    assert str(loading.value) == str(checking.value)
    return str(loading.value)


def sealed(folder, metadata):
    """Write other metadata under a manifest that vouches for it."""
    digest = sha256(write_json(folder / "metadata.json", metadata)).hexdigest()
    manifest = json.loads((folder / "manifest.json").read_bytes())
    digests = {**manifest["sha256"], "metadata.json": digest}
    write_json(folder / "manifest.json", {**manifest, "sha256": digests})


def write_json(path, values):
    path.write_text(json.dumps(values, indent=1, sort_keys=True) + "\n")
    return path.read_bytes()


# --- what is kept


def test_a_loaded_model_predicts_the_same_to_the_bit(saved, model, panel):
    loaded = load_model(saved)
    pd.testing.assert_frame_equal(
        loaded.predict(panel.frame), model.predict(panel.frame), check_exact=True
    )
    assert loaded.about == model.about
    assert loaded.features == model.features
    assert loaded.encoder == model.encoder


def test_saving_what_was_loaded_writes_the_same_bytes(saved, tmp_path):
    again = save_model(load_model(saved), tmp_path / "again")
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in saved.iterdir()
    }


def test_a_model_without_intervals_is_kept_too(make_panel, about, tmp_path):
    loaded = load_model(save_model(train_model(make_panel(intervals=False), about), tmp_path / "m"))
    assert loaded.interval is None


def test_a_panel_in_which_nobody_brings_anything_teaches_nothing(make_panel, about):
    panel = make_panel(intervals=False)
    panel = replace(panel, frame=panel.frame.assign(target_value=0.0))
    with pytest.raises(ModelError, match="every customer's value is 0 in the label window; check"):
        train_model(panel, about)


def test_the_digest_names_the_manifest_and_changes_with_the_model(saved, model, tmp_path):
    assert check_manifest(saved) == sha256((saved / "manifest.json").read_bytes()).hexdigest()
    same = save_model(model, tmp_path / "same")
    assert check_manifest(same) == check_manifest(saved)
    other = save_model(replace(model, about={**model.about, "name": "other"}), tmp_path / "other")
    assert check_manifest(other) != check_manifest(saved)


def test_a_model_knows_no_customer(saved):
    assert {path.name for path in saved.iterdir()} == set(FILES)
    assert not any(b"customer-0" in path.read_bytes() for path in saved.iterdir())


def test_no_module_of_models_can_unpickle():
    unsafe = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for path in Path(clvlens.models.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", [])]
            names.append(getattr(node, "module", None) or "")
            assert not unsafe & {name.split(".")[0] for name in names if name}, path.name


# --- what is refused before anything is parsed


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path):
    path.write_bytes(b"")


def delete(path):
    path.unlink()


def link(path):
    path.symlink_to(path.rename(path.parent.with_name("elsewhere")))


def become_a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [flip, truncate, empty, delete, link, become_a_folder])
def test_a_damaged_file_is_refused_by_name(damage, name, saved):
    damage(saved / name)
    message = refused(saved)
    assert name in message or (name == "manifest.json" and "holds no model" in message)


@pytest.mark.parametrize("add", [Path.touch, Path.mkdir, lambda path: path.symlink_to("/")])
def test_whatever_was_added_is_refused_by_name(add, saved):
    add(saved / "added.ubj")
    assert "added.ubj is missing or was added" in refused(saved)


def test_an_edited_digest_is_refused(saved):
    manifest = json.loads((saved / "manifest.json").read_bytes())
    digests = {**manifest["sha256"], "churn-churn.ubj": 64 * "0"}
    write_json(saved / "manifest.json", {**manifest, "sha256": digests})
    assert "churn-churn.ubj was changed or damaged" in refused(saved)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"{}", b'{"format": 1}', b'{"format": 1, "sha256": [[1, 2], [[], 3]]}',
     b'{"format": 1, "sha256": 5}', b'{"format": 1, "sha256": {}}', b"\xff\xfe"],
)  # fmt: skip
def test_a_manifest_that_says_nothing_is_refused(content, saved):
    (saved / "manifest.json").write_bytes(content)
    assert "manifest.json is damaged" in refused(saved)


def test_a_manifest_laid_out_otherwise_is_refused(saved):
    content = (saved / "manifest.json").read_text()
    (saved / "manifest.json").write_text(content.replace(" ", "\t", 1))
    assert "manifest.json is damaged" in refused(saved)


def test_a_newer_format_is_refused_with_what_to_do(saved):
    manifest = json.loads((saved / "manifest.json").read_bytes())
    write_json(saved / "manifest.json", {**manifest, "format": FORMAT + 1})
    assert f"format {FORMAT + 1}, this clvlens reads {FORMAT}; update it" in refused(saved)


def test_a_place_without_a_model_says_how_to_get_one(saved, tmp_path):
    for place in (tmp_path / "nowhere", tmp_path, saved / "metadata.json"):
        assert "holds no model; train one first: clvlens train" in refused(place)


@pytest.mark.parametrize("seed", range(60))
def test_no_flipped_bit_goes_unnoticed(seed, saved):
    rng = np.random.default_rng(seed)
    path = saved / FILES[seed % len(FILES)]
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << rng.integers(8)
    path.write_bytes(content)
    refused(saved)


# --- what is refused although its manifest vouches for it


GONE = object()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("about", GONE),
        ("about.label_days", GONE),
        ("about.label_days", 0),
        ("about.horizon_days", "90"),
        ("encoder", GONE),
        ("encoder.numbers.0", GONE),
        ("encoder.categories", "channel"),
        ("features", GONE),
        ("features.0", GONE),
        ("features.0.meaning", GONE),
        ("features.0.colour", "?"),
        ("estimators", GONE),
        ("estimators.value", GONE),
        ("estimators.value", {}),
        ("estimators.fortune", {}),
        ("estimators.churn.state", {}),
        ("estimators.churn.state.calibrator.kind", "magic"),
        ("estimators.churn.state.calibrator", {"kind": "isotonic", "x": [], "y": []}),
        ("estimators.churn.state.line.slopes", []),
        ("estimators.churn.parts", ["other"]),
        ("estimators.orders.parts", []),
        ("estimators.orders.settings", 7),
        ("estimators.orders.settings", {"branches": 3}),
        ("estimators.interval.state.offsets", ["5"]),
        ("estimators.interval.state.offsets", [float("nan"), 1]),
        ("estimators.value.state.members.linear.net", 1e400),
        ("estimators.value.state.weights", [["fortune", 1.0]]),
        ("estimators.value.state.partner", {"columns": [0]}),
    ],
)
def test_metadata_that_makes_no_model_is_refused_in_one_line(place, value, saved):
    metadata = json.loads((saved / "metadata.json").read_bytes())
    *outer, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    inner = reduce(getitem, outer, metadata)
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    sealed(saved, metadata)
    with pytest.raises(ModelError, match=r"model describes no model that works; train it again$"):
        load_model(saved)


@pytest.mark.parametrize("metadata", [None, [], {}, "model", 5])
def test_metadata_of_another_kind_is_refused_in_one_line(metadata, saved):
    sealed(saved, metadata)
    with pytest.raises(ModelError, match=r"model describes no model that works; train it again$"):
        load_model(saved)


# --- every format ever written


def test_there_is_a_golden_model_of_every_format():
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"format-{number}" for number in range(1, FORMAT + 1)
    }


@pytest.mark.reliability
@pytest.mark.parametrize("folder", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
def test_every_format_ever_written_is_read_and_predicts_what_it_did(folder, record_property):
    record_property(*tried("model formats", folder.name))
    rows, expected = (pd.read_csv(folder / name) for name in ("rows.csv", "predictions.csv"))
    predicted = load_model(folder / "model").predict(rows)
    pd.testing.assert_frame_equal(predicted, expected, rtol=1e-6)
