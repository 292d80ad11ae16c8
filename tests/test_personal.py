import pytest

from clvlens.personal import looks_personal, names_somebody


@pytest.mark.parametrize(
    "text",
    ["jane@mail.example", "jane\N{FULLWIDTH COMMERCIAL AT}mail.example", "+33 6 12 34 56 78",
     "call 555-010-9999", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"],
)  # fmt: skip
def test_an_address_or_number_names_somebody(text):
    assert names_somebody(text)
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text",
    ["paid social", "2024-01-31", "2024-13-45 09:30:00", "1234567.50", "12,50 EUR", "plan 3"],
)
def test_what_a_category_a_time_or_an_amount_is_names_nobody(text):
    assert not names_somebody(text)


def test_words_alone_may_be_a_name():
    assert looks_personal("Jane O'Hara-Smith")
    assert not looks_personal("n/a")
    assert not looks_personal("12,50 EUR")
