"""`report`: all that the verbs have found, on one page."""

from __future__ import annotations

from clvlens.cli.publishing import publish
from clvlens.cli.show import command
from clvlens.cli.stages import Stages
from clvlens.config import Config
from clvlens.models.asked import check_same_question
from clvlens.models.store import check_manifest, load_model
from clvlens.output.findings import Findings
from clvlens.output.report import make_report, write_report


def report(config: Config, stage: Stages) -> None:
    """Write the page about the saved model, and add it to the run."""
    digest = check_manifest(config.model_folder)
    check_same_question(load_model(config.model_folder), config)
    stage("write the report")
    found = make_report(Findings(config, digest), lambda verb: command(verb, config))
    path = write_report(found)
    stage.end()
    for (filled_by, why), titles in found.missing.items():
        print(f"  absent: {', '.join(titles)}: {why}; {filled_by}")
    stage.wrote(path)
    stage.found(absent=[title for titles in found.missing.values() for title in titles])
    publish(config, digest, f"the report is saved in {path}", {"": path})
