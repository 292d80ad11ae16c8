"""Every command that the README and its pages show is run as it stands, on few customers."""

import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from tests.support.command import clvlens as run

import clvlens
from clvlens.cli.app import app
from clvlens.simulation import Settings, draw

ROOT = Path(clvlens.__file__).parents[2]
VERBS = typer.main.get_command(app).commands
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
CUSTOMERS = 400
DEMO = "configs/demo.yaml"
WHOLE = ("--config", "--out", "--yes")  # without one of these, a verb is only spoken of

pytestmark = pytest.mark.slow


def shown() -> list[list[str]]:
    """Return the words of every whole command on a page, each once, in the order of the pages."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    found = re.findall(r"^clvlens .*|(?<=`)clvlens [a-z][^`]*(?=`)", text, re.M)
    commands = [shlex.split(command, comments=True)[1:] for command in dict.fromkeys(found)]
    whole = [words for words in commands if set(WHOLE) & set(words)]
    return [words for i, words in enumerate(whole) if words not in whole[:i]]


def shortened(words: list[str]) -> list[str]:
    """Return a command for few customers and one trial, and without --truth, which takes hours."""
    short = [word for word in words if word != "--truth"]
    if "--trials" in short:
        short[short.index("--trials") + 1] = "1"
    takes = {name for option in VERBS[words[0]].params for name in option.opts}
    return short + (["--customers", str(CUSTOMERS)] if "--customers" in takes else [])


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A folder with the configurations, and a business's tables as the pages name them."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "configs", folder / "configs")
    (folder / "exports").mkdir()
    tables = draw(Settings(customers=CUSTOMERS))
    for name in ("orders", "customers", "tickets"):
        tables[name].to_csv(folder / "exports" / f"{name}.csv", index=False)
    for words in (["simulate", "--out", "data/demo/tables"], ["train", "--config", DEMO]):
        assert run_in(folder, shortened(words)).code == 0
    return folder


def run_in(folder: Path, words: list[str]):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "stdin", io.StringIO("\n" * 50))  # Enter: the likelier of each
        return run(*words)


def test_every_verb_is_shown_whole():
    assert {words[0] for words in shown()} == set(VERBS)


def test_every_command_that_is_shown_ends_well(project):
    for words in shown():
        if words[0] == "ui":
            continue
        if words[0] == "init":
            (project / words[-1]).unlink(missing_ok=True)
        ran = run_in(project, shortened(words))
        assert (words, ran.code, ran.err if ran.code else "") == (words, 0, "")


def test_the_browser_is_served_until_it_is_told_to_stop(project):
    (words,) = [words for words in shown() if words[0] == "ui"]
    command = [sys.executable, "-m", "clvlens", *shortened(words)]
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("open http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


def test_the_demo_walks_from_a_simulated_business_to_a_report(tmp_path):
    """`make demo` as it stands; the environment that it would set up is the one at hand."""
    for name in ("Makefile", "pyproject.toml", "requirements", "configs"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    for stamp in (".pinned", ".installed"):
        (tmp_path / ".venv" / stamp).touch()
    command = ["make", "demo", f"CUSTOMERS={CUSTOMERS}", f"BIN={Path(sys.executable).parent}"]
    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ
    )
    assert ran.returncode == 0, ran.stderr
    data = tmp_path / "data" / f"demo-trial-{CUSTOMERS}"
    lines = (data / "predictions.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) > CUSTOMERS / 2
    assert "<h1>" in (data / "report.html").read_text(encoding="utf-8")
    assert ran.stdout.rstrip().splitlines()[-1].startswith("Next: clvlens ui")
