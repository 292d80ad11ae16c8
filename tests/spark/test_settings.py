"""How a configuration asks for Spark, and what it is told where there is none."""

from importlib.util import find_spec

import pytest

from clvlens.config import load_config
from clvlens.config.engine import Engine
from clvlens.errors import ConfigError
from clvlens.panel import spark_sql
from clvlens.panel.spark import connect


def engine(setting: object) -> Engine:
    data = {"orders": {"path": "orders.csv"}}
    return load_config({"name": "shop", "currency": "EUR", "data": data, "engine": setting}).engine


def test_a_kind_alone_is_an_engine_without_further_settings():
    assert engine("spark") == Engine(kind="spark")
    assert engine("duckdb") == engine({"threads": None}) == Engine()


def test_an_engine_takes_a_master_and_settings_of_its_own():
    asked = engine({"kind": "spark", "master": "yarn", "settings": {"spark.executor.cores": 4}})
    assert (asked.master, asked.settings) == ("yarn", {"spark.executor.cores": 4})


def test_what_duckdb_limits_is_refused_of_spark():
    said = r"engine: memory_limit is no setting of spark; .*settings: {spark\.executor\.memory"
    with pytest.raises(ConfigError, match=said):
        engine({"kind": "spark", "memory_limit": "4GB"})


def test_a_master_without_spark_is_refused():
    with pytest.raises(ConfigError, match=r"engine: master is no setting of duckdb; state kind"):
        engine({"master": "yarn"})


def test_an_engine_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"engine\.kind: 'dask' will not do; expected 'duckdb'"):
        engine("dask")


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="PySpark is installed here")
def test_without_pyspark_it_says_how_to_install_it():
    with pytest.raises(ConfigError, match=r"engine: spark needs PySpark.*install 'clvlens\[spark"):
        connect("UTC", Engine(kind="spark"))


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("%d.%m.%Y %H:%M", "d.M.yyyy H:m"),
        ("%Y%m%d", "yyyyMMdd"),
        ("%Y-%m-%dT%H%M", "yyyy-M-d'T'HHmm"),
        ("%d %B %Y", "d MMMM yyyy"),
    ],
)
def test_a_time_format_is_written_as_java_does(form, pattern):
    assert spark_sql.pattern(form) == pattern
