"""Predictions by Spark: executors load the model's own files and predict where features lie."""

# PySpark is an extra, and types its columns loosely.
# pyright: reportMissingImports=false, reportArgumentType=false

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from clvlens.models.customer import CustomerModel
from clvlens.models.scoring import Scored, score
from clvlens.models.store import load_model, save_model
from clvlens.panel.panel import recipe, timed
from clvlens.panel.snapshot import snapshot
from clvlens.panel.spark import SparkEngine, is_whole, working
from clvlens.panel.world import World

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

DIGITS = 4  # of the hash of an id, in hex, by which it belongs to a part

Progress = Callable[[str], None]
Scorer = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def score_parts(
    model: CustomerModel,
    world: World,
    everybody: ir.Table,
    keep: Sequence[str],
    progress: Progress = lambda _: None,
) -> Scored:
    """Return everybody's predictions, ordered by customer, and what is to `keep` of the features.

    Each part is of the customers whose ids have a hash in one range, and a folder of Parquet
    under `data/NAME/scored`. A part that is there, of the same data, cutoff and model, is read;
    the others are made.
    """
    files = packed(model)
    kept = (*keep, *model.encoder.categories)
    with _folder(world, everybody, files) as folder:
        made = _made(model, files, world, everybody, folder, kept, progress)
        scored = score(model, made, keep, lambda found: found[_outputs(model)])
    order = scored.rows["customer_id"].argsort(kind="stable")
    rows, predicted = (
        frame.iloc[order].reset_index(drop=True) for frame in (scored.rows, scored.predicted)
    )
    return replace(scored, rows=rows, predicted=predicted)


def _made(
    model: CustomerModel,
    files: Mapping[str, bytes],
    world: World,
    everybody: ir.Table,
    folder: Path,
    kept: Sequence[str],
    progress: Progress,
) -> Iterator[pd.DataFrame]:
    """Yield the parts, each with its predictions; those that are there are not made again."""
    parts = world.config.engine.parts
    for place in range(parts):
        part = folder / f"part={place}"
        progress(f"predict part {place + 1} of {parts}")
        if not is_whole(part):
            features = snapshot(_share(world, place), _of_part(world, everybody, place))
            with working():
                rows = predict_rows(model, files, world.engine, features, kept)
                rows.write.mode("overwrite").parquet(str(part))
        yield timed(pd.read_parquet(part))


def predict_rows(
    model: CustomerModel,
    files: Mapping[str, bytes],
    engine: SparkEngine,
    features: ir.Table,
    keep: Sequence[str],
) -> DataFrame:
    """Return rows of Spark: the columns to `keep`, and what `CustomerModel.predict` returns."""
    from pyspark.sql.types import DoubleType, StructType

    rows = engine.rows(features)
    keep = [name for name in keep if name in rows.columns]
    schema = StructType([rows.schema[name] for name in keep])
    for name in _outputs(model):
        schema = schema.add(name, DoubleType())
    return rows.mapInArrow(_scorer(files, keep), schema)


def _outputs(model: CustomerModel) -> list[str]:
    """Return the names of what a model predicts."""
    empty = np.full((1, len(model.encoder.columns)), np.nan)
    return list(model.predict_encoded(empty))


def packed(model: CustomerModel) -> dict[str, bytes]:
    """Return the files of a model as the store writes them, for executors to load."""
    with tempfile.TemporaryDirectory() as folder:
        saved = save_model(model, Path(folder) / "model")
        return {file.name: file.read_bytes() for file in saved.iterdir()}


def _scorer(files: Mapping[str, bytes], keep: Sequence[str]) -> Scorer:
    """Return what an executor does with the batches of a partition."""

    def scored(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        model = _unpacked(files)
        for batch in batches:
            predicted = model.predict(timed(batch.to_pandas()))
            columns = {name: batch.column(name) for name in keep}
            columns |= {name: pa.array(predicted[name].to_numpy("float64")) for name in predicted}
            yield pa.RecordBatch.from_pydict(columns)

    return scored


def _unpacked(files: Mapping[str, bytes]) -> CustomerModel:
    """Return a model from its files, each checked against the manifest."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return load_model(Path(folder))


def _share(world: World, place: int) -> World:
    """Return the world of the customers of one part."""
    histories = {
        name: replace(events, table=_of_part(world, events.table, place))
        for name, events in world.histories.items()
    }
    return replace(world, histories=histories)


def _of_part(world: World, table: ir.Table, place: int) -> ir.Table:
    """Return the rows of the customers of one part."""
    first, end = (16**DIGITS * bound // world.config.engine.parts for bound in (place, place + 1))
    digits = world.engine.digest(table.customer_id).substr(0, DIGITS)
    return table.filter(digits.between(f"{first:0{DIGITS}x}", f"{end - 1:0{DIGITS}x}"))


@contextmanager
def _folder(world: World, everybody: ir.Table, files: Mapping[str, bytes]) -> Iterator[Path]:
    """Yield where parts are kept, after removing those of other data and cutoffs.

    What was not read from a configuration file has nowhere to keep them.
    """
    if world.config.source is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    (instant,) = world.engine.row(everybody.aggregate(at=everybody.cutoff.max()))
    asked = f"{recipe(world.config)} {instant} {world.config.engine.parts}"
    scored = world.config.data_folder / "scored"
    run = scored / _digest(asked.encode())
    for other in scored.glob("*"):
        if other != run:
            shutil.rmtree(other, ignore_errors=True)
    yield run / _digest(files["manifest.json"])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
