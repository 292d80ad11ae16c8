"""The lever page says first what would change value, and why association says otherwise."""

from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from clvlens.output.lever_page import lever_description, lever_page
from clvlens.output.lever_report import LeverReport, differs

NOWHERE = float("nan")


def told(lever: str, effect: float, half: float, raw: float, **more: object) -> dict:
    """Return a lever with an interval of effect ± half, for the half of customers eligible."""
    return {
        "lever": lever, "meaning": f"what {lever} is", "target": "on", "controllable": True,
        "decided": "at sign-up", "eligible": "subscribers", "assignment_note": "by plan",
        "kind": "standing", "policy": "from then on", "currency": "EUR", "horizon_days": 360,
        "eligible_customers": 1000, "treated": 400, "untreated": 600, "population": "",
        "sample": "",
        "effect_per_eligible": effect, "low_95": effect - half, "high_95": effect + half,
        "effect_per_customer": effect / 2, "customer_low_95": (effect - half) / 2,
        "customer_high_95": (effect + half) / 2, "churn_effect_per_eligible": -0.02,
        "raw_difference": raw, "worst_imbalance_before": 0.4, "worst_imbalance_after": 0.03,
        "robustness_value": 0.08, "strongest_benchmark": "orders",
        "strongest_benchmark_value": 0.04, "bound_low": NOWHERE, "bound_high": NOWHERE,
        "negative_control": "", "evidence": "C", "verdict": "it pays", "reason": "",
        "gain_slope": NOWHERE, "gain_slope_low_95": NOWHERE, "gain_slope_high_95": NOWHERE,
    } | more  # fmt: skip


ANNUAL = told("annual billing", 80, 10, 180, evidence="B", bound_low=30, bound_high=130)
DUNNING = told("smart dunning", 28, 14, -104)
NEWSLETTER = told("newsletter", 1, 9, 151)
TICKETS = told("reply <1 h", NOWHERE, NOWHERE, NOWHERE, evidence="D", reason="only 87 had it")


def reported(*levers: dict, **associated: float) -> LeverReport:
    parts = pd.Series({name.replace("_", " "): size for name, size in associated.items()})
    return LeverReport("shop", "EUR", "EUR revenue over 90 days", pd.DataFrame(levers), parts)


@pytest.fixture
def report() -> LeverReport:
    """Predictions lean on the newsletter by 30 of 100, on annual billing by 5."""
    return reported(
        NEWSLETTER, DUNNING, TICKETS, ANNUAL, newsletter=30.0, annual_billing=5.0, other=65.0
    )


class Reader(HTMLParser):
    """Gathers the text and the tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags = "", []
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_verdict_counts_the_levers_and_names_the_one_that_moves_most(report):
    assert report.verdict == (
        "2 levers of 4 can be shown to change value; most a customer: annual billing, EUR +80.0 "
        "per eligible customer over 360 days (95 % interval +70.0 to +90.0)."
    )


def test_where_no_interval_leaves_zero_out_the_verdict_says_so():
    assert reported(NEWSLETTER, TICKETS).verdict == (
        "None of 2 levers can be shown to change value with these numbers."
    )


def test_an_interval_that_touches_zero_does_not_differ_from_it():
    assert not differs(told("x", 5, 5, 0))
    assert differs(told("x", 5, 4.9, 0))
    assert differs(told("x", -5, 4.9, 0))


def test_a_lever_that_predictions_lean_on_and_that_does_nothing_is_called_a_mark(report):
    assert report.contrast(NEWSLETTER) == (
        "Predictions lean on it, but moving it changes nothing that these data can tell: it marks "
        "customers who were worth more already."
    )


def test_a_lever_that_works_though_its_customers_are_worth_less_is_explained(report):
    words = report.contrast(DUNNING)
    assert words.startswith("Customers who had it were worth EUR 104 less than those who had not")
    assert "Predictions hardly lean on it, yet moving it changes value" in words


def test_where_both_agree_nothing_is_explained():
    agreed = reported(ANNUAL, annual_billing=50.0, other=50.0)
    assert agreed.contrast(ANNUAL) == ""


def test_the_description_begins_with_the_link_and_the_verdict_and_numbers_the_levers(report):
    first, empty, *levers = lever_description(report, "#/page").split("\n")
    assert first == f"**[Open the lever report](#/page)** · {report.verdict}"
    assert empty == ""
    assert levers == [
        "1. **annual billing** to on: EUR +80.0 per eligible customer over 360 days (95 % interval "
        "+70.0 to +90.0); evidence B; yours to move",
        "2. **smart dunning** to on: EUR +28.0 per eligible customer over 360 days (95 % interval "
        "+14.0 to +42.0); evidence C; yours to move",
    ]


def test_the_page_answers_first_and_keeps_what_is_refused_apart(report):
    text = Reader(lever_page(report)).text
    verdict, refused = text.index(report.verdict), text.index("Association only")
    assert verdict < text.index("Lever by lever") < refused < text.index("only 87 had it")
    assert "with one that strong the effect lies between +30.0 and +130" in text
    assert "reply <1 h" in text


def test_the_page_says_on_whom_effects_were_estimated_if_not_on_all(report):
    drawn = reported(told("annual billing", 80, 10, 180, sample="10 of 30 customers, drawn"))
    assert "effects estimated on 10 of 30 customers, drawn" in Reader(lever_page(drawn)).text
    assert "estimated on" not in Reader(lever_page(report)).text


def test_the_page_needs_no_script_and_no_network(report):
    tags = Reader(lever_page(report)).tags
    assert not [tag for tag, _ in tags if tag in ("script", "link", "iframe")]
    sources = [kept["src"] for tag, kept in tags if tag == "img"]
    assert len(sources) == 4  # one of all levers, and one each of three
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert all(kept["alt"] for tag, kept in tags if tag == "img")


def test_what_no_table_records_is_named_apart_from_what_was_looked_at():
    lacking = told("dunning", NOWHERE, NOWHERE, NOWHERE, evidence="D",
                   reason="the tables lack payments.failed_at")  # fmt: skip
    report = reported(TICKETS, lacking)
    assert [row["lever"] for row in report.leaning] == ["reply <1 h"]
    assert report.unrecorded == {"dunning": "payments.failed_at"}
    text = Reader(lever_page(report)).text
    assert "nothing can be told: dunning (wants payments.failed_at)." in text


def test_a_lever_that_predictions_lean_on_a_little_is_left_without_a_word():
    assert reported(ANNUAL, annual_billing=5.0, other=95.0).contrast(ANNUAL) == ""
    assert (
        reported(ANNUAL, annual_billing=1.0, other=99.0)
        .contrast(ANNUAL)
        .startswith("Predictions hardly lean on it")
    )


def test_a_page_of_refusals_alone_shows_no_effects():
    text = Reader(lever_page(reported(TICKETS))).text
    assert "Lever by lever" not in text
    assert "only 87 had it" in text


def test_the_table_of_effects_is_sorted_by_a_column_that_it_shows(report):
    """Half of the customers are eligible: 80 and 28 are 40 and 14 for each who signed up."""
    table = Reader(lever_page(report)).text.split("per eligible 95 % interval per customer")[1]
    assert table.index("+40.0") < table.index("+14.0")


def test_a_window_and_a_lasting_policy_of_one_lever_are_told_apart():
    window = told("card failures", 20, 5, 50, kind="event", policy="for 90 days")
    held = told("card failures", 45, 9, 50, kind="event", policy="to the end of the horizon")
    found = reported(window, held)
    page = Reader(lever_page(found))
    assert "card failures → on, for 90 days" in page.text
    assert "card failures → on, to the end of the horizon" in page.text
    assert found.verdict.startswith("1 lever of 1 can be shown")


def test_whether_gains_differ_is_said_beside_each_opportunity():
    rows = pd.DataFrame({"lever": ["a", "b"], "is_ranked": [True, False]}).assign(
        customers=10, gain=5.0, value_at_stake=50.0, at_stake_low_95=1.0, at_stake_high_95=99.0,
        total_cost=[0.0, NOWHERE], net=50.0, return_on_cost=NOWHERE, planned=7,
    )  # fmt: skip
    shown = replace(reported(ANNUAL), opportunity=rows)
    text = Reader(lever_page(shown)).text
    assert "by expected value" in text
    assert "not shown" in text
    assert "Net takes what b would cost as nothing, and a budget goes to others" in text
