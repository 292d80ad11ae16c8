"""A small model and a tracking store, made once: making them takes longer than asking them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.shop import make_panel

from clvlens import pipeline
from clvlens.config import Config
from clvlens.evaluation.grade import grade
from clvlens.models.customer import CustomerModel
from clvlens.models.store import save_model
from clvlens.models.training import train_model
from clvlens.output import records
from clvlens.panel.panel import FeatureInfo, Panel
from clvlens.panel.split import Plan

CANARY = "canary-"  # how every customer's id begins
DIGEST = "ab" * 32
CANARIES = [f"{CANARY}{number:03d}@example.com" for number in range(300)]


@pytest.fixture(scope="session")
def configured(tmp_path_factory):
    """A way to get configurations; by default they share one project, and so one store."""
    shared = tmp_path_factory.mktemp("project")

    def configure(name: str, root: Path = shared, **tracking: str) -> Config:
        data = {"orders": {"path": "orders.csv"}}
        model = {"trees": 10, "max_depth": 2}
        return Config(
            name=name, currency="EUR", data=data, model=model, tracking=tracking, root=root
        )

    return configure


@pytest.fixture(scope="session")
def customer_model(configured) -> CustomerModel:
    """A model of 300 customers and three features."""
    rng = np.random.default_rng(7)
    orders = rng.integers(1, 9, len(CANARIES)).astype(float)
    value = np.where(rng.random(len(CANARIES)) < orders / 10, 20.0 * orders, 0.0)
    frame = pd.DataFrame(
        {
            "customer_id": CANARIES,
            "cutoff": pd.Timestamp("2025-01-01", tz="UTC"),
            "role": "fit",
            "orders__count": orders,
            "orders__recency_days": rng.integers(0, 90, len(CANARIES)).astype(float),
            "customers__region": np.where(orders > 4, "north", "south"),
            "target_value": value,
            "target_orders": (value > 0).astype(float),
            "target_churned": (value == 0).astype(float),
        }
    )
    features = tuple(
        FeatureInfo(name, name, "", name.split("__")[0], "", is_category)
        for name, is_category in (
            ("orders__count", False),
            ("orders__recency_days", False),
            ("customers__region", True),
        )
    )
    panel = Panel(configured("small"), frame, features, Plan((0,), (), (), (), 90, 90))
    return train_model(panel, {"name": "small", "horizon_days": 90, "label_days": 90})


@pytest.fixture(scope="session")
def model_folder(customer_model, tmp_path_factory) -> Path:
    """The model, saved."""
    return save_model(customer_model, tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def panel(tmp_path_factory):
    panel = make_panel(customers=240, trees=8)
    ids = CANARY + panel.frame["customer_id"].str[-4:]
    root = tmp_path_factory.mktemp("shop")
    config = panel.config.model_copy(update={"root": root})
    return replace(panel, config=config, frame=panel.frame.assign(customer_id=ids))


@pytest.fixture(scope="session")
def model(panel):
    return pipeline.train(panel)


@pytest.fixture(scope="session")
def evaluation(model, panel):
    return pipeline.evaluate(model, panel)


@pytest.fixture(scope="session")
def explained(model, panel):
    return pipeline.explain(model, panel)


@pytest.fixture(scope="session")
def written(panel, model, evaluation, explained):
    """The folder of all that a run leaves behind."""
    records.write_training(panel.config, model, DIGEST)
    records.write_evaluation(panel.config, model, evaluation, grade(evaluation), DIGEST)
    records.write_explanation(panel.config, *explained, DIGEST)
    return panel.config.data_folder
