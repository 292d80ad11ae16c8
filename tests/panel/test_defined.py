"""Levers of the user's that name what nobody knows are refused; what is merely absent is not."""

import re

import pytest
from tests.support.business import configure

from clvlens.errors import ConfigError
from clvlens.panel.defined import check_defined
from clvlens.panel.world import read_world

TABLES = {
    "orders": [{"customer_id": "ann", "ordered_at": "2024-01-01", "amount": 5}],
    "messages": [{"customer_id": "ann", "sent_at": "2024-01-31", "kind": "newsletter"}],
}
LEVER = {
    "kind": "one_time",
    "decided_at": "customers.signed_up_at",
    "eligible_note": "everybody",
    "arm": {"history": "messages", "where": {"kind": "newsletter"}},
    "target": "written to",
    "assignment_note": "the team writes to whom it likes",
}


def check(folder, name="letters", **given):
    config = configure(folder, TABLES, levers={"define": {name: LEVER | given}})
    check_defined(read_world(config))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"eligible": [{"feature": "orders__sd_amout_ever", "above": 1}]},
         "eligible: no feature is called 'orders__sd_amout_ever'; did you mean 'orders__sd_amo"),
        ({"arm": {"history": "mesages"}},
         "arm: no history is called 'mesages'; did you mean 'messages'"),
        ({"arm": {"history": "messages", "unlike": {"knd": "promo"}}},
         "arm: messages has no column 'knd'; did you mean 'kind'"),
        ({"before": {"history": "messages", "having": ["open"]}},
         "before: messages has no column 'open'; did you mean 'opened_at'"),
        ({"negative_controls": [{"history": "tickts"}]},
         "negative_controls: no history is called 'tickts'; did you mean 'tickets'"),
        ({"beside": ["orders.chanel"]},
         "beside: orders has no column 'chanel'; did you mean 'channel'"),
        ({"decided_at": "orders.orderd_at"},
         "decided_at: orders has no column 'orderd_at'; did you mean 'ordered_at'"),
    ],
)  # fmt: skip
def test_a_misspelt_name_is_refused_with_the_nearest_one(tmp_path, given, told):
    with pytest.raises(ConfigError, match=r"no (feature|history|column)") as caught:
        check(tmp_path, **given)
    assert told in str(caught.value)
    assert "levers.define.letters" in str(caught.value)


def test_all_misspelt_names_are_told_at_once_each_with_its_line(tmp_path):
    with pytest.raises(ConfigError, match="knd") as caught:
        check(tmp_path, arm={"history": "messages", "where": {"knd": "x"}}, beside=["ordrs.x"])
    lines = str(caught.value).splitlines()
    places = [re.search(r"run\.yaml:\d+: levers\.define\.letters\.(\w+)", s)[1] for s in lines]
    assert places == ["arm", "beside"]


def test_the_line_of_the_configuration_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"run\.yaml:\d+: levers\.define\.letters\.beside"):
        check(tmp_path, beside=["orders.chanel"])


def test_a_name_of_several_words_has_its_own_line_too(tmp_path):
    with pytest.raises(ConfigError, match=r"levers\.define\.special letters\.beside") as caught:
        check(tmp_path, name="special letters", beside=["orders.chanel"])
    line = int(re.search(r"run\.yaml:(\d+):", str(caught.value))[1])
    assert "beside" in (tmp_path / "run.yaml").read_text().splitlines()[line - 1]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"eligible": [{"feature": "tickets__count_ever", "above": 0}]},
        {"negative_controls": [{"history": "tickets"}]},
        {"beside": ["customers.channel"]},
        {"before": {"history": "visits", "where": {"page": "video"}}},
    ],
)
def test_what_clvlens_knows_and_the_run_lacks_is_no_mistake(tmp_path, given):
    check(tmp_path, **given)
