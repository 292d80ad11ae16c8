"""The command line: one verb a step, each reading what the former wrote."""

from __future__ import annotations

import os
import sys

from typer import BadParameter

from clvlens.cli.interruption import interruptible
from clvlens.errors import ClvlensError

UsageError = BadParameter.__mro__[1]  # typer shows this one of its errors alone


def main() -> None:
    """Run a verb; what a user can mend ends in a line or two and an exit code, no traceback."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads must not starve others
    with interruptible() as signals:
        try:
            from clvlens.cli.app import app

            words = sys.argv[1:] or ["--help"]
            code = app(words, prog_name="clvlens", standalone_mode=False) or 0
        except BaseException as error:  # noqa: BLE001  what it is is asked below
            # A query that a signal interrupts fails with the engine's own error: signals go first.
            code = 1 if signals else _tell(error)
    if code and signals:
        print("\nclvlens: interrupted", file=sys.stderr)
        code = 128 + signals[0]
    sys.exit(code)


def _tell(error: BaseException) -> int:
    """Print what a user can mend, and return the exit code; raise what is ours to mend."""
    if isinstance(error, UsageError):
        print(f"clvlens: {error.format_message()}", file=sys.stderr)
        print(f"see {error.ctx.command_path if error.ctx else 'clvlens'} --help", file=sys.stderr)
    elif isinstance(error, ClvlensError | OSError):
        print(f"clvlens: {error}", file=sys.stderr)
    else:
        raise error
    return getattr(error, "exit_code", ClvlensError.exit_code)
