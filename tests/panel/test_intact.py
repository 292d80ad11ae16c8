"""Files that are not what was written are refused, each by name, before a row of them is read."""

import gzip

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clvlens.errors import DataError
from clvlens.panel.intact import check_intact


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def refused(form, *files):
    with pytest.raises(DataError, match="orders: ") as error:
        check_intact("orders", files, form)
    return str(error.value).splitlines()


def test_whole_files_pass(tmp_path):
    text = write(tmp_path, "a.csv", b"a,b\n1,2\n")
    packed = write(tmp_path, "a.csv.gz", gzip.compress(b"a,b\n1,2\n"))
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    check_intact("orders", [text, packed], "csv")
    check_intact("orders", [tmp_path / "a.parquet"], "parquet")


def test_a_byte_of_zeros_is_told_with_its_line(tmp_path):
    file = write(tmp_path, "a.csv", b"a,b\n1,2\n3,\x004\n")
    assert refused("csv", file) == [
        "orders: a.csv holds a byte of zeros in line 3: it is damaged, or UTF-16; save it as "
        "UTF-8, or state encoding: utf-16"
    ]


@pytest.mark.parametrize(
    ("begins", "told"),
    [
        (b"PAR1\x15", "is Parquet; state format: parquet"),
        (b"PK\x03\x04", "is a spreadsheet or an archive; state format: xlsx, or unpack it"),
        (gzip.compress(b"a,b\n", mtime=0), "is packed by gzip; end its name in .csv.gz"),
    ],
)
def test_another_format_under_the_name_of_csv_is_told_by_its_first_bytes(tmp_path, begins, told):
    assert refused("csv", write(tmp_path, "a.csv", begins)) == [f"orders: a.csv {told}"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_text_is_told_by_its_mark(tmp_path, encoding):
    file = write(tmp_path, "a.csv", "a,b\n".encode(encoding))
    (told,) = refused("csv", file)
    assert told.startswith(f"orders: a.csv is {encoding.upper()}; save it as UTF-8, or state enc")


def test_zeros_are_letters_where_the_encoding_is_stated_and_archives_are_unpacked_all_the_same(
    tmp_path,
):
    wide = "a,b\n".encode("utf-16")
    check_intact("orders", [write(tmp_path, "a.csv", wide)], "csv", "utf-16")
    cut = write(tmp_path, "b.csv.gz", gzip.compress(wide * 1000)[:-9])
    with pytest.raises(DataError, match=r"b\.csv\.gz is damaged or cut off"):
        check_intact("orders", [cut], "csv", "utf-16")


def test_an_archive_whose_checksum_is_wrong_is_damaged(tmp_path):
    """The last eight bytes of gzip are the checksum and the length of what was packed."""
    packed = gzip.compress(b"a,b\n" * 1000)
    wrong = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    (told,) = refused("csv", write(tmp_path, "a.csv.gz", wrong))
    assert told.startswith("orders: a.csv.gz is damaged or cut off: CRC check failed")


def test_every_damaged_file_is_told_at_once(tmp_path):
    files = [write(tmp_path, name, b"PAR1") for name in ("a.parquet", "b.parquet")]
    assert [line.split()[1] for line in refused("parquet", *files)] == ["a.parquet", "b.parquet"]


def test_a_page_whose_checksum_is_wrong_is_damaged(tmp_path):
    table = pa.table({"a": ["left"] * 10})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, write_page_checksum=True, compression="none")
    path.write_bytes(path.read_bytes().replace(b"left", b"lost", 1))
    assert "CRC checksum verification failed" in refused("parquet", path)[0]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, "1.parquet lacks the column 'b' of 0.parquet"),
        ({"a": 1}, {"a": 1, "b": 2}, "0.parquet lacks the column 'b' of 1.parquet"),
        ({"a": 1}, {"a": 1.5}, "'a' is double in 1.parquet and int64 in 0.parquet"),
    ],
)
def test_parts_that_differ_are_both_named(tmp_path, first, second, told):
    for number, row in enumerate((first, second)):
        pd.DataFrame([row]).to_parquet(tmp_path / f"{number}.parquet")
    (line,) = refused("parquet", *sorted(tmp_path.iterdir()))
    assert line.startswith(f"orders: {told}; give both the same")
