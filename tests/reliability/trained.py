"""A small shop with ids of every kind, walked from the first verb to the last."""

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.reliability.shop import Row, days, orders
from tests.support.business import write_config, write_csv
from tests.support.command import Ran, clvlens

VERBS = ("check", "panel", "train", "evaluate", "explain", "levers", "predict", "value", "report")
ODD_IDS = ("007", "1e5", "true", "12345678901234567890", "NA", "😀 née", "x" * 10_000,
           "=cmd|' /C calc'!A0", "-12", "+49 170", "@sum")  # fmt: skip
MODEL = {"trees": 5, "max_depth": 2, "intervals": False}


def shop_rows(ids: tuple[str, ...] = ODD_IDS, customers: int = 150) -> dict[str, list[Row]]:
    """Return orders of so many customers, the first of whom have these ids, and who they are."""
    names = dict(zip((f"c{who:03d}" for who in range(len(ids))), ids, strict=True))
    rows = [
        {**row, "customer_id": names.get(str(row["customer_id"]), row["customer_id"])}
        for row in orders(customers, days(360)[::20])
    ]
    people = [
        {"customer_id": who, "country": ("DE", "FR", "IT")[place % 3], "signed_up_at": "2024-01-01"}
        for place, who in enumerate(dict.fromkeys(row["customer_id"] for row in rows))
    ]
    return {"orders": rows, "customers": people}


@dataclass(frozen=True)
class TrainedShop:
    """A folder with tables, a configuration, and what each verb did there."""

    folder: Path
    ran: dict[str, Ran]

    @property
    def config(self) -> Path:
        return self.folder / "run.yaml"

    def run(self, verb: str, *words: object) -> Ran:
        return clvlens(verb, "--config", self.config, *words)

    def predictions(self) -> list[dict[str, str]]:
        path = self.folder / "data" / "shop" / "predictions.csv"
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def copy(self, folder: Path) -> "TrainedShop":
        shutil.copytree(self.folder, folder)
        return TrainedShop(folder, self.ran)


def train_shop(folder: Path, tables: dict[str, list[Row]]) -> TrainedShop:
    """Write a shop and run every verb on it."""
    shop = TrainedShop(folder, {})
    write_shop(folder, tables)
    for verb in VERBS:
        shop.ran[verb] = shop.run(verb)
    return shop


def write_shop(folder: Path, tables: dict[str, list[Row]]) -> Path:
    """Write the tables of a shop and a configuration that names them."""
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    data = {name: {"path": f"{name}.csv"} for name in tables}
    return write_config(folder, data, target={"horizon_days": 40}, model=MODEL)
