"""Amounts are read as they are stated to be written, and nothing else is an amount."""

import pytest
from tests.support.business import configure

from clvlens.errors import DataError
from clvlens.panel.world import read_world


def amounts(folder, texts: list[str], **how: object) -> list[float]:
    rows = [
        {"customer_id": "A", "ordered_at": f"2024-01-{day:02d}", "amount": text}
        for day, text in enumerate(texts, 1)
    ]
    world = read_world(configure(folder, {"orders": rows}, options={"orders": how}))
    table = world.histories["orders"].table.order_by("event_time")
    return [float(amount) for amount in world.engine.frame(table)["amount"]]


@pytest.mark.parametrize(
    ("how", "texts", "read"),
    [
        ({"decimal": ","}, ["4,90", "-12"], [4.9, -12]),
        ({"decimal": ",", "thousands": "."}, ["1.234,50", "1234,5", "12.345.678"],
         [1234.5, 1234.5, 12_345_678]),
        ({"thousands": ","}, ["1,234.50", "-9,876"], [1234.5, -9876]),
        ({"thousands": "'"}, ["1'234.50"], [1234.5]),
        ({"decimal": ",", "thousands": " "}, ["1 234,50", "1\u00a0234,5", "1\u202f234,5"],
         [1234.5, 1234.5, 1234.5]),
        ({"decimal": ",", "sign": "€"}, ["4,90 €", "€4,90", "-€ 4,90", "-4,90\u00a0€", "4,90"],
         [4.9, 4.9, -4.9, -4.9, 4.9]),
        ({"sign": "R$"}, ["R$ 4.90"], [4.9]),
        ({"cents": True}, ["2900", "-1", "2950.00"], [29, -0.01, 29.5]),
    ],
    ids=["comma", "point", "comma between", "apostrophe", "spaces", "euro", "real", "cents"],
)  # fmt: skip
def test_amounts_are_read_as_they_are_written(tmp_path, how, texts, read):
    assert amounts(tmp_path, texts, **how) == read


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"thousands": ","}, "1,23"),
        ({"thousands": ","}, "12,3456.0"),
        ({"decimal": ",", "thousands": "."}, "1.234.50"),
        ({"sign": "€"}, "$4.90"),
        ({"sign": "€"}, "4€90"),
        ({}, "4.90 €"),
    ],
)
def test_amounts_written_otherwise_are_refused(tmp_path, how, text):
    with pytest.raises(DataError, match=r"orders.amount: 1 row not of type money, first in row 2"):
        amounts(tmp_path, ["5", text], **how)


def test_cents_are_made_whole_amounts_of_numbers_too(tmp_path):
    rows = [{"customer_id": "A", "ordered_at": "2024-01-05", "amount": 2900}]
    options = {"orders": {"cents": True}}
    world = read_world(configure(tmp_path, {"orders": rows}, form="parquet", options=options))
    assert float(world.engine.frame(world.histories["orders"].table)["amount"][0]) == 29


def test_one_mark_cannot_be_both(tmp_path):
    with pytest.raises(Exception, match="decimal and thousands are one mark"):
        amounts(tmp_path, ["5"], decimal=",", thousands=",")
