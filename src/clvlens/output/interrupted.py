"""Runs that a killed process left running are ended by the next one on the same machine.

A process that is killed outright cannot say so. Each run bears a tag with a hash of the machine's
name and the process's number, by which a later process sees that nobody works on it any more.
"""

from __future__ import annotations

import hashlib
import os
import socket

from mlflow import MlflowClient

PROCESS = "clv.process"
LENGTH = 12  # of the hash: a server need not learn the names of machines


def process_tag() -> str:
    """Return which process on which machine this is."""
    return f"{_machine()}-{os.getpid()}"


def end_interrupted(client: MlflowClient, experiment: str) -> int:
    """End the runs of an experiment whose process is gone, and return how many they were."""
    running = client.search_runs([experiment], "attributes.status = 'RUNNING'")
    left = [run for run in running if _is_gone(run.data.tags.get(PROCESS, ""))]
    for run in left:
        client.set_terminated(run.info.run_id, "KILLED")
    return len(left)


def _machine() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:LENGTH]


def _is_gone(tag: str) -> bool:
    """Whether the process was of this machine, and has ended; of others nothing is known."""
    machine, _, number = tag.rpartition("-")
    if machine != _machine() or not number.isdigit() or os.name == "nt":
        return False  # Windows has no way to ask after a process without touching it
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
