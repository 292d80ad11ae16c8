"""Settings that the engine does not take, and work that does not fit in memory."""

import subprocess
import sys

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


REFUSED = """
import resource
from pathlib import Path
import ibis
from clvlens.errors import OutOfMemoryError
from clvlens.panel.engine import connect
engine = connect(memory_limit="8GB", threads=1)
engine.row(ibis.range(10).unnest().name("n").as_table().aggregate(n=ibis._.n.sum()))
pages = int(Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**28,) * 2)
rows = ibis.range(50_000_000).unnest().name("n").as_table().select(n=ibis._.n.cast("string"))
try:
    engine.row(rows.distinct().count().name("n").as_table())
except OutOfMemoryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads its own size from /proc")
def test_where_the_system_gives_no_more_memory_a_higher_limit_is_not_the_mend():
    command = [sys.executable, "-c", REFUSED]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "let the process have more memory, lower engine.memory_limit" in said.stdout, said
