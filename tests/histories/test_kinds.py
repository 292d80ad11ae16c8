"""Categories whose values features tell apart."""

import pytest
from tests.histories.test_contract import read

from clvlens.histories import discover


@pytest.mark.parametrize(("kind", "notes"), [("promo_code", 0), ("Promo Code", 1)])
def test_a_category_with_none_of_the_known_values_is_noted(kind, notes):
    row = {"customer_id": "A", "sent_at": "2024-01-01", "kind": kind}
    found = read(discover()["messages"], [row]).notes
    assert len(found) == notes
    assert all("messages.kind has none of the values that features tell apart" in n for n in found)


def test_a_category_without_any_value_is_not_noted():
    row = {"customer_id": "A", "sent_at": "2024-01-01", "kind": None}
    assert read(discover()["messages"], [row]).notes == ()
