"""Parcels sent to the tracking store, in order; none is lost or taken twice, whatever stops it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from clvlens.config import Config
from clvlens.errors import ClvlensError, ModelError, TrackingError
from clvlens.locks import alone
from clvlens.models.store import check_manifest
from clvlens.output.location import answers, locate
from clvlens.output.parcels import (
    ARTIFACTS,
    MODEL,
    RUN_PAGE,
    Parcel,
    kept,
    key_of,
    number_of,
    read_parcel,
    remove,
    unsent,
)
from clvlens.output.records import RunRecord, write_run
from clvlens.output.tracking import KEY, PATIENCE_SECONDS, Tracker

Say = Callable[[str], None]


def send_kept(config: Config, say: Say = lambda _: None) -> dict[str, RunRecord]:
    """Send all that is kept, oldest first, and return the runs that it was about by their key.

    Each parcel is said to be sent. What the store does not take stays, and with it what follows
    about the same run. Raises `TrackingError` with the first reason, once the others were tried.
    """
    sent: dict[str, RunRecord] = {}
    reasons: dict[str, ClvlensError] = {}
    trackers: dict[str, Tracker] = {}
    if not kept(config):
        return sent
    with alone(unsent(config) / ".sending", waits=True):
        for folder in kept(config):
            if key_of(folder) in reasons:
                continue
            try:
                record = sent[key_of(folder)] = _sent(config, folder, trackers)
                say(f"parcel {number_of(folder)}: {record.link}")
            except ClvlensError as error:
                reasons[key_of(folder)] = error
                if isinstance(error, TrackingError) and _is_away(config):
                    break
    if reasons:
        raise TrackingError(
            f"{next(iter(reasons.values()))}; what was to be tracked is kept in {unsent(config)}; "
            "to send it later: clvlens sync"
        )
    return sent


def _sent(config: Config, folder: Path, trackers: dict[str, Tracker]) -> RunRecord:
    """Send one parcel, take it away, and return its run; `trackers` are those open by now."""
    parcel = read_parcel(folder)
    tracking = config.tracking.model_copy(update={"experiment": parcel.experiment})
    if parcel.experiment not in trackers:
        own = config.model_copy(update={"tracking": tracking})
        trackers[parcel.experiment] = Tracker(own)
    record = send(trackers[parcel.experiment], folder, parcel)
    _remember(config, parcel, record)
    remove(folder)
    return record


def send(tracker: Tracker, folder: Path, parcel: Parcel) -> RunRecord:
    """Give a run what a parcel holds; where a part of it is there already, the rest is added.

    Raises `TrackingError` where the store fails.
    """
    run = tracker.run_of(parcel.run)
    if run is None:
        run = _begin(tracker, parcel) if parcel.begins else parcel.run
    try:
        version = _fill(tracker, run, folder, parcel)
    except TrackingError:
        raise  # a store that is away cannot be told either
    except BaseException as error:
        with suppress(TrackingError):
            tracker.end(run, "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    return RunRecord(run, version or 0, tracker.link(run), parcel.run)


def _begin(tracker: Tracker, parcel: Parcel) -> str:
    return tracker.begin(parcel.begins, {}, {KEY: parcel.run})


def _fill(tracker: Tracker, run: str, folder: Path, parcel: Parcel) -> int | None:
    """Log all that a parcel holds, and return the version of the run's model."""
    if parcel.params:
        tracker.log_params(run, parcel.params)
    if parcel.tags:
        tracker.log_tags(run, parcel.tags)
    if parcel.metrics:
        tracker.log_metrics(run, parcel.metrics, parcel.at)
    if (folder / ARTIFACTS).is_dir():
        tracker.log_folder(run, folder / ARTIFACTS)
    if parcel.columns:
        tracker.register(run, folder / MODEL, parcel.columns, parcel.digest)
    version = tracker.version_of(run)
    if parcel.words:
        _describe(tracker, run, version, parcel.words)
    if version is not None:
        _crown(tracker, version, parcel)
    if parcel.begins:
        tracker.end(run)
    return version


def _describe(tracker: Tracker, run: str, version: int | None, words: str) -> None:
    def address(found: re.Match[str]) -> str:
        return tracker.link(run, host="", artifact=found[1])

    told = re.sub(rf"(?<=\(){RUN_PAGE}([^)\s]*)", address, words)
    tracker.describe(run, told)
    if version is not None:
        tracker.describe_version(version, told)


def _crown(tracker: Tracker, version: int, parcel: Parcel) -> None:
    is_vacant = parcel.crown == "vacant" and tracker.champion() is None
    if is_vacant or parcel.crown == "always":
        tracker.promote(version)


def _remember(config: Config, parcel: Parcel, record: RunRecord) -> None:
    """Note which run belongs to the model on disk, if it still is the one that was sent."""
    with suppress(ModelError):
        if parcel.columns and check_manifest(config.model_folder) == parcel.digest:
            write_run(config, record, parcel.digest)


def _is_away(config: Config) -> bool:
    """Whether the store is a server that does not answer, so that trying on would be in vain."""
    place = locate(config)
    return place.is_server and not answers(f"{place.host}/health", PATIENCE_SECONDS)
