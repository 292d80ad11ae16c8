"""A small shop whose customers, orders and refunds are drawn with a seed."""

import numpy as np
import pandas as pd
import pytest

from clvlens.config import Config
from clvlens.models.store import save_model
from clvlens.models.training import train_model
from clvlens.panel.panel import FeatureInfo, Panel
from clvlens.panel.split import Plan

DAY = 86_400_000_000  # microseconds
ROLES = {"fit": (0, 30), "select": (120,), "calibrate": (210,), "test": (300,)}  # days of cutoffs
FEATURES = (
    FeatureInfo("orders__count_90d", "Orders", "orders", "orders", "", False),
    FeatureInfo(
        "orders__days_since_last", "Days since the last order", "days", "orders", "", False
    ),
    FeatureInfo("orders__currency_count", "Currencies", "currencies", "orders", "", False),
    FeatureInfo("customers__channel", "Where they came from", "category", "customers", "", True),
)


def draw_rows(rng, customers, role, day):
    """Draw one cutoff: busier customers order more, those from e-mail spend more."""
    count = rng.poisson(rng.gamma(1.0, 2.0, customers)).astype(float)
    channel = rng.choice(["e-mail", "search", "shop", "fax"], customers, p=[0.4, 0.3, 0.297, 0.003])
    orders = rng.poisson(0.2 + 0.4 * count)
    spend = rng.gamma(2.0 * np.maximum(orders, 1), 10.0) * np.where(channel == "e-mail", 2, 1)
    refund = np.where(rng.random(customers) < 0.05, 30.0, 0.0)
    cutoff = pd.Timestamp(2024, 1, 1, tz="UTC") + pd.Timedelta(days=day)
    return pd.DataFrame(
        {
            "customer_id": [f"customer-{number:04d}" for number in range(customers)],
            "cutoff": cutoff,
            "role": role,
            "label_days": 90.0,
            "orders__count_90d": count,
            "orders__days_since_last": np.where(
                count > 0, rng.exponential(60 / (1 + count)), np.nan
            ),
            "orders__currency_count": 1.0,
            "customers__channel": np.where(rng.random(customers) < 0.1, None, channel),
            "target_value": np.where(orders > 0, spend, 0.0) - refund,
            "target_orders": orders.astype(float),
            "target_churned": (orders == 0).astype(float),
        }
    )


@pytest.fixture(scope="session")
def make_panel():
    """A panel of so many customers, with settings of `model` in the configuration."""

    def make(customers=400, seed=1, roles=ROLES, **model):
        rng = np.random.default_rng(seed)
        parts = [draw_rows(rng, customers, role, day) for role in roles for day in roles[role]]
        data = {"orders": {"path": "orders.csv"}}
        settings = {"trees": 15, "learning_rate": 0.1, **model}
        config = Config(name="shop", currency="EUR", data=data, model=settings)
        cutoffs = {role: tuple(day * DAY for day in roles.get(role, ())) for role in ROLES}
        plan = Plan(**cutoffs, label_days=90, horizon_days=90)
        return Panel(config, pd.concat(parts, ignore_index=True), FEATURES, plan)

    return make


@pytest.fixture(scope="session")
def about():
    return {"name": "shop", "currency": "EUR", "horizon_days": 90, "label_days": 90}


@pytest.fixture(scope="session")
def panel(make_panel):
    return make_panel()


@pytest.fixture(scope="session")
def model(panel, about):
    return train_model(panel, about)


@pytest.fixture
def saved(model, tmp_path):
    return save_model(model, tmp_path / "model")
