import json
import os
import pty
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import typer.main
from tests.support.command import clvlens

from clvlens.cli import stages
from clvlens.cli.app import app
from clvlens.cli.stages import Stages, telling
from clvlens.errors import OutOfMemoryError, TrackingError

SIMULATE = ("simulate", "--customers", "20", "--out")
PROGRAM = (sys.executable, "-c", "from clvlens.cli import main; main()")


def at_a_terminal(*words: object) -> tuple[str, str]:
    """Run a command whose stderr is a terminal; return stdout and what the terminal got."""
    ours, theirs = pty.openpty()
    ran = subprocess.Popen([*PROGRAM, *map(str, words)], stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += (part := os.read(ours, 4096))
        except OSError:  # what a terminal says once nobody holds its other end
            break
        if not part:
            break
    assert ran.stdout is not None
    out = ran.stdout.read().decode()
    assert ran.wait() == 0
    return out, seen.decode()


def test_a_terminal_shows_a_stage_while_it_lasts_and_how_long_it_took(tmp_path):
    out, seen = at_a_terminal(*SIMULATE, tmp_path / "shop")
    live, _, ended = seen.partition("simulate 20 customers … ")
    assert "simulate 20 customers" in live
    assert "0:00:0" in live
    assert ended.rstrip().endswith(" s")
    assert f"Wrote {tmp_path / 'shop'}\n" in out


def test_a_terminal_shows_nothing_to_who_asks_for_quiet(tmp_path):
    out, seen = at_a_terminal(*SIMULATE, tmp_path / "shop", "--quiet")
    assert (seen, f"Wrote {tmp_path / 'shop'}\n" in out) == ("", True)


def test_a_machine_gets_one_object_of_what_was_written_and_found(tmp_path):
    ran = clvlens(*SIMULATE, tmp_path / "shop", "--json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
    assert (told["verb"], told["exit_code"]) == ("simulate", 0)
    assert told["wrote"] == [str(tmp_path / "shop")]
    assert told["rows"]["customers"] == 20
    assert told["next"] == f"clvlens check --config {tmp_path / 'shop' / 'config.yaml'}"


def test_a_machine_that_asks_wrongly_gets_no_object(tmp_path):
    ran = clvlens("check", "--config", tmp_path / "none.yaml", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.told[0].endswith("does not exist; give an existing file with --config")


def test_every_verb_can_be_quiet_or_speak_to_a_machine():
    for verb in typer.main.get_command(app).commands.values():
        assert {"--quiet", "--json"} <= {name for known in verb.params for name in known.opts}


def test_a_machine_learns_the_grade_and_what_is_expected(project, tmp_path):
    told = json.loads(project.run("evaluate", "--json").out)
    assert told["wrote"] == [str(project.data / "evaluation")]
    (graded,) = told["horizons"]
    assert (graded["horizon_days"], graded["grade"] in "ABCD") == (90, True)
    assert -1 <= graded["ngini"] <= 1
    out = tmp_path / "predictions.csv"
    out = tmp_path / "predictions.csv"
    predicted = json.loads(project.run("predict", "--out", out, "--json").out)
    (own,) = predicted["horizons"]
    assert (own["customers"], predicted["currency"]) == (400, "USD")
    rows = pd.read_csv(out)
    assert own["predicted_value"] == pytest.approx(rows["predicted_value"].sum(), abs=2)


def test_done_but_not_tracked_is_told_to_a_machine(capsys):
    def train():
        stages.current_stages().found(version=np.int64(3), loss=np.nan)
        raise TrackingError("gone")

    telling_machines = telling("train", is_quiet=False, as_json=True)
    with pytest.raises(TrackingError, match="gone"):
        telling_machines(train)()
    told = json.loads(capsys.readouterr().out)
    assert told == {"verb": "train", "exit_code": 3, "wrote": [], "version": 3, "loss": None}


def test_a_stage_is_told_once_it_has_ended(capsys):
    stage = Stages()
    stage("read")
    assert capsys.readouterr().err == ""
    stage("count")
    assert capsys.readouterr().err.startswith("  read … ")
    stage.end()
    stage.end()
    assert capsys.readouterr().err.count("count") == 1


def test_the_rest_of_a_series_takes_as_long_as_what_went_before():
    """Two trials took 10 s each; trials 3, 4 and 5 of 5 are to come."""
    stage = Stages()
    told = [stage._left(f"trial {number} of 5", 10.0 * number) for number in (1, 2, 3)]
    assert told == ["", ", about 40 s left", ", about 30 s left"]
    assert stage._left("watch orders, 1 of 2", 99.0) == ""


@pytest.mark.parametrize("error", [MemoryError("800 MiB"), OutOfMemoryError("of 1 GB; take more")])
def test_who_has_no_memory_left_is_told_in_which_stage_and_what_to_do(error):
    def fail():
        with telling("panel", is_quiet=True, as_json=True):
            stages.current_stages()("snapshot 2 of 3")
            raise error

    with pytest.raises(OutOfMemoryError, match=r"^snapshot 2 of 3: .*(800 MiB.*sample|1 GB; take)"):
        fail()
