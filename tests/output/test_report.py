"""The report says first what matters, shows what there is, and names what would fill the rest."""

import json
import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from tests.output.conftest import CANARY, DIGEST
from tests.output.test_lever_page import ANNUAL, DUNNING, NEWSLETTER, TICKETS, Reader, reported

from clvlens.evaluation.grade import grade
from clvlens.models.store import check_manifest, save_model
from clvlens.output.findings import ABSENT, STALE, Findings
from clvlens.output.lever_records import write_levers
from clvlens.output.numbers import spaced
from clvlens.output.report import DAMAGED, SECTIONS, has_report, make_report, write_report
from clvlens.output.stamps import write_stamp

OTHER = "cd" * 32
BY_EVALUATE = {name for name, (_, verb, _) in SECTIONS.items() if verb == "evaluate"}


def command(verb: str) -> str:
    return f"clvlens {verb} --config shop.yaml"


def predictions(version: str, customers: int = 4) -> pd.DataFrame:
    """Return customers worth 100, 200, 300, … of whom each leaves with a chance of a quarter."""
    return pd.DataFrame(
        {
            "customer_id": [f"{CANARY}{number:04d}" for number in range(customers)],
            "cutoff": "2025-04-01",
            "horizon_days": 60,
            "predicted_value": [100.0 * (number + 1) for number in range(customers)],
            "churn_probability": 0.25,
            "segment": ["let be", "let be", "grow", "protect"],
            "model_version": version,
        }
    )


@pytest.fixture
def findings(written, panel, tmp_path) -> Findings:
    """All but `value` and `monitor` have run on the shop."""
    config = panel.config.model_copy(update={"root": tmp_path})
    shutil.copytree(written, config.data_folder)
    levers = (NEWSLETTER, DUNNING, TICKETS, ANNUAL)
    write_levers(config, reported(*levers, newsletter=30.0, annual_billing=5.0, other=65.0), DIGEST)
    predictions(DIGEST[:12]).to_csv(config.data_folder / "predictions.csv", index=False)
    found = {"history": ["orders"], "rows": [1234], "customers": [300], "from": ["2024-01-01"],
             "to": ["2025-03-26"], "features": [9], "levers": ["–"]}  # fmt: skip
    pd.DataFrame(found).to_csv(config.data_folder / "histories.csv", index=False)
    odd = {
        "table": ["customers", "orders"],
        "column": [None, "amount"],
        "rows": [1, 2],
        "problem": [f"1 left out by the rule: customer_id {CANARY}0007", "2 of 1,234 rows odd"],
    }
    pd.DataFrame(odd).to_csv(config.data_folder / "data_quality.csv", index=False)
    return Findings(config, DIGEST)


def text_of(findings: Findings) -> str:
    return Reader(make_report(findings, command).page()).text


def absent(findings: Findings) -> dict[str, str]:
    """Return why each absent section is absent."""
    return {s.name: s.absent for s in make_report(findings, command).sections if s.absent}


def test_the_answer_comes_first_with_grade_total_drivers_levers_and_segments(findings):
    answer, _, rest = text_of(findings).partition("Contents")
    words = spaced(findings.grade.words)
    assert f"{findings.grade.letter} " in answer
    assert words[:1].upper() + words[1:] in answer
    assert "EUR 1,000 revenue in the 60 days from 2025-04-01 on, of 4 customers" in answer
    assert "EUR 250 each on average" in answer
    assert "Churn (no order in the horizon): 1 of 4 expected, 25 %." in answer
    assert "2 of 4 levers can be shown to change value" in answer
    assert "protect : high value, likely to leave 1 40 %" in answer
    assert "let be : lower value, likely to stay 2 30 %" in answer
    assert "Are the amounts right?" in rest


def test_every_horizon_has_its_total_and_the_grade_of_its_own_model(findings, evaluation, model):
    target = findings.config.target.model_copy(update={"more_horizons": (120, 365)})
    config = findings.config.model_copy(update={"target": target})
    _, longer, untrained = config.horizons
    digest = check_manifest(save_model(model, longer.model_folder))
    assert not untrained.model_folder.exists()
    longer.data_folder.joinpath("evaluation").mkdir(parents=True)
    told = {**replace(grade(evaluation), letter="D").to_dict(), "model_digest": digest}
    (longer.data_folder / "evaluation" / "grade.json").write_text(json.dumps(told))
    rows = [predictions(DIGEST[:12]), predictions(digest[:12]), predictions("0" * 12)]
    for frame, days in zip(rows, (60, 120, 365), strict=True):
        frame["horizon_days"] = days
    rows[1]["predicted_value"] *= 2
    pd.concat(rows).to_csv(config.data_folder / "predictions.csv", index=False)
    card = next(c for c in make_report(Findings(config, DIGEST), command).cards
                if c.name == "answer_total")  # fmt: skip
    cells = re.findall(r"<td.*?>(.*?)</td>", card.body)
    own = findings.grade.letter
    assert cells == ["60", "1,000", "250", "25 %", own, "120", "2,000", "500", "25 %", "D"]
    assert '<p class="big">EUR 1,000</p>' in card.body


def test_the_total_has_the_interval_that_predict_left(findings):
    said = {"horizon_days": 60, "segment": ["all", "grow"], "predicted_value": [1000.0, 300.0],
            "value_low_90": [800.4, 1.0], "value_high_90": [1234.5, 2.0]}  # fmt: skip
    path = findings.config.data_folder / "predictions_totals.csv"
    for version, told in ((DIGEST[:12], True), ("0" * 12, False)):
        pd.DataFrame(said | {"model_version": version}).to_csv(path, index=False)
        assert ("In all, the 90 % interval is EUR 800 to 1,234." in text_of(findings)) == told


def test_association_and_effect_stand_apart_under_their_own_names(findings):
    drivers, levers = (card for card in make_report(findings, command).cards
                       if card.name in ("answer_drivers", "answer_levers"))  # fmt: skip
    assert drivers.title == "What predicted value is associated with"
    assert "Associated with, not caused by" in drivers.body
    assert "evidence" not in drivers.body
    assert levers.title == "What would change it: effects of levers"
    assert "+80.0 per eligible customer (+70.0 to +90.0), evidence B" in Reader(levers.body).text
    assert "associated" not in levers.body


def test_what_no_verb_has_left_is_named_with_the_command_that_fills_it(findings):
    assert absent(findings) == dict.fromkeys(
        ("segments", "channels", "retention", "ways", "monitor"), ABSENT
    )
    missing = text_of(findings).partition("What is not in this report section")[2]
    assert f"Do simple formulas do as well? {ABSENT} {command('value')}" in missing
    assert f"Does it still hold? {ABSENT} {command('monitor')}" in missing


def test_a_trained_model_alone_gives_a_report_of_its_method(findings):
    folder = findings.config.data_folder
    for path in folder.iterdir():
        if path.name != "training":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    report = make_report(findings, command)
    assert [section.name for section in report.sections if not section.absent] == ["method"]
    assert all(card.absent == ABSENT for card in report.cards)
    assert f"Not there yet: {command('evaluate')}" in Reader(report.page()).text


def test_what_is_about_another_model_is_refused(findings):
    folder = findings.config.data_folder
    write_stamp(folder / "explanation", OTHER)
    predictions(OTHER[:12]).to_csv(folder / "predictions.csv", index=False)
    assert absent(findings)["drivers"] == STALE
    cards = {card.name: card.absent for card in make_report(findings, command).cards}
    assert cards == {
        "answer_trust": "", "answer_total": STALE, "answer_drivers": STALE, "answer_levers": "",
        "answer_segments": STALE,
    }  # fmt: skip
    assert "EUR 1,000" not in text_of(findings)
    assert f"About another model: {command('predict')}" in text_of(findings)


def test_of_a_new_model_nothing_old_is_told(findings):
    fresh = replace(findings, digest=OTHER)
    assert set(absent(fresh)) == set(SECTIONS) - {"data"}
    assert absent(fresh)["levers"] == absent(fresh)["calibration"] == STALE


@pytest.mark.parametrize(
    ("file", "content", "lost"),
    [
        ("evaluation/by_decile.csv", 'a,b\n1,"', {"calibration", "coverage"}),
        ("evaluation/by_decile.csv", "decile\n1\n", {"calibration", "coverage"}),
        ("evaluation/scores.csv", "", {"ranking", "gain", "churn"}),
        ("explanation/by_lever.csv", b"\xff\xfe\x00", {"drivers"}),
        ("levers/levers.json", '{"data": [', {"levers"}),
        ("levers/levers.json", "[]", {"levers"}),
        ("training/run/metadata.json", "{}", {"method"}),
        ("histories.csv", "rows\n1\n", {"data"}),
        ("predictions.csv", "customer_id\n7\n", set()),
    ],
)
def test_a_damaged_file_costs_its_own_section_alone(findings, file, content, lost):
    path = findings.config.data_folder / file
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = {name for name, why in absent(findings).items() if why == DAMAGED}
    assert told == lost
    assert "Contents" in text_of(findings)


def test_the_page_needs_no_script_and_no_network_and_its_pictures_say_what_they_show(findings):
    page = make_report(findings, command).page()
    tags = Reader(page).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "video"}
    assert not re.search(r"https?://|@import|url\(", page)
    images = [kept for tag, kept in tags if tag == "img"]
    assert len(images) == 7 + 3 + 1
    assert all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert all(len(image["alt"]) > 20 for image in images)


def test_every_entry_of_the_contents_leads_to_a_section(findings):
    tags = Reader(make_report(findings, command).page()).tags
    targets = [kept["href"] for tag, kept in tags if tag == "a"]
    assert set(targets) == {f"#{kept['id']}" for tag, kept in tags if kept.get("id")}
    assert len(targets) == len(SECTIONS) - 5 + 1


def test_no_customer_is_named_not_even_by_a_rule(findings):
    page = make_report(findings, command).page()
    assert CANARY not in page
    assert "customers: 1 left out by the rule" in page
    assert "orders.amount: 2 of 1,234 rows odd" in page


def test_what_check_found_of_the_datas_quality_is_told_where_a_page_was_asked_for(findings):
    assert "run check with --html FILE" in text_of(findings)
    folder = findings.config.data_folder / "quality"
    (folder / "plots").mkdir(parents=True)
    (folder / "findings.csv").write_text("finding\nno order in 2024-05\n")
    (folder / "plots" / "population.png").write_bytes(b"png")
    assert "no order in 2024-05" in text_of(findings)
    assert "run check with --html" not in text_of(findings)


def test_of_many_alarms_the_first_are_shown_and_all_are_counted(findings):
    folder = findings.config.data_folder / "monitor"
    folder.mkdir()
    alarms = {"when": "2024-05", "where": "orders", "words": [f"moved {n}" for n in range(1200)]}
    pd.DataFrame(alarms).to_csv(folder / "alarms.csv", index=False)
    (folder / "matured.csv").write_text("cutoff,customers,total_bias,spearman,ngini,ece\n")
    write_stamp(folder, DIGEST)
    text = text_of(findings)
    assert "1,200 alarms: something is beyond its threshold." in text
    assert "moved 39 The first 40 of 1,200; the others are in the tables" in text


def test_text_from_the_data_is_escaped(findings):
    path = findings.config.data_folder / "histories.csv"
    table = pd.read_csv(path).assign(history="<b>orders</b>")
    table.to_csv(path, index=False)
    assert "&lt;b&gt;orders&lt;/b&gt;" in make_report(findings, command).page()


def test_a_table_has_as_many_decimals_all_the_way_down(findings):
    (amounts,) = (s for s in make_report(findings, command).sections if s.name == "calibration")
    rows = re.findall(r"<tr class=.*?>(.*?)</tr>", amounts.body)
    cells = [re.findall(r'<td class="number">(.*?)</td>', row)[1] for row in rows]
    assert len(cells) == 10
    assert len({len(cell.partition(".")[2]) for cell in cells}) == 1


def test_the_file_is_the_page_and_tells_the_model_that_it_is_about(findings):
    assert not has_report(findings)
    report = make_report(findings, command)
    path = write_report(report)
    assert path == findings.config.data_folder / "report.html"
    assert path.read_text(encoding="utf-8") == report.page()
    assert has_report(findings)
    assert not has_report(replace(findings, digest=OTHER))


def test_the_same_findings_give_the_same_bytes(findings):
    assert make_report(findings, command).page() == make_report(findings, command).page()


def test_where_writing_fails_the_former_report_stays(findings, monkeypatch):
    path = write_report(make_report(findings, command))
    before = path.read_bytes()
    monkeypatch.setattr(type(path), "write_text", _disk_full)
    with pytest.raises(OSError, match="no space left"):
        write_report(make_report(findings, command))
    assert path.read_bytes() == before
    assert [p for p in path.parent.iterdir() if p.name.startswith(".")] == []


def _disk_full(*_: object, **__: object) -> None:
    raise OSError("no space left")


def test_a_model_without_intervals_is_said_to_have_none(findings):
    for name in ("by_decile", "by_slice"):
        path = findings.config.data_folder / "evaluation" / f"{name}.csv"
        table = pd.read_csv(path)
        table.drop(columns=["coverage_90", "width_90"]).to_csv(path, index=False)
    assert "The model was trained without intervals." in text_of(findings)


def test_the_grade_is_that_of_the_evaluation(findings, evaluation):
    assert findings.grade == grade(evaluation)
    assert findings.tested == sorted({at.isoformat() for at in evaluation.predictions["cutoff"]})


def test_a_lever_page_is_read_back_as_it_was_written(findings):
    report = reported(NEWSLETTER, DUNNING, TICKETS, ANNUAL, newsletter=30.0, other=65.0)
    write_levers(findings.config, report, DIGEST)
    read = Findings(findings.config, DIGEST).levers
    assert read.verdict == report.verdict
    assert [row["lever"] for row in read.refused] == ["reply <1 h"]
    assert read.told[0]["population"] == ""
    assert read.contrast(read.told[-1]) == report.contrast(NEWSLETTER)
