"""What a reviewer sees on the run's page, and one click further, in a real browser."""

import shutil

import pytest
from tests.output.conftest import DIGEST
from tests.output.test_lever_page import ANNUAL, DUNNING, NEWSLETTER, TICKETS, reported, told
from tests.output.test_ui import free_port
from tests.support.serving import started

from clvlens.output.lever_page import lever_description
from clvlens.output.lever_records import PAGE, TABLE_TAG, write_levers
from clvlens.output.tracking import Tracker

playwright = pytest.importorskip("playwright.sync_api")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
PATIENCE = 120_000  # milliseconds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed"),
]


@pytest.fixture(scope="module")
def page(configured, tmp_path_factory):
    """The page of a run with levers, opened by the address that `ui` prints."""
    folder = tmp_path_factory.mktemp("reviewed")
    config = configured("reviewed", folder)
    bundle = told("bundle offer", 12, 6, 100)
    report = reported(NEWSLETTER, DUNNING, TICKETS, ANNUAL, bundle, newsletter=30.0, other=70.0)
    tracker = Tracker(config)
    run = tracker.begin("reviewed", {}, {})
    tracker.log_folder(run, write_levers(config, report, DIGEST))
    tracker.log_tags(run, TABLE_TAG)
    tracker.describe(run, lever_description(report, tracker.link(run, host="", artifact=PAGE)))
    tracker.end(run)
    process = started(folder, config, free_port())
    address = process.stdout.readline().strip().removeprefix("open ")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1500, "height": 1000})
        opened.set_default_timeout(PATIENCE)
        opened.goto(address)
        opened.get_by_text("Open the lever report").first.wait_for()
        yield opened
        browser.close()
    process.terminate()
    process.wait(30)


def test_the_run_page_shows_the_verdict_and_three_levers_before_any_click(page):
    shown = page.inner_text("body")
    assert "3 levers of 5 can be shown to change value" in shown
    for lever in ("annual billing", "smart dunning", "bundle offer"):
        line = page.get_by_role("listitem").filter(has_text=lever).first
        assert line.is_visible()
        assert "evidence" in line.inner_text()


def test_one_click_opens_the_lever_report(page):
    with page.context.expect_page() as opening:
        page.get_by_role("link", name="Open the lever report").first.click()
    opening.value.set_default_timeout(PATIENCE)
    report = opening.value.frame_locator("iframe").first
    report.get_by_text("Which levers change what customers are worth").wait_for()
    assert report.get_by_text("only 87 had it").is_visible()
    assert report.locator("img").first.evaluate("image => image.naturalWidth") > 0
