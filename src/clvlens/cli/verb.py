"""The options that every verb has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand

from clvlens.cli.stages import telling


class Verb(TyperCommand):
    """A command that can be told to be quiet, or to answer a machine."""

    def __init__(self, *args: Any, params: Sequence[Any] = (), **settings: Any) -> None:
        super().__init__(*args, params=[*params, *_SPOKEN], **settings)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb, speaking as it was asked to."""
        asked = {option.name: ctx.params.pop(option.name) for option in _SPOKEN}
        with telling(str(self.name), **asked):
            return super().invoke(ctx)


def _spoken(
    is_quiet: Annotated[bool, typer.Option("--quiet", help="No progress; results alone.")] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="One JSON object: what was written, and headline figures."),
    ] = False,
) -> None:
    """Hold the options, for typer to read."""


_holder = typer.Typer(add_completion=False)
_holder.command()(_spoken)
_SPOKEN = typer.main.get_command(_holder).params
