"""Every history but orders is optional."""

import pytest
import yaml

from clvlens.config import load_config
from clvlens.histories import discover
from clvlens.panel.panel import snapshot_frame
from clvlens.panel.split import plan_cutoffs
from clvlens.panel.world import read_world
from clvlens.simulation.settings import Settings
from clvlens.simulation.writing import write


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("business") / "shop"
    write(Settings(customers=200, seed=2), folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("absent", [name for name in discover() if name != "orders"])
def test_any_one_table_can_be_left_out_and_the_rest_still_runs(shop, absent):
    settings = yaml.safe_load((shop / "config.yaml").read_text())
    del settings["data"][absent]
    path = shop / f"without_{absent}.yaml"
    path.write_text(yaml.safe_dump(settings))
    world = read_world(load_config(path))
    frame = snapshot_frame(world, plan_cutoffs(world).test[0])
    assert len(frame) > 100
    assert not [name for name in frame if name.startswith(f"{absent}__")]
