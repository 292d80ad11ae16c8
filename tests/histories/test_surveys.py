"""Surveys at 15 June: A answered two of three, B was asked yesterday, C never."""

import pytest
from tests.support.asking import ask, is_missing

SURVEYS = [
    {"customer_id": "A", "sent_at": "2024-05-01", "kind": "csat", "answered_at": "2024-05-02",
     "score": 2},
    {"customer_id": "A", "sent_at": "2024-05-20", "kind": "csat", "answered_at": "2024-05-22",
     "score": 4},
    {"customer_id": "A", "sent_at": "2024-06-01", "kind": "nps", "answered_at": "2024-06-20",
     "score": 9},
    {"customer_id": "B", "sent_at": "2024-06-14", "kind": "csat", "answered_at": None,
     "score": None},
]  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return ask("surveys", SURVEYS, "2024-06-15")


def test_scores_are_told_by_kind_last_mean_and_drift(found):
    a = found["A"]
    assert (a["last_csat_score"], a["mean_csat_score_ever"], a["drift_csat_score"]) == (4, 3, 1)
    assert is_missing(a["last_nps_score"])  # answered after the cutoff


def test_silence_of_seven_days_is_no_answer_and_less_is_not_known(found):
    assert found["A"]["answered_in_7d_share_ever"] == 2 / 3
    assert found["A"]["nps_answered_in_7d_share_ever"] == 0
    assert is_missing(found["B"]["answered_in_7d_share_ever"])


def test_a_table_without_kinds_has_one_score():
    plain = [{k: v for k, v in row.items() if k != "kind"} for row in SURVEYS]
    found = ask("surveys", plain, "2024-06-21")["A"]
    assert (found["last_score"], found["mean_score_ever"]) == (9, 5)
    assert "last_csat_score" not in found
