"""Categories whose values features tell apart."""

import pytest
from tests.histories.test_contract import read

from clvlens.histories import discover


@pytest.mark.parametrize(("kind", "remarks"), [("promo_code", 0), ("Promo Code", 1)])
def test_a_category_with_none_of_the_known_values_is_counted(kind, remarks):
    row = {"customer_id": "A", "sent_at": "2024-01-01", "kind": kind}
    found = read(discover()["messages"], [row]).remarks
    assert len(found) == remarks
    told = "messages.kind: 1 of 1 row hold none of the values that features tell apart (abandoned_"
    assert all(str(remark).startswith(told) for remark in found)


def test_a_category_without_any_value_tells_nothing():
    row = {"customer_id": "A", "sent_at": "2024-01-01", "kind": None}
    (remark,) = read(discover()["messages"], [row]).remarks
    assert str(remark) == "messages.kind: no value in 1 row; it tells nothing"
