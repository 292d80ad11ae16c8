import os
import shutil
import subprocess
import sys
import tempfile

import ibis
import numpy as np
import pytest

from clvlens.errors import OutOfMemoryError
from clvlens.panel.engine import connect
from clvlens.panel.spilling import PREFIX, spill_folder

ROWS = 4_000_000  # whole numbers of 8 bytes: 32 MB where 20 may be used
SPILLER = """
import os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from clvlens.panel.spilling import spill_folder
class Owner: pass
owner = Owner()
(spill_folder(owner) / "spilled").write_text("who bought what")
print("spilled", flush=True)
sys.stdin.read()
"""


class Owner:
    pass


@pytest.fixture
def top(tmp_path, monkeypatch):
    """The folder in which temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def spiller(top):
    """Another process, which has spilled something."""
    words, pipe = [sys.executable, "-c", SPILLER, str(top)], subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout.readline() == "spilled\n"
        yield process
        process.kill()


def numbers_from(engine, first, rows=ROWS):
    """Keep scattered numbers that do not fit in memory, so that they cannot be made small."""
    n = ibis.range(first, first + rows).unnest().name("n").as_table()
    return engine.keep(n.select(n=(n.n * 2_654_435_761) % 1_000_000_007))


def total(first, rows=ROWS):
    return ((np.arange(first, first + rows) * 2_654_435_761) % 1_000_000_007).sum()


def test_engines_that_spill_at_the_same_time_do_not_mix_what_they_spill(top):
    engines = [connect(memory_limit="20MB", threads=1) for _ in range(2)]
    tables = [numbers_from(engine, place * ROWS) for place, engine in enumerate(engines)]
    assert len([file for file in top.rglob("*.tmp") if file.stat().st_size]) >= 2
    found = [
        engine.row(table.aggregate(total=table.n.sum()))[0]
        for engine, table in zip(engines, tables, strict=True)
    ]
    assert found == [total(0), total(ROWS)]


@pytest.fixture
def small_disk(top):
    """A folder on a disk of 32 megabytes, in which temporary folders are made."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(top)]
    if os.name == "nt" or os.geteuid() or subprocess.run(mount, check=False).returncode:
        pytest.skip("a disk can be mounted by root alone")
    yield top
    subprocess.run(["umount", "--lazy", str(top)], check=True)


def test_what_fits_neither_in_memory_nor_on_the_disk_is_told_with_what_gives_room(small_disk):
    engine = connect(memory_limit="20MB", threads=1)
    few = numbers_from(engine, 0, ROWS // 8)  # to be read, it need not move others to the disk
    with pytest.raises(OutOfMemoryError, match=f"; free disk in {small_disk}, let TMPDIR name a "):
        numbers_from(engine, ROWS, 2 * ROWS)
    assert engine.row(few.aggregate(total=few.n.sum()))[0] == total(0, ROWS // 8)


def test_a_disk_that_another_fills_is_told_too(small_disk):
    """The engine looks at the room when it first spills, and not again."""
    engine = connect(memory_limit="20MB", threads=1)
    numbers_from(engine, 0)
    (small_disk / "anothers").write_bytes(bytes(shutil.disk_usage(small_disk).free))
    with pytest.raises(OutOfMemoryError, match=r"No space left on device; free disk in "):
        numbers_from(engine, ROWS)


def test_a_folder_is_its_owners_alone_and_goes_with_it(top):
    owner, other = Owner(), Owner()
    folder, another = spill_folder(owner), spill_folder(other)
    assert folder != another
    (folder / "spilled").write_text("who bought what")
    if os.name != "nt":
        assert folder.stat().st_mode & 0o077 == 0
    del owner
    assert list(top.iterdir()) == [another]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such locks")
def test_what_a_killed_process_has_left_goes_and_what_another_uses_stays(top, spiller):
    owner = Owner()
    own = spill_folder(owner)
    assert len(list(top.glob(f"{PREFIX}*/spilled"))) == 1
    spiller.kill()
    spiller.wait()
    another = spill_folder(owner)
    assert set(top.iterdir()) == {own, another}
