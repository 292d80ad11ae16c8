import pytest
from tests.support.business import write_config

from clvlens.config import load_config
from clvlens.errors import ConfigError

DATA = {"orders": {"path": "orders.csv"}}
CALL = {
    "meaning": "whether new customers are called",
    "kind": "one_time",
    "decided_at": "customers.signed_up_at",
    "eligible_note": "everybody",
    "arm": {"history": "calls", "within_days": 7},
    "target": "called",
    "assignment_note": "the team calls whom it likes",
}


def levers(folder, **settings):
    return load_config(write_config(folder, DATA, levers=settings)).levers


def refused(folder, **settings) -> str:
    with pytest.raises(ConfigError, match="levers") as caught:
        levers(folder, **settings)
    return str(caught.value)


def test_without_a_word_every_lever_of_the_histories_is_studied(tmp_path):
    names = [lever.name for lever in levers(tmp_path).studied()]
    assert {"annual billing", "dunning", "newsletter", "satisfaction"} <= set(names)
    assert len(names) == len(set(names))


def test_a_lever_of_ones_own_is_studied_last(tmp_path):
    found = levers(tmp_path, define={"welcome call": CALL}).studied()[-1]
    assert (found.name, found.meaning) == ("welcome call", "whether new customers are called")
    assert found.decision.arm.within_days == 7


def test_some_of_a_known_lever_may_be_said_otherwise(tmp_path):
    given = {"decided_at": "customers.signed_up_at + 120 days", "randomised": True}
    ours = levers(tmp_path).levers()["newsletter"]
    found = levers(tmp_path, define={"newsletter": given}).levers()["newsletter"]
    assert found.decision.zero == ("customers", "signed_up_at", 120)
    assert found.decision.randomised
    assert found.decision.arm == ours.decision.arm
    assert found.features == ours.features


def test_a_lever_may_be_left_out(tmp_path):
    names = [lever.name for lever in levers(tmp_path, leave_out=["newsletter"]).studied()]
    assert "newsletter" not in names


def test_leaving_out_what_is_no_lever_is_refused_with_the_nearest(tmp_path):
    assert "'newsleter' is no lever; did you mean 'newsletter'?" in refused(
        tmp_path, leave_out=["newsleter"]
    )


def test_a_lever_that_says_too_little_is_refused_with_what_is_missing(tmp_path):
    said = {key: value for key, value in CALL.items() if key != "target"}
    assert "define.welcome call.target: this key is missing" in refused(
        tmp_path, define={"welcome call": said}
    )


def test_an_unknown_key_is_refused_with_the_nearest(tmp_path):
    assert "define.newsletter.targt: unknown key; did you mean 'target'?" in refused(
        tmp_path, define={"newsletter": {"targt": "sent"}}
    )


def test_a_kind_that_does_not_exist_is_refused(tmp_path):
    assert "define.newsletter.kind: Input should be 'one_time', 'standing'" in refused(
        tmp_path, define={"newsletter": {"kind": "often"}}
    )
