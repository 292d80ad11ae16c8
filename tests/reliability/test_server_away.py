"""The tracking server is down at the start, or dies midway; what it did not get, it gets later."""

import json
import os

import pytest
import yaml
from tests.reliability.table import tried
from tests.reliability.trained import TrainedShop, shop_rows, write_shop
from tests.support.tracking_server import TrackingServer

from clvlens.config import load_config
from clvlens.output.parcels import begun, keep, kept
from clvlens.output.sending import send_kept

pytestmark = [
    pytest.mark.slow,
    pytest.mark.reliability,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes to kill"),
]
TRACKING = ("train", "evaluate", "explain", "levers", "value", "monitor", "report")
PARCELS = 6


@pytest.fixture
def server(tmp_path):
    """A server that is down."""
    server = TrackingServer(tmp_path / "server")
    server.folder.mkdir()
    yield server
    server.kill()


@pytest.fixture
def shop(tmp_path, server) -> TrainedShop:
    """A shop that tracks on the server."""
    (tmp_path / "shop").mkdir()
    config = write_shop(tmp_path / "shop", shop_rows(("c000",)))
    settings = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump({**settings, "tracking": {"uri": server.uri}}))
    return TrainedShop(tmp_path / "shop", {})


def test_every_verb_works_offline_and_sync_sends_it_once(shop, server, record_property):
    record_property(*tried("faults", "server down, --offline"))
    for verb in (*TRACKING, "predict"):
        ran = shop.run(verb, "--offline")
        assert (verb, ran.code, ran.told) == (verb, 0, ran.told)
        assert ("to send: clvlens sync --config" in ran.out) is (verb in TRACKING)
    assert shop.run("tune", "--trials", "2", "--offline").code == 0
    assert len(kept(load_config(shop.config))) == len(TRACKING) + 2
    server.start()
    assert shop.run("sync").out.count("Sent parcel") == len(TRACKING) + 2
    sent = [("shop", "shop", "FINISHED"), ("shop", "shop monitor", "FINISHED"),
            *(("shop-tuning", f"trial {number}", "FINISHED") for number in (1, 2))]  # fmt: skip
    assert (server.runs(), server.versions("shop")) == (sent, ["1"])
    assert shop.run("sync").out == "Nothing is kept that was not sent\n"
    assert (server.runs(), server.versions("shop")) == (sent, ["1"])
    assert shop.run("report").code == 0
    assert server.runs() == sent


def test_a_server_that_is_down_costs_seconds_and_no_work(shop, server, record_property):
    record_property(*tried("faults", "server down, without --offline"))
    for verb, what in (("train", "the model"), ("evaluate", "the evaluation")):
        ran = shop.run(verb, "--json")
        assert ran.code == json.loads(ran.out)["exit_code"] == 3
        (told,) = [line for line in ran.told if line.startswith("clvlens: the ")]
        assert told.startswith(f"clvlens: {what} is saved in {shop.folder}")
        assert f"no tracking server answers at {server.uri}" in told
        assert told.endswith(f"to send it later: clvlens sync --config {shop.config}")
    assert shop.run("predict").code == 0
    server.start()
    ran = shop.run("explain")  # sends what was kept as well
    assert (ran.code, server.versions("shop")) == (0, ["1"])
    assert server.runs() == [("shop", "shop", "FINISHED")]
    assert kept(load_config(shop.config)) == []


@pytest.mark.parametrize("survived", [1, 3, 5])
def test_a_server_that_dies_midway_gets_the_rest_later(survived, shop, server, record_property):
    record_property(*tried("faults", f"server killed after parcel {survived} of {PARCELS}"))
    config = load_config(shop.config)
    for number in range(PARCELS):
        path = shop.folder / f"{number}.txt"
        path.write_text(str(number))
        keep(config, begun(config, f"run {number}", {}, metrics={"loss": 1.0}), {"": path})
    server.start()

    def die(told: str) -> None:
        if told.startswith(f"parcel {survived}:"):
            server.kill()

    with pytest.raises(Exception, match=r"clvlens sync"):
        send_kept(config, die)
    assert len(kept(config)) == PARCELS - survived
    server.start()
    send_kept(config)
    assert kept(config) == []
    assert server.runs() == [("shop", f"run {number}", "FINISHED") for number in range(PARCELS)]
