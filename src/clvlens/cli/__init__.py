"""The command line: one verb a step, each reading what the former wrote."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from clvlens.errors import ClvlensError


def main() -> None:
    """Run a verb; what a user can mend ends in one line and an exit code, without a traceback."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads must not starve others
    signals: list[int] = []

    def stop(number: int, _: FrameType | None) -> NoReturn:
        """Leave as an exception, so that temporary files are removed on the way out."""
        signals.append(number)
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        from clvlens.cli.app import app

        app(prog_name="clvlens")
    except BaseException as error:  # noqa: BLE001  a signal may come out as any error
        sys.exit(_exit_code(error, signals))


def _exit_code(error: BaseException, signals: list[int]) -> int:
    """Return how to leave after an error, having told it; raises it where it is ours to mend.

    A query that is interrupted fails with the engine's own error, so signals are asked first.
    """
    if isinstance(error, SystemExit) and not error.code:
        return 0
    if signals:
        print("\nclvlens: interrupted", file=sys.stderr)
        return 128 + signals[0]
    if isinstance(error, SystemExit):
        raise error
    if isinstance(error, ClvlensError | OSError):
        print(f"clvlens: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, ClvlensError) else ClvlensError.exit_code
    raise error
