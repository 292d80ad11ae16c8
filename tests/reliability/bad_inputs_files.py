"""Bad inputs 1 to 22: files, headers, encodings, parts."""

import datetime as dt
import re

from tests.reliability.cases import Case, column
from tests.reliability.shop import MONTHS, Shop, changed, orders

TOTAL = sum(float(row["amount"]) for row in orders())


def adds_up(config, _):
    assert float(sum(column(config, "amount"))) == TOTAL


def spoiled(change, **table):
    def write(shop: Shop):
        config = shop.write(**table)
        shop.spoil(change)
        return config

    return write


def missing(shop: Shop):
    config = shop.write()
    (shop.folder / "orders.csv").rename(shop.folder / "order.csv")
    return config


def renamed(shop: Shop):
    rows = orders()
    return shop.write([{"amout" if key == "amount" else key: row[key] for key in row}
                       for row in rows])  # fmt: skip


def truncated_parquet(shop: Shop):
    config = shop.as_parquet()
    shop.spoil(lambda b: b[: len(b) // 2], "orders.parquet")
    return config


def flipped_parquet(shop: Shop):
    """Turn 13.50 into 93.50 inside a page: without its checksum, a wrong sum and no error."""
    config = shop.as_parquet()
    shop.spoil(lambda b: b.replace(b"13.50", b"93.50", 1), "orders.parquet")
    return config


def truncated_archive(shop: Shop):
    config = shop.as_archive()
    shop.spoil(lambda b: b[: len(b) // 2], "orders.csv.gz")
    return config


def other_parts(shop: Shop):
    rows = orders()
    return shop.as_parts(rows[:50], [{**row, "amount": float(row["amount"])} for row in rows[50:]])


def half_a_part(shop: Shop):
    rows = orders()
    config = shop.as_parts(rows[:50], rows[50:])
    shop.spoil(lambda b: b[:200], "parts/part-1.parquet")
    return config


def larger_than_memory(shop: Shop):
    """Some 55 MB of orders, several times that once typed, for an engine that may take 80."""
    start = dt.datetime(2022, 1, 1)
    with (shop.folder / "orders.csv").open("w") as file:
        file.write("customer_id,ordered_at,amount\n")
        for n in range(1_200_000):
            when = start + dt.timedelta(minutes=n)
            file.write(f"customer-{n % 5_000:08d},{when:%Y-%m-%d %H:%M},{n % 97}.25\n")
    return shop.configure(run={"engine": {"memory_limit": "80MB", "threads": 1}})


def odd_at_thirty_thousand(shop: Shop):
    rows = orders(100, [f"{year}{day[4:]}" for year in range(1984, 2024) for day in MONTHS])
    return shop.write(changed(rows, 29_999, amount="n/a"))


def empty_messages(shop: Shop):
    config = shop.with_table("messages", [{"customer_id": "c001", "sent_at": "2024-02-01"}])
    shop.spoil(lambda b: b.splitlines()[0] + b"\n", "messages.csv")
    return config


def has_every_row(_, ran):
    assert re.search(r"orders +1,200,000 +5,000", ran.out)


CASES = [
    Case(1, "missing file", "E", missing,
         r"run\.yaml:\d+: data\.orders\.path: orders\.csv does not exist in .*you mean 'order\."),
    Case(2, "zero bytes", "E", spoiled(lambda b: b""), r"orders: .*orders\.csv has no header line"),
    Case(3, "header only", "E", spoiled(lambda b: b.splitlines()[0] + b"\n"),
         r"orders: the table has no rows; check the file"),
    Case(3, "header only of an optional table", "W", empty_messages,
         r"messages\.: the table has no rows"),
    Case(4, "no header", "E", spoiled(lambda b: b.split(b"\n", 1)[1]),
         r"orders\.amount: .*the first line holds values, not names: give the file a header"),
    Case(5, "duplicate header", "E", spoiled(lambda b: b.replace(b"ordered_at", b"amount", 1)),
         r"the header of orders\.csv repeats amount; give every column a name of its own"),
    Case(6, "missing column", "E", renamed,
         r"orders\.amount: the table has no column 'amount'.*did you mean 'amout'\?"),
    Case(7, "extra columns", "W",
         lambda shop: shop.write([{**row, "colour": "red"} for row in orders()]),
         r"orders\.: columns not read: colour"),
    Case(8, "columns in another order", "H",
         lambda shop: shop.write([dict(reversed(row.items())) for row in orders()]), look=adds_up),
    Case(9, "ragged row", "E", spoiled(lambda b: b.replace(b"c003,2024-01-05,", b"c003,", 1)),
         r"orders\.csv line 5 has 2 values where the header has 3; mend the file"),
    Case(10, "unterminated quote", "E", spoiled(lambda b: b.replace(b"c007", b'"c007', 1)),
         r"orders\.csv line 9 has a quote that does not end"),
    Case(11, "decimal comma", "E", lambda shop: shop.write(changed(orders(), 4, amount="1,50")),
         r"orders\.amount: 1 row not of type money, first in row 5 with '1,50'; .*decimal: ','"),
    Case(12, "signs of currency and thousands", "E",
         lambda shop: shop.write(changed(orders(), 4, amount="$1,234")),
         r"first in row 5 with '\$1,234'; .* state decimal: ',' and thousands"),
    Case(13, "byte order mark", "H", spoiled(lambda b: b"\xef\xbb\xbf" + b), look=adds_up),
    Case(14, "Latin-1", "E", spoiled(lambda b: b.replace(b"c007", "cé07".encode("latin-1"), 1)),
         r"orders\.csv line 9 is not UTF-8"),
    Case(14, "UTF-16", "E", spoiled(lambda b: b.decode().encode("utf-16")),
         r"orders\.csv is UTF-16; save it as UTF-8"),
    Case(14, "UTF-16 without its mark", "E", spoiled(lambda b: b.decode().encode("utf-16-le")),
         r"orders\.csv holds a byte of zeros in line 1: it is damaged, or UTF-16"),
    Case(15, "byte of zeros", "E", spoiled(lambda b: b.replace(b"c007", b"c\x0007", 1)),
         r"orders\.csv holds a byte of zeros in line 9"),
    Case(16, "truncated parquet", "E", truncated_parquet,
         r"orders\.parquet is damaged or cut off: .*; write or fetch the file anew"),
    Case(17, "flipped bit in parquet with checksums", "E", flipped_parquet,
         r"orders\.parquet is damaged or cut off: .*CRC checksum"),
    Case(18, "truncated archive", "E", truncated_archive,
         r"orders\.csv\.gz is damaged or cut off: .*ended before"),
    Case(19, "parts of other types", "E", other_parts,
         r"'amount' is double in part-1\.parquet and (large_)?string in part-0\.parquet"),
    Case(20, "half-written part", "E", half_a_part, r"part-1\.parquet is damaged or cut off"),
    Case(22, "odd value in row 30,000", "E", odd_at_thirty_thousand,
         r"orders\.amount: 1 row not of type money, first in row 30,000 with 'n/a'"),
]  # fmt: skip

SLOW_CASES = [
    Case(21, "file larger than memory", "H", larger_than_memory,
         look=has_every_row),
]  # fmt: skip
