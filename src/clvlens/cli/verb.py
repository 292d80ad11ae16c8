"""The options that every verb has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperCommand

from clvlens.cli.stages import telling

_offline: ContextVar[bool] = ContextVar("offline", default=False)


class Verb(TyperCommand):
    """A command that can be told to be quiet, or to answer a machine."""

    def __init__(self, *args: Any, params: Sequence[Any] = (), **settings: Any) -> None:
        super().__init__(*args, params=[*params, *_SPOKEN], **settings)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb, speaking as it was asked to."""
        asked = {option.name: ctx.params.pop(option.name) for option in _SPOKEN}
        with telling(str(self.name), **asked):
            return super().invoke(ctx)


class TrackedVerb(Verb):
    """A verb whose findings go to the tracking store, or wait here if it is told so."""

    def __init__(self, *args: Any, params: Sequence[Any] = (), **settings: Any) -> None:
        super().__init__(*args, params=[*params, *_TRACKED], **settings)

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; meanwhile `is_offline` tells what was asked for."""
        token = _offline.set(ctx.params.pop(_TRACKED[0].name))
        try:
            return super().invoke(ctx)
        finally:
            _offline.reset(token)


def is_offline() -> bool:
    """Whether the running verb is told to keep what it would track."""
    return _offline.get()


def _options(holder: Callable[..., None]) -> list[Any]:
    """Return the options that a function's parameters declare, as typer reads them."""
    app = typer.Typer(add_completion=False)
    app.command()(holder)
    return typer.main.get_command(app).params


def _spoken(
    is_quiet: Annotated[bool, typer.Option("--quiet", help="No progress; results alone.")] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="One JSON object: what was written, and headline figures."),
    ] = False,
) -> None:
    """Hold the options of every verb."""


def _tracked(
    offline: Annotated[
        bool, typer.Option("--offline", help="Keep what would be tracked, for: clvlens sync")
    ] = False,
) -> None:
    """Hold the options of verbs that track."""


_SPOKEN, _TRACKED = _options(_spoken), _options(_tracked)
