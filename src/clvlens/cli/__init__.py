"""The command line: one verb a step, each reading what the former wrote."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

from clvlens.errors import ClvlensError


def main() -> None:
    """Run a verb; what a user can mend ends in one line and an exit code, without a traceback."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads must not starve others
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    from clvlens.cli.app import app

    try:
        app()
    except ClvlensError as error:
        print(f"clvlens: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def _stop(number: int, _: FrameType | None) -> None:
    """Leave as an exception, so that temporary files are removed on the way out."""
    print("\nclvlens: interrupted", file=sys.stderr)
    sys.exit(128 + number)
