"""The data-quality page says what a reader should know, in one file that needs nothing else."""

import re

from tests.support.business import Row, configure

from clvlens.output.quality_page import findings, quality_page
from clvlens.panel.quality import measure_quality
from clvlens.panel.split import plan_cutoffs
from clvlens.panel.world import World, read_world

DAYS = [f"2024-{month:02d}-{day:02d}" for month in (*range(1, 5), *range(6, 13)) for day in (3, 14)]


def world_of(folder) -> World:
    """Twenty-two orders of eleven customers, none in May, and messages from December on."""
    orders: list[Row] = [
        {"customer_id": f"c{n % 11}", "ordered_at": day, "amount": 5, "discount": "" if n else 1,
         "delivered_at": "2024-01-01" if n < 11 else ""}
        for n, day in enumerate(DAYS)
    ]  # fmt: skip
    sent = [{"customer_id": "c1", "sent_at": "2024-12-01", "kind": "newsletter"}]
    return read_world(configure(folder, {"orders": orders, "messages": sent}))


def test_what_a_result_would_suffer_from_is_said(tmp_path):
    world = world_of(tmp_path)
    assert list(findings(world, measure_quality(world))) == [
        "11 customers ever bought: too few to learn from",
        "no order in 2024-05: the shop was closed, or the export lacks them",
        "orders.discount is missing in 95 % of rows",
        "orders.delivered_at lies before its event in 100 % of rows: dates or time zones may be "
        "mixed up",
        "messages begin 2024-12-01, orders 2024-01-03: before then their features say “none” "
        "where nothing was recorded",
    ]


def test_rows_that_are_not_read_for_want_of_a_customer_are_said_with_their_share(tmp_path):
    """Every fifth of twenty orders is a guest's."""
    orders: list[Row] = [
        {"customer_id": "c1" if n % 5 else "", "ordered_at": day, "amount": 5}
        for n, day in enumerate(DAYS[:20])
    ]
    keep = {"orders": {"keep": [{"column": "customer_id", "filled": True}]}}
    world = read_world(configure(tmp_path, {"orders": orders}, options=keep))
    assert (
        "orders: 4 rows not read, without customer_id: 20 % of the table, of which no result knows"
    ) in list(findings(world, measure_quality(world)))
    page = quality_page(world, measure_quality(world), plan_cutoffs(world))
    assert "known in all, from 1 history." in page


def test_that_customers_are_born_before_they_sign_up_is_no_finding(tmp_path):
    orders: list[Row] = [{"customer_id": "c1", "ordered_at": day, "amount": 5} for day in DAYS]
    born = [{"customer_id": "c1", "signed_up_at": "2024-01-01", "born_on": "1990-01-01"}]
    world = read_world(configure(tmp_path, {"orders": orders, "customers": born}))
    assert not [told for told in findings(world, measure_quality(world)) if "born_on" in told]


def test_the_page_holds_its_pictures_and_asks_the_network_for_nothing(tmp_path):
    world = world_of(tmp_path)
    page = quality_page(world, measure_quality(world), plan_cutoffs(world))
    assert "22 orders of 11 customers from 2024-01-03 to 2024-12-14" in page
    assert page.count('src="data:image/png;base64,') == 3
    assert not re.search(r"<script|https?://|<link", page)
    assert page == quality_page(world, measure_quality(world), plan_cutoffs(world))
