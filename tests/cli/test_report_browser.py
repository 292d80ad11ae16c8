"""The report in a real browser: on a phone, a laptop, a projector, and on paper."""

import shutil
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed"),
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def report(project) -> Path:
    """The report of four hundred households, after every verb."""
    return project.data / "report.html"


@pytest.mark.parametrize("width", [400, 1000, 1920])
def test_nothing_is_wider_than_the_window_and_every_picture_is_there(browser, report, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    widths = page.locator("img").evaluate_all("all => all.map(image => image.naturalWidth)")
    assert len(widths) > 15
    assert min(widths) > 1000
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    page.close()


def test_letters_grow_on_a_projector_and_figures_fill_the_column(browser, report):
    sizes = {}
    for width in (1000, 1920):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(report.as_uri())
        size = page.locator("p").first.evaluate("p => parseFloat(getComputedStyle(p).fontSize)")
        figure = page.locator("#calibration img").evaluate("image => image.clientWidth")
        column = page.locator("#calibration").evaluate("section => section.clientWidth")
        assert figure > 0.95 * column
        sizes[width] = size
        page.close()
    assert sizes[1000] >= 16
    assert sizes[1920] > 1.25 * sizes[1000]


def test_the_contents_lead_to_their_sections(browser, report):
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto(report.as_uri())
    page.get_by_role("link", name="What would change if a lever moved?").click()
    box = page.locator("#levers").bounding_box()
    assert abs(box["y"]) < 50
    page.close()


def test_on_paper_the_answer_and_the_contents_are_the_first_page(browser, report):
    page = browser.new_page(viewport={"width": 688, "height": 1016})  # A4 less its margins
    page.emulate_media(media="print")
    page.goto(report.as_uri())
    box = page.locator("nav").bounding_box()
    assert box["y"] + box["height"] < 1016
    assert page.locator("nav").evaluate("nav => getComputedStyle(nav).breakAfter") == "page"
    page.close()
