import pandas as pd
import pytest
from tests.support.business import configure, instant

from clvlens.evaluation.satisfaction import by_answer, by_month
from clvlens.panel.panel import snapshot_frame
from clvlens.panel.world import read_world

BY = {"channel": "customers__channel"}
WHO = [f"c{number:02d}" for number in range(20)]


@pytest.fixture
def found(tmp_path) -> pd.DataFrame:
    """Twenty customers from January on; ten are asked in February and March."""
    customers = [{"customer_id": who, "signed_up_at": "2024-01-01", "channel": channel}
                 for who, channel in zip(WHO, ["ads", "search"] * 10, strict=True)]  # fmt: skip
    orders = [{"customer_id": who, "ordered_at": "2024-02-10", "amount": 10} for who in WHO[:5]]
    orders.append({"customer_id": "c00", "ordered_at": "2024-05-01", "amount": 1})
    surveys = [
        {"customer_id": who, "sent_at": f"2024-{month}-05", "kind": "nps",
         "answered_at": f"2024-{month}-06", "score": score}
        for month, scores in (("02", [10] * 6 + [8] * 2 + [2] * 2), ("03", [2] * 10))
        for who, score in zip(WHO, scores, strict=False)
    ]  # fmt: skip
    subscriptions = [{"customer_id": who, "started_at": "2024-01-02"} for who in WHO[:8]]
    for row in subscriptions[:2]:
        row["ended_at"] = "2024-03-20"
    tables = {"customers": customers, "orders": orders, "surveys": surveys,
              "subscriptions": subscriptions}  # fmt: skip
    world = read_world(configure(tmp_path, tables))
    rows = snapshot_frame(world, instant("2024-05-01"))
    return by_month(world, rows, BY, ["2024-02", "2024-03"])


def test_nps_is_promoters_less_detractors(found):
    everybody = found[found["by"] == "all"].set_index("month")
    assert everybody["score"].to_dict() == {"2024-02": 40, "2024-03": -100}
    assert everybody["answers"].tolist() == [10, 10]


def test_value_and_churn_stand_beside_it(found):
    everybody = found[found["by"] == "all"].set_index("month")
    assert everybody.loc["2024-02", ["value", "ordering", "ended"]].tolist() == [2.5, 0.25, 0]
    assert everybody.loc["2024-03", ["value", "ordering", "ended"]].tolist() == [0, 0, 0.25]


def test_groups_with_fewer_than_ten_answers_are_left_out(found):
    assert set(found["by"]) == {"all"}


def test_answers_stand_beside_what_came_then(panel):
    scores = [1.0, 5.0] * (len(panel.frame) // 2) + [5.0] * (len(panel.frame) % 2)
    frame = panel.frame.assign(surveys__last_csat_score=scores)
    told = by_answer(type(panel)(panel.config, frame, panel.features, panel.plan))
    assert told["answer"].tolist() == ["unhappy (1-2)", "happy (4-5)"]
    unhappy = frame[frame["surveys__last_csat_score"] == 1]
    assert told["value"][0] == pytest.approx(unhappy["target_value"].mean())
    assert told["churned"][0] == pytest.approx(unhappy["target_churned"].mean())


def test_without_answers_there_is_nothing_to_follow(panel, tmp_path):
    assert by_answer(panel).empty
    orders = [{"customer_id": "A", "ordered_at": "2024-01-05", "amount": 1}]
    world = read_world(configure(tmp_path, {"orders": orders}))
    rows = snapshot_frame(world, instant("2024-01-06"))
    assert by_month(world, rows, {}, ["2024-01"]).empty
    assert by_month(world, rows, {}, []).empty
