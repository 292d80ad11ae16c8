"""Predictions in batches: the same as all at once, with one batch of features in memory."""

import gc
import weakref

import pandas as pd
import pytest
from tests.support.shop import make_panel

import clvlens
from clvlens import pipeline
from clvlens.models.scoring import score
from clvlens.output.predictions import write_predictions
from clvlens.simulation import Settings, draw

CUSTOMERS = 300


@pytest.fixture(scope="module")
def shop():
    tables = draw(Settings(customers=CUSTOMERS))
    return clvlens.load_config(
        {
            "name": "shop",
            "currency": "USD",
            "data": {"orders": tables["orders"], "customers": tables["customers"]},
            "target": {"horizon_days": 90},
            "cutoffs": {"at_most": 1},
            "model": {"trees": 5, "candidates": ["tweedie"]},
            "clv": {"subtract_acquisition_cost": True},
        }
    )


@pytest.fixture(scope="module")
def model(shop):
    return clvlens.train(clvlens.build_panel(shop))


def written(model, shop, path, **how) -> tuple[bytes, list[str]]:
    """Return the file of predictions, and what was remarked on the way."""
    remarks = []
    frame = clvlens.predict(model, shop, remark=remarks.append, **how)
    return write_predictions(frame, path).read_bytes(), remarks


@pytest.mark.parametrize("reasons", [20, ["c000001", "nobody"]], ids=["highest", "listed"])
def test_batches_of_seven_write_what_one_batch_of_all_writes(model, shop, tmp_path, reasons):
    path = tmp_path / "predictions.csv"
    at_once = written(model, shop, path, reasons=reasons)
    assert written(model, shop, path, reasons=reasons, batch=7) == at_once


def test_progress_names_the_batch(model, shop):
    told = []
    frame = pipeline.predict(model, shop, reasons=0, batch=200, progress=told.append)
    count = len(frame)
    assert told[-2:] == [f"predict {count:,} customers, batch {n} of 2" for n in (1, 2)]


def test_features_of_a_batch_are_let_go_before_the_next_is_asked_for():
    panel = make_panel(customers=240, trees=5, intervals=False)
    model, rows = pipeline.train(panel), panel.rows("test")
    alive = []

    def batches():
        for start in range(0, len(rows), 50):
            batch = rows.iloc[start : start + 50].reset_index(drop=True)
            alive.append(weakref.ref(batch))
            yield batch
            del batch
            gc.collect()
            assert alive[-1]() is None

    found = score(model, batches(), keep=["customer_id", "cutoff"])
    assert len(alive) == -(-len(rows) // 50)
    assert list(found.rows) == ["customer_id", "cutoff"]
    pd.testing.assert_frame_equal(found.predicted, model.predict(rows))
