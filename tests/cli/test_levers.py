import csv

from tests.support.business import write_config, write_csv
from tests.support.command import clvlens

from clvlens.histories import discover


def rows(project):
    with (project.data / "levers" / "levers.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_lever_has_a_row_and_a_refusal_says_what_to_give(project):
    found = {row["lever"]: row for row in rows(project)}
    assert set(found) == {lever.name for h in discover().values() for lever in h.levers}
    billing = found["annual billing"]
    assert (billing["evidence"], billing["effect_per_eligible"]) == ("D", "")
    assert billing["reason"].startswith("the tables lack subscriptions.billing")


def test_nothing_is_said_of_moving_what_is_only_associated(project):
    for row in rows(project):
        assert row["evidence"] != "D" or "would change" not in row["verdict"]


def test_levers_without_a_model_are_followed_by_training_one(tmp_path):
    dates = ("2024-01-01", "2024-06-01", "2024-12-01")
    orders = [{"customer_id": "ann", "ordered_at": date, "amount": 5} for date in dates]
    write_csv(tmp_path / "orders.csv", orders)
    config = write_config(tmp_path, {"orders": {"path": "orders.csv"}})
    ran = clvlens("levers", "--config", config)
    assert ran.code == 0, ran.err
    assert ran.out.endswith(f"Next: clvlens train --config {config}\n")
