"""What a run's page says before any click, whichever verb came last."""

from __future__ import annotations

from clvlens.config import Config
from clvlens.output.findings import Findings
from clvlens.output.records import RunRecord
from clvlens.output.run_description import run_description
from clvlens.output.tracking import Tracker


def describe(tracker: Tracker, config: Config, digest: str, record: RunRecord) -> None:
    """Describe a run and its registered version by all that lies there about the model."""

    def address(artifact: str) -> str:
        return tracker.link(record.run_id, host="", artifact=artifact)

    words = run_description(Findings(config, digest), address)
    tracker.describe(record.run_id, words)
    tracker.describe_version(record.version, words)
