"""Payback by channel beside the simulated business's own account of it."""

import numpy as np
import pytest

from clvlens.config import load_config
from clvlens.evaluation.channels import accounts
from clvlens.finance.npv import DAYS_PER_MONTH
from clvlens.panel.instants import midnight_before
from clvlens.panel.ledger import ledger
from clvlens.panel.panel import snapshot_frame
from clvlens.panel.world import read_world
from clvlens.simulation import Settings, write
from clvlens.simulation.levers import World
from clvlens.simulation.life import live
from clvlens.simulation.noise import Noise
from clvlens.simulation.people import ACQUISITION_COST, CHANNELS, meet
from clvlens.simulation.truth import value

pytestmark = pytest.mark.slow

OTHERS = 77  # a seed whose customers are in no table
SETTINGS = Settings(customers=2_000, seed=3)
BY = {"channel": "customers__channel"}


DAYS = 270


@pytest.fixture(scope="module")
def business(tmp_path_factory):
    folder = tmp_path_factory.mktemp("business")
    write(SETTINGS, folder)
    world = read_world(load_config(folder / "config.yaml"))
    now = midnight_before(world.ends, "UTC")
    return snapshot_frame(world, now), ledger(world, now)


@pytest.fixture(scope="module")
def own_account():
    """Money brought by the end of each of the first days, by channel, of 12,000 other customers."""
    brought, won = np.zeros((len(CHANNELS), DAYS)), np.zeros(len(CHANNELS))
    for block in range(3):
        noise = Noise(OTHERS, block, 4_000)
        world = World(meet(noise, SETTINGS, cohort=True), noise, SETTINGS)
        months = list(live(world, DAYS // 30 + 1))
        channel = world.people.channel
        won += np.bincount(channel, minlength=len(CHANNELS))
        for day in range(DAYS):
            by_then = value(months, np.zeros(world.people.size), day + 1)
            brought[:, day] += np.bincount(channel, by_then, minlength=len(CHANNELS))
    return brought / won[:, None]


@pytest.mark.parametrize("dearer", [1, 5, 8])
def test_payback_is_within_its_interval_of_the_business_own_account(business, own_account, dearer):
    """Its channels pay back on the first day; where they are made dearer, it takes months."""
    rows, paid = business
    rows = rows.assign(customers__acquisition_cost=dearer * rows["customers__acquisition_cost"])
    nothing = rows[["customer_id"]].assign(predicted_value=0.0, clv=0.0)
    found = accounts(rows, paid, nothing, BY).set_index("group")
    for channel, curve, cost in zip(CHANNELS, own_account, ACQUISITION_COST, strict=True):
        truth = (np.argmax(curve >= dearer * cost) + 1) / DAYS_PER_MONTH
        row = found.loc[channel]
        assert row["payback_low_90"] <= truth <= row["payback_high_90"], channel
