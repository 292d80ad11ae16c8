"""The card says what the model is, how good it is, and what it is not for."""

import re

import pytest
from tests.support.shop import make_panel

from clvlens import pipeline
from clvlens.evaluation.backtest import MODEL
from clvlens.evaluation.grade import grade
from clvlens.output.model_card import model_card

UNIT = "EUR revenue over 60 days"


@pytest.fixture(scope="module")
def made():
    panel = make_panel(customers=240, trees=8)
    model = pipeline.train(panel)
    evaluation = pipeline.evaluate(model, panel)
    verdict = grade(evaluation)
    return model, evaluation, verdict, model_card(model, evaluation, verdict, UNIT)


def cells(card: str, first: str) -> list[str]:
    """Return the cells of the row that begins so."""
    (row,) = re.findall(rf"^\| {re.escape(first)} \|(.*)\|$", card, flags=re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


def test_the_grade_comes_first_and_then_what_is_predicted(made):
    *_, verdict, card = made
    lines = card.splitlines()
    assert lines[0] == "# Model card: shop"
    assert lines[2] == f"**Grade {verdict.letter}**: {verdict.words}."
    assert UNIT in card


def test_the_figures_are_those_of_the_evaluation_beside_the_best_baseline(made):
    _, evaluation, verdict, card = made
    ours, theirs = cells(card, "nGini (1 ranks perfectly)")
    assert float(ours) == pytest.approx(evaluation.score(MODEL, "ngini"), abs=0.001)
    assert float(theirs) == pytest.approx(verdict.ngini_baseline, abs=0.001)


def test_every_slice_has_its_row(made):
    _, evaluation, _, card = made
    for row in evaluation.by_slice.itertuples():
        assert cells(card, row.slice)[0] == f"{row.customers:,}"


def test_it_says_what_it_learned_from(made):
    model, *_, card = made
    assert cells(card, "customers learned from") == [f"{model.about['customers']:,}"]
    for role, cutoffs in model.about["cutoffs"].items():
        assert cells(card, f"cutoffs to {role}") == [", ".join(at[:10] for at in cutoffs)]
    orders = sum(feature.history == "orders" for feature in model.features)
    assert cells(card, "features of orders") == [str(orders)]


def test_it_refuses_to_speak_of_causes_and_repeats_the_notes_of_the_plan(made):
    model, *_, card = made
    assert "Saying what would happen if something were changed" in card
    assert all(f"- {note}" in card for note in model.about["notes"])
