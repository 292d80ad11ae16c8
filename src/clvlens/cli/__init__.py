"""The command line: one verb a step, each reading what the former wrote."""

from __future__ import annotations

import os
import sys

import click

from clvlens.errors import ClvlensError


def main() -> None:
    """Run a verb; what a user can mend ends in one line and an exit code, without a traceback."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads must not starve others
    from clvlens.cli.app import app

    try:
        code = app(standalone_mode=False)
    except ClvlensError as error:
        print(f"clvlens: {error}", file=sys.stderr)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("clvlens: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
