import csv

import yaml


def read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ways(rows, kind):
    return {row["method"] for row in rows if row["kind"] == kind}


def test_formulas_baselines_and_model_stand_side_by_side_with_their_errors(project):
    rows = read(project.data / "value" / "side_by_side.csv")
    assert len(ways(rows, "formula")) >= 4
    assert {"carry forward", "BG/NBD × Gamma-Gamma"} <= ways(rows, "baseline")
    assert ways(rows, "model") == {"clvlens"}
    assert len({row["mean_actual"] for row in rows}) == 1  # the same customers
    errors = {row["method"]: float(row["mae"]) for row in rows}
    assert errors["order value × chance of a repeat"] > 2 * errors["clvlens"]
    for row in rows:
        assert float(row["mae_low"]) <= float(row["mae"]) <= float(row["mae_high"])


def test_what_the_data_lack_is_said_to_be_absent(project):
    out = project.ran["value"].out
    for word in ("margin", "acquisition cost", "ends of subscriptions", "attributes of customers"):
        assert f"  absent: {word}" in out
    assert "\n  subscriber value" not in out
    assert "Spending moved" not in out


def test_every_customer_is_in_one_segment_with_reasons_and_a_lever(project):
    folder = project.data / "value_customers"
    everybody = read(folder / "all.csv")
    assert len(everybody) == 400
    named = [row for path in folder.glob("*.csv") if path.stem in
             ("protect", "grow", "win_back", "let_be") for row in read(path)]  # fmt: skip
    assert sorted(row["customer_id"] for row in named) == sorted(
        row["customer_id"] for row in everybody
    )
    assert all(row["reason_1"] and row["associated_lever"] and row["clv"] for row in named)


def test_nothing_that_a_server_gets_names_a_customer(project):
    ids = {row["customer_id"] for row in read(project.data / "value_customers" / "all.csv")}
    for path in (project.data / "value").glob("*.csv"):
        assert "customer_id" not in path.read_text(encoding="utf-8").splitlines()[0]
        assert ids.isdisjoint(row.get("group", "") for row in read(path))


def test_the_assumption_of_clv_is_printed(project):
    assert "clv: value over 90 days, discounted at 10% a year; after" in project.ran["value"].out


def test_attributes_that_the_configuration_names_are_compared_by(project):
    settings = yaml.safe_load(project.config.read_text())
    other = project.config.with_name("by_income.yaml")
    other.write_text(yaml.safe_dump({**settings, "finance": {"by": ["income"]}}))
    ran = type(project)(project.folder, other, {}).run("value")
    other.unlink()
    assert ran.code == 0
    assert "What winning customers costs and brings" in ran.out
    assert "  income  " in ran.out
    assert (project.data / "value" / "plots" / "payback_by_income.png").exists()


def test_an_attribute_that_customers_lack_is_refused_with_the_nearest(project):
    settings = yaml.safe_load(project.config.read_text())
    other = project.config.with_name("by_incom.yaml")
    other.write_text(yaml.safe_dump({**settings, "finance": {"by": ["incom"]}}))
    ran = type(project)(project.folder, other, {}).run("value")
    other.unlink()
    assert ran.code == 2
    assert "finance.by: customers have no category 'incom'; did you mean 'income'?" in ran.told[-1]
