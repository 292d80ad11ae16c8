"""What a verb found, added to the run of the model that it was found about."""

from __future__ import annotations

from collections.abc import Callable

from clvlens.cli.show import NOT_TRACKED, completed, kept, served
from clvlens.config import Config
from clvlens.output.findings import Findings
from clvlens.output.records import RunRecord, read_run
from clvlens.output.run_description import run_description
from clvlens.output.tracking import Tracker


def publish(
    config: Config, digest: str, what: str, add: Callable[[Tracker, RunRecord], object]
) -> None:
    """Add what was found to the run of the model with this digest, and print where it is.

    `add` logs it; then the run and its version are described anew by all that lies there, so that
    they read the same whichever verb came last. Without a run a line says what to do. `what` tells
    where things are kept should tracking fail.
    """
    record = read_run(config, digest)
    if record is None:
        print(completed(NOT_TRACKED, config))
        return
    with kept(what):
        tracker = Tracker(config)
        add(tracker, record)
        _describe(tracker, config, digest, record)
    print(served(record.link, config))


def _describe(tracker: Tracker, config: Config, digest: str, record: RunRecord) -> None:
    def address(artifact: str) -> str:
        return tracker.link(record.run_id, host="", artifact=artifact)

    words = run_description(Findings(config, digest), address)
    tracker.describe(record.run_id, words)
    tracker.describe_version(record.version, words)
