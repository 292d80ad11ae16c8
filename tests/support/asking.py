"""Ask one history what it knows of a few customers at a cutoff."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.business import Row, configure, features_at, instant

from clvlens.histories import discover
from clvlens.panel.world import read_world


def ask(name: str, rows: list[Row], cutoff: str, **options: object) -> dict[str, Row]:
    """Return the features of customers A, B and C by customer, without the history's prefix.

    `options` are further keys of the table, `horizon_days` of the target and `look_back_days`.
    """
    target = {"horizon_days": options.pop("horizon_days", 30)}
    settings = {"target": target, "look_back_days": options.pop("look_back_days", None)}
    tables = {"orders": list(discover()["orders"].example)} | {name: rows}
    with TemporaryDirectory() as folder:
        world = read_world(configure(Path(folder), tables, options={name: options}, **settings))
    frame = features_at(world, *((customer, instant(cutoff)) for customer in "ABC"))
    frame.columns = [column.removeprefix(f"{name}__") for column in frame.columns]
    return {row["customer_id"]: row for row in frame.to_dict("records")}


def is_missing(value: object) -> bool:
    return value is None or value != value
