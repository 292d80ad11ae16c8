"""A shop whose orders are drawn with a seed, and panels of it with the features baselines read.

Customers join, order at a rate of their own until they leave, and spend around a mean of their
own; those from e-mail spend twice as much. One in ten never buys. Days are counted from 2024.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from clvlens.config import Config
from clvlens.panel.panel import FeatureInfo, Panel
from clvlens.panel.split import Plan

DAY = 86_400_000_000  # microseconds
HORIZON = 60
ROLES = {"fit": (150, 180), "select": (240,), "calibrate": (300,), "test": (360, 390)}
CHANNELS = ("e-mail", "search", "shop")
INFOS = (
    FeatureInfo("tenure_days", "days known", "days", "customers", "", False),
    FeatureInfo("orders__count_60d", "orders in the last 60 days", "orders", "orders", "", False),
    FeatureInfo("orders__count_ever", "orders", "orders", "orders", "", False),
    FeatureInfo("orders__total_revenue_60d", "revenue in the last 60 days", "money", "orders", "",
                False),
    FeatureInfo("orders__total_revenue_ever", "revenue", "money", "orders", "", False),
    FeatureInfo("orders__days_since_last", "days since the last", "days", "orders", "", False),
    FeatureInfo("orders__days_since_first", "days since the first", "days", "orders", "", False),
    FeatureInfo("orders__first_to_last", "days from first to last", "days", "orders", "", False),
    FeatureInfo("orders__repeat_days", "repeat days", "days", "orders", "", False),
    FeatureInfo("orders__repeat_day_amount", "amount a repeat day", "money", "orders", "", False),
    FeatureInfo("carts__reminded_share_60d", "share of carts reminded of in the last 60 days",
                "share", "carts", "reminders", False),
    FeatureInfo("customers__channel", "where they came from", "category", "customers", "", True),
)  # fmt: skip


def draw_customers(count: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw customers (`joined`, `channel`, `reminded`) and their orders (`day`, `amount`)."""
    rng = np.random.default_rng(seed)
    ids = [f"customer-{number:04d}" for number in range(count)]
    joined = rng.integers(0, 300, count)
    channel = rng.choice(CHANNELS, count)
    left = joined + rng.exponential(250, count)
    rate = np.where(rng.random(count) < 0.1, 0, rng.gamma(1.5, 1 / 50, count))
    mean = rng.gamma(4.0, 10.0, count) * np.where(channel == "e-mail", 2, 1)
    reminded = rng.random(count).round(2)
    customers = pd.DataFrame(
        {"customer_id": ids, "joined": joined, "channel": channel, "reminded": reminded}
    )
    orders = [
        (ids[i], day, round(rng.gamma(5.0, mean[i] / 5), 2))
        for i in range(count)
        for day in range(joined[i], 451)
        if day < left[i] and rng.random() < rate[i]
    ]
    return customers, pd.DataFrame(orders, columns=["customer_id", "day", "amount"])


def take_snapshot(
    customers: pd.DataFrame, orders: pd.DataFrame, cutoff: int, label_days: int
) -> pd.DataFrame:
    """Return features and targets of everybody who joined before a cutoff; one order a day."""
    known = customers[customers["joined"] < cutoff].set_index("customer_id")
    past = orders[orders["day"] < cutoff].groupby("customer_id")
    recent = orders[orders["day"].between(cutoff - HORIZON, cutoff - 1)].groupby("customer_id")
    later = orders[orders["day"].between(cutoff, cutoff + label_days - 1)].groupby("customer_id")
    first, last = past["day"].min(), past["day"].max()
    repeats = past["day"].size() - 1
    columns = {
        "tenure_days": cutoff - known["joined"],
        "orders__count_60d": recent.size(),
        "orders__count_ever": past.size(),
        "orders__total_revenue_60d": recent["amount"].sum(),
        "orders__total_revenue_ever": past["amount"].sum(),
        "orders__days_since_last": cutoff - last,
        "orders__days_since_first": cutoff - first,
        "orders__first_to_last": last - first,
        "orders__repeat_days": repeats,
        "orders__repeat_day_amount": (past["amount"].sum() - past["amount"].first())
        / repeats.where(repeats > 0),
        "carts__reminded_share_60d": known["reminded"],
        "target_value": later["amount"].sum(),
        "target_orders": later.size(),
    }
    frame = pd.DataFrame(columns, index=known.index, dtype=float)
    counted = [name for name in frame if "days_since" not in name and "first_to" not in name]
    counted.remove("orders__repeat_day_amount")
    frame[counted] = frame[counted].fillna(0.0)
    frame["customers__channel"] = known["channel"]
    frame["target_churned"] = (frame["target_orders"] == 0).astype(float)
    frame["cutoff"] = pd.Timestamp(2024, 1, 1, tz="UTC") + pd.Timedelta(days=cutoff)
    return frame.reset_index()


def make_panel(
    customers: int = 300,
    seed: int = 1,
    label_days: int = HORIZON,
    roles: Mapping[str, tuple[int, ...]] = ROLES,
    **model: object,
) -> Panel:
    """Return a panel of the shop; `model` are settings of the configuration's model."""
    drawn = draw_customers(customers, seed)
    parts = []
    for role, days in roles.items():
        length = HORIZON if role == "test" else label_days
        parts += [
            take_snapshot(*drawn, day, length).assign(role=role, label_days=float(length))
            for day in days
        ]
    config = Config(
        name="shop",
        currency="EUR",
        data={"orders": {"path": "orders.csv"}},
        target={"horizon_days": HORIZON, "label_days": label_days},
        model={"trees": 25, "learning_rate": 0.1, "max_depth": 3, **model},
    )
    plan = Plan(
        **{role: tuple(day * DAY for day in days) for role, days in roles.items()},
        label_days=label_days,
        horizon_days=HORIZON,
    )
    return Panel(config, pd.concat(parts, ignore_index=True), INFOS, plan)
