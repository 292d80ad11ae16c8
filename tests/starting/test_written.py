"""Times and numbers are told from their text, and what could be two things stays two."""

import pytest

from clvlens.starting.dressed import Dress, dress_of
from clvlens.starting.written import decimal_mark, time_forms


@pytest.mark.parametrize(
    ("texts", "forms"),
    [
        (["2024-01-31", "2024-02-01 10:00"], [("",)]),
        (["31.01.2024", "1.2.2024"], [("%d.%m.%Y",)]),
        (["01/31/2024 09:30", "02/01/2024 09:31"], [("%m/%d/%Y %H:%M",)]),
        (["31-01-2024 03:00", "01-02-2024"], [("%d-%m-%Y", "%d-%m-%Y %H:%M")]),
        (["2024-01-31 10:00:00 +0100"], [("%Y-%m-%d %H:%M:%S %z",)]),
        (["20240131"], [("%Y%m%d",)]),
        (["5 Mar 2024"], [("%d %b %Y",)]),
        (["01/02/2024"], [("%d/%m/%Y",), ("%m/%d/%Y",)]),
        (["yesterday"], []),
        (["2024-01-31", "soon, they say"], []),
    ],
)
def test_a_way_of_writing_times_is_told_where_every_text_follows_it(texts, forms):
    assert [tuple(sorted(reading)) for reading in time_forms(texts)] == forms


@pytest.mark.parametrize(
    ("texts", "mark"),
    [(["1.5", "-2"], "."), (["1,5", "2"], ","), (["12"], "."), (["1.5", "1,5"], None)],
)
def test_the_decimal_mark_is_told_where_every_text_is_a_number(texts, mark):
    assert decimal_mark(texts) == mark


@pytest.mark.parametrize(
    ("texts", "dress", "first"),
    [
        (["€1,234.50", "€2"], (".", ",", "€"), 1234.5),
        (["1.234,50 EUR", "-2 EUR"], (",", ".", "EUR"), 1234.5),
        (["-4.90 $"], (".", None, "$"), -4.9),
        (["1 234,50", "7"], (",", " ", None), 1234.5),
        (["1,234", "1,234,567"], (".", ",", None), 1234),
    ],
)
def test_signs_and_marks_between_thousands_are_told_apart(texts, dress, first):
    found = dress_of(texts)
    assert found == Dress(*dress)
    assert found.number(texts[0]) == first


@pytest.mark.parametrize(
    "texts",
    [["feature_20", "feature_3"], ["INV 1001"], ["$5", "€5"], ["030 123"], ["4.90"]],
    ids=["names", "numbers of invoices", "two signs", "phones", "plain"],
)
def test_what_only_looks_like_amounts_is_left_alone(texts):
    assert dress_of(texts) is None
