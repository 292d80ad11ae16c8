"""Settings that the engine does not take, and work that does not fit in memory."""

import ibis
import pytest

from clvlens.errors import ConfigError, OutOfMemoryError
from clvlens.panel.engine import connect


def test_a_memory_limit_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"^engine: memory_limit cannot be lots: .*e\.g\. 1GB"):
        connect(memory_limit="lots")


def test_a_time_zone_that_the_engine_lacks_is_refused():
    with pytest.raises(ConfigError, match=r"^engine: TimeZone cannot be Mars/Olympus: .*"):
        connect("Mars/Olympus")


def test_work_that_does_not_fit_in_memory_asks_for_more():
    """A million texts of a thousand letters in one value, where 20 MB may be used."""
    engine = connect(memory_limit="20MB", threads=1)
    rows = ibis.range(1_000_000).unnest().name("n").as_table()
    long = rows.select(text=ibis.literal("x").repeat(1000)).aggregate(
        text=ibis._.text.group_concat()
    )
    with (
        pytest.raises(OutOfMemoryError, match=r"^data\.orders: Out of Mem.*; raise engine\.memory"),
        engine.reading("orders"),
    ):
        engine.row(long)
