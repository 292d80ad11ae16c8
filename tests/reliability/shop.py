"""A shop to be spoiled: its tables, and the ways to write them wrongly."""

import datetime as dt
import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tests.support.business import Row, write_config, write_csv

MONTHS = tuple(f"2024-{month:02d}-05" for month in range(1, 13))
TARGET = {"horizon_days": 30}


def orders(customers: int = 20, dates: Iterable[str] = MONTHS, first: str = "c") -> list[Row]:
    """Return an order a customer and date; every third customer leaves halfway."""
    dates = list(dates)
    return [
        {"customer_id": f"{first}{who:03d}", "ordered_at": day, "amount": f"{who + place}.50"}
        for place, day in enumerate(dates)
        for who in range(customers)
        if who % 3 or place < len(dates) // 2
    ]


def changed(rows: list[Row], place: int, **values: object) -> list[Row]:
    """Return rows of which the one at a place, counted from 0, has other values."""
    return [{**row, **values} if number == place else row for number, row in enumerate(rows)]


@dataclass(frozen=True)
class Shop:
    """A folder with tables and a configuration that names them."""

    folder: Path

    def write(self, rows: list[Row] | None = None, **orders_: object) -> Path:
        """Write orders as CSV, and return the configuration; `orders_` are keys of the table."""
        write_csv(self.folder / "orders.csv", orders() if rows is None else rows)
        return self.configure(**orders_)

    def configure(self, more: dict | None = None, run: dict | None = None, **table: object) -> Path:
        """Return a configuration; `more` are further tables, `run` keys of the whole."""
        data = {"orders": {"path": "orders.csv", **table}, **(more or {})}
        return write_config(self.folder, data, **{"target": TARGET, **(run or {})})

    def with_table(self, name: str, rows: list[Row], **settings: object) -> Path:
        """Write orders and a second table of these rows."""
        write_csv(self.folder / "orders.csv", orders())
        write_csv(self.folder / f"{name}.csv", rows)
        run = settings.pop("run", None)
        return self.configure({name: {"path": f"{name}.csv", **settings}}, run)

    def spoil(self, change: Callable[[bytes], bytes], name: str = "orders.csv") -> None:
        """Change the bytes of a file."""
        path = self.folder / name
        path.write_bytes(change(path.read_bytes()))

    def as_parquet(self, rows: list[Row] | None = None, **settings: object) -> Path:
        """Write orders as Parquet with a checksum a page, and return the configuration."""
        table = pa.Table.from_pandas(pd.DataFrame(orders() if rows is None else rows))
        path = self.folder / "orders.parquet"
        pq.write_table(table, path, write_page_checksum=True, compression="none")
        return self.configure(path="orders.parquet", **settings)

    def as_archive(self) -> Path:
        """Write orders as compressed CSV."""
        write_csv(self.folder / "orders.csv", orders(200))
        packed = gzip.compress((self.folder / "orders.csv").read_bytes())
        (self.folder / "orders.csv.gz").write_bytes(packed)
        return self.configure(path="orders.csv.gz")

    def as_parts(self, *parts: list[Row]) -> Path:
        """Write a folder with a Parquet file a part."""
        (self.folder / "parts").mkdir()
        for number, rows in enumerate(parts):
            pd.DataFrame(rows).to_parquet(self.folder / "parts" / f"part-{number}.parquet")
        return self.configure(path="parts")


def days(count: int, start: str = "2024-01-01") -> list[str]:
    first = dt.date.fromisoformat(start)
    return [str(first + dt.timedelta(days=number)) for number in range(count)]
