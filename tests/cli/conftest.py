"""A project in which every verb was run once."""

import shutil
from pathlib import Path

import pytest
from tests.support.command import VERBS, Project

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Project:
    """Four hundred households of Complete Journey, from the first verb to the last."""
    folder = tmp_path_factory.mktemp("journey")
    config = folder / "configs" / "complete_journey.yaml"
    config.parent.mkdir()
    shutil.copy(CONFIGS / config.name, config)
    project = Project(folder, config, {})
    for verb in VERBS:
        project.ran[verb] = project.run(verb)
    return project
