"""What a verb found, on its way to the tracking store: kept here first, then sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from clvlens.cli.show import NOT_TRACKED, completed, kept_though, served
from clvlens.config import Config
from clvlens.output.findings import Findings
from clvlens.output.parcels import RUN_PAGE, Crown, begun, keep, kept, unsent
from clvlens.output.records import RunRecord, read_run
from clvlens.output.run_description import run_description
from clvlens.output.sending import send_kept


def publish(
    config: Config,
    digest: str,
    what: str,
    artifacts: Mapping[str, Path],
    *,
    metrics: Mapping[str, float] | None = None,
    tags: Mapping[str, str] | None = None,
    crown: Crown = "never",
) -> RunRecord | None:
    """Add what was found to the run of the model with this digest, and print where it is.

    The run and its version are described anew by all that lies there, so that they read the same
    whichever verb came last. Without a run a line says what to do. `what` tells where things are
    saved should tracking fail. Returns the run, if it is tracked by now.
    """
    record = read_run(config, digest)
    if record is None:
        print(completed(NOT_TRACKED, config))
        return None
    words = run_description(Findings(config, digest), f"{RUN_PAGE}{{}}".format)
    parcel = begun(
        config, "", {}, run=record.key or record.run_id, tags=tags or {}, metrics=metrics or {},
        words=words, crown=crown,
    )  # fmt: skip
    keep(config, parcel, artifacts)
    return deliver(config, what, parcel.run)


def deliver(config: Config, what: str, key: str = "") -> RunRecord | None:
    """Send all that is kept, and print and return the run with a key; offline, say what is kept.

    `what` tells where the verb's own findings are saved should the store not take them.
    """
    if config.tracking.offline:
        count = len(kept(config))
        told = f"Kept for the tracking store: {count} in {unsent(config)}; to send: clvlens sync"
        print(completed(told, config))
        return None
    with kept_though(what):
        sent = send_kept(config).get(key)
    if sent is not None:
        print(served(sent.link, config))
    return sent
