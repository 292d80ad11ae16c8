import hashlib
import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clvlens import files
from clvlens.errors import ClvlensError
from clvlens.files import check_folder, sha256, whole_file, whole_folder


def write_file(path, text):
    with whole_file(path) as fresh:
        fresh.write_text(text)


def write_folder(path, **texts):
    with whole_folder(path) as fresh:
        for name, text in texts.items():
            (fresh / name).write_text(text)


def stop_midway(path):
    path.write_text("half of the ne")
    raise RuntimeError("midway")


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


# --- before the work


def test_a_folder_that_could_be_made_is_no_reason_to_refuse_and_is_not_made(tmp_path):
    check_folder(tmp_path / "a" / "b")
    assert contents(tmp_path) == {}


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path):
    (tmp_path / "a").write_text("a file")
    with pytest.raises(ClvlensError, match=r"/a is a file, and .*/a/b would be a folder; move one"):
        check_folder(tmp_path / "a" / "b")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ClvlensError, match="cannot be written to; see to its rights"):
        check_folder(tmp_path / "a")
    tmp_path.chmod(0o700)


# --- one file


def test_a_file_appears_with_its_parents_and_leaves_nothing_beside_it(tmp_path):
    write_file(tmp_path / "a" / "b" / "report.csv", "new")
    assert contents(tmp_path / "a" / "b") == {"report.csv": "new"}


def test_a_file_is_written_under_its_own_suffix_so_that_writers_can_go_by_it(tmp_path):
    with whole_file(tmp_path / "rows.csv.gz") as fresh:
        assert fresh.name == "rows.csv.gz"
        fresh.write_text("")


def test_a_failure_midway_leaves_the_old_file_and_no_temporary_one(tmp_path):
    path = tmp_path / "report.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="midway"), whole_file(path) as fresh:
        stop_midway(fresh)
    assert contents(tmp_path) == {"report.csv": "old"}


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "report.csv"
    path.write_text("old")
    with whole_file(path) as fresh:
        fresh.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.usefixtures("usual_umask")
def test_files_and_folders_can_be_read_by_everyone_that_the_umask_lets(tmp_path):
    write_file(tmp_path / "report.csv", "")
    write_folder(tmp_path / "model", a="")
    assert mode(tmp_path / "report.csv") == mode(tmp_path / "model" / "a") == 0o644
    assert mode(tmp_path / "model") == 0o755


def test_files_written_at_once_end_as_one_of_them(tmp_path):
    path = tmp_path / "report.csv"
    texts = [f"{number}" * 10_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_file(path, text), texts))
    assert contents(tmp_path).keys() == {"report.csv"}
    assert path.read_text() in texts


# --- a folder


@pytest.fixture
def stepwise(monkeypatch):
    """Folders are exchanged as on systems that cannot do so at once."""
    monkeypatch.setattr(files, "_exchanged", lambda *_: False)


@pytest.fixture(params=["at once", "stepwise"])
def either_way(request):
    if request.param == "stepwise":
        request.getfixturevalue("stepwise")


@pytest.mark.skipif(sys.platform != "linux", reason="others have no exchange of folders")
def test_a_folder_that_is_replaced_is_never_absent(tmp_path):
    """A process that is killed at any instant leaves the old folder or the new one."""
    path = tmp_path / "model"
    write_folder(path, a="0")
    ended = threading.Event()

    def write():
        for number in range(300):
            write_folder(path, a=f"{number}")
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    while not ended.is_set():
        seen.add((path / "a").exists())
    writer.join()
    assert seen == {True}


@pytest.mark.usefixtures("either_way")
def test_a_folder_replaces_the_old_one_with_all_that_it_held(tmp_path):
    write_folder(tmp_path / "model", a="old", b="old")
    write_folder(tmp_path / "model", a="new")
    assert contents(tmp_path / "model") == {"a": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_failure_midway_leaves_the_old_folder_and_no_temporary_one(tmp_path):
    write_folder(tmp_path / "model", a="old")
    with pytest.raises(RuntimeError, match="midway"), whole_folder(tmp_path / "model") as fresh:
        stop_midway(fresh / "a")
    assert contents(tmp_path / "model") == {"a": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.usefixtures("stepwise")
def test_a_rename_that_fails_puts_the_old_folder_back(tmp_path, monkeypatch):
    path = tmp_path / "model"
    write_folder(path, a="old")
    rename = Path.replace

    def fail_on_the_new(self, target):
        if target == path and (self / "a").read_text() == "new":
            raise OSError("the disk is gone")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", fail_on_the_new)
    with pytest.raises(OSError, match="the disk is gone"):
        write_folder(path, a="new")
    assert contents(path) == {"a": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.usefixtures("either_way")
def test_folders_written_at_once_end_as_one_of_them(tmp_path):
    path = tmp_path / "model"

    def write(number):
        for _ in range(20):
            write_folder(path, a=f"{number}", b=f"{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert contents(path).keys() == {"a", "b"}
    assert len(set(contents(path).values())) == 1


@pytest.mark.usefixtures("either_way")
def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path):
    write_folder(tmp_path / "elsewhere", a="theirs")
    (tmp_path / "model").symlink_to(tmp_path / "elsewhere")
    write_folder(tmp_path / "model", a="ours")
    assert contents(tmp_path / "model") == {"a": "ours"}
    assert contents(tmp_path / "elsewhere") == {"a": "theirs"}


# --- where nothing can be written


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_a_place_that_cannot_be_written_to_is_named(whole, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with (
        pytest.raises(ClvlensError, match=r"file/below cannot be written to: .+; write elsewhere"),
        whole(tmp_path / "file" / "below" / "model"),
    ):
        pass
    assert contents(tmp_path) == {"file": "not a folder"}


def test_the_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert sha256(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


KILLED_MIDWAY = """
import os, signal, sys
from pathlib import Path
from clvlens.files import whole_file
with whole_file(Path(sys.argv[1])) as fresh:
    fresh.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither SIGKILL nor such locks")
def test_what_a_killed_process_left_is_gone_after_the_next_that_ends(tmp_path):
    path = tmp_path / "predictions.csv"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", KILLED_MIDWAY, str(path)], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    assert not path.exists()
    write_file(path, "whole")
    assert contents(tmp_path) == {"predictions.csv": "whole"}


def test_what_another_is_writing_now_is_left_to_it(tmp_path):
    path = tmp_path / "predictions.csv"
    with whole_file(path) as first:
        first.write_text("slow")
        write_file(path, "quick")
        assert path.read_text() == "quick"
    assert path.read_text() == "slow"
