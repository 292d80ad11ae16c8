"""The same history files give the same features on Spark as on DuckDB."""

import numpy as np
import pandas as pd
import pytest
from tests.spark.simulated import ALONE, WHY, asking, simulated

from clvlens.config import load_config
from clvlens.histories import discover
from clvlens.panel.panel import KEYS, Panel, make_panel

pytest.importorskip("pyspark", reason=WHY)
pytestmark = pytest.mark.slow

Pair = tuple[Panel, Panel]


@pytest.fixture(scope="module")
def panels(tmp_path_factory) -> Pair:
    source = simulated(tmp_path_factory.mktemp("business"), customers=300)
    return make_panel(load_config(source)), make_panel(asking(source, ALONE))


def same(ours: pd.Series, other: pd.Series) -> bool:
    """Whether two columns are equal to the last bit, and missing in the same places."""
    if ours.dtype != other.dtype:
        return False
    if ours.dtype == float:
        return np.array_equal(ours.to_numpy(), other.to_numpy(), equal_nan=True)
    return ours.equals(other)


def test_both_engines_speak_of_the_same_customers_at_the_same_two_cutoffs(panels: Pair):
    duckdb, spark = panels
    assert duckdb.frame["cutoff"].nunique() == 2
    pd.testing.assert_frame_equal(duckdb.frame[[*KEYS]], spark.frame[[*KEYS]])


@pytest.mark.parametrize("history", sorted(discover()))
def test_every_feature_of_a_history_is_equal_to_the_last_bit(panels: Pair, history: str):
    duckdb, spark = panels
    names = [info.name for info in duckdb.features if info.history == history]
    differ = [name for name in names if not same(duckdb.frame[name], spark.frame[name])]
    assert names
    assert not differ


def test_outcomes_are_equal_to_the_last_bit(panels: Pair):
    duckdb, spark = panels
    names = [name for name in duckdb.frame if name.startswith("target_")]
    assert len(names) == 4
    assert all(same(duckdb.frame[name], spark.frame[name]) for name in names)
    assert duckdb.frame["target_value"].sum() > 0


def test_both_panels_have_one_fingerprint_and_say_the_same_of_the_data(panels: Pair):
    duckdb, spark = panels
    assert duckdb.fingerprint == spark.fingerprint
    assert duckdb.notes == spark.notes
