"""On a real cluster, of which a worker is killed in mid-job, the result is DuckDB's."""

import pandas as pd
import pytest
from tests.spark.cluster import Cluster, cluster
from tests.spark.simulated import SOME, WHY, asking, simulated

from clvlens.config import load_config
from clvlens.panel.panel import snapshot_frame
from clvlens.panel.world import World, read_world

pyspark = pytest.importorskip("pyspark", reason=WHY)
pytestmark = pytest.mark.slow

CUTOFF = 1_700_000_000_000_000


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return simulated(tmp_path_factory.mktemp("business"), customers=200, histories=SOME)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    stop()
    with cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started
        stop()


def stop() -> None:
    """End the Spark of tests that ran before: there is one a process."""
    if pyspark.SparkContext._active_spark_context:
        pyspark.SparkContext._active_spark_context.stop()


def executors(world: World) -> int:
    """Return how many executors there are beside the driver."""
    context = world.engine.session.sparkContext._jsc.sc()
    return context.getExecutorMemoryStatus().size() - 1


def test_a_worker_killed_in_mid_job_changes_no_feature(running: Cluster, source):
    world = read_world(asking(source, running.engine))
    before = executors(world)
    with running.losing_a_worker(world.engine.session) as stages:
        spark = snapshot_frame(world, CUTOFF)
    assert before == 2
    assert stages
    assert running.workers[0].poll() == -9
    assert executors(world) == 1
    duckdb = snapshot_frame(read_world(load_config(source)), CUTOFF)
    assert len(duckdb) > 100
    pd.testing.assert_frame_equal(spark, duckdb, check_exact=True)
