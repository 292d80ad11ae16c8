"""The script for every night goes on as far as it may, and leaves with the code of the worst."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import clvlens

SCRIPT = Path(clvlens.__file__).parents[2] / "docs" / "nightly.sh"


def tonight(tmp_path, config):
    """Run the script on a configuration, as a program called clvlens would be found."""
    program = tmp_path / "clvlens"
    code = "from clvlens.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W ignore -c "{code}" "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = ["sh", str(SCRIPT), str(config)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_bad_input_ends_the_night(tmp_path):
    ran = tonight(tmp_path, tmp_path / "none.yaml")
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert "none.yaml does not exist" in ran.stderr


def test_what_predict_cannot_do_is_no_longer_monitored(tmp_path, project):
    """The full run was never trained; only the trial was."""
    ran = tonight(tmp_path, project.config)
    assert ran.returncode == 2
    assert [json.loads(line)["verb"] for line in ran.stdout.splitlines()] == ["check"]
    assert "holds no model; train one first" in ran.stderr


@pytest.mark.slow
def test_a_night_ends_well_or_with_an_alarm(tmp_path, project):
    """The trial takes the place of the full run, so that the script finds a model."""
    config = project.config.read_text(encoding="utf-8")
    trial = project.config.with_name(f"{project.config.stem}-trial.yaml")
    trial.write_text(f"{config}\ncustomers: 400\n", encoding="utf-8")
    ran = tonight(tmp_path, trial)
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["verb"] for one in told] == ["check", "predict", "monitor"]
    assert [one["exit_code"] for one in told] == [0, 0, ran.returncode]
    assert ran.returncode == (4 if told[-1]["alarms"] else 0)
