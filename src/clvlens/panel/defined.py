"""Whether the levers that a run defines read what there is.

A misspelt condition would be asked of nobody, and a misspelt control never look: both in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from clvlens.config.problems import located
from clvlens.errors import ConfigError, nearest
from clvlens.histories import discover
from clvlens.histories.decisions import Arm, Decision, Rows
from clvlens.panel.snapshot import features_of
from clvlens.panel.world import World


def check_defined(world: World) -> None:
    """Refuse levers of the configuration that name a history, column or feature nobody knows.

    Raises `ConfigError` with all such names. What clvlens knows and the run lacks is no mistake:
    `levers` says of whom it keeps from being studied.
    """
    settings = world.config.levers
    levers, features = settings.levers(), features_of(world)
    problems = [
        _said(world, ("levers", "define", name, key), problem)
        for name, given in settings.define.items()
        if (decision := levers[name].decision) is not None
        for key, problem in _problems(world, decision, given, features)
    ]
    if problems:
        raise ConfigError("\n".join(problems))


def _said(world: World, place: tuple[str, ...], problem: str) -> str:
    message, source = f"{'.'.join(place)}: {problem}", world.config.source
    return message if source is None else located(source, message, place)


def _problems(
    world: World, decision: Decision, given: Iterable[str], features: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    history, column, _ = decision.zero
    if "decided_at" in given:
        yield from _unknown(world, "decided_at", history, [column])
    for key in ("of", "before", "arm"):
        rows = getattr(decision, key)
        if key in given and rows is not None:
            yield from _unknown(world, key, rows.history, _columns(rows))
    for rows in decision.negative_controls if "negative_controls" in given else ():
        yield from _unknown(world, "negative_controls", rows.history, _columns(rows))
    for name in decision.beside if "beside" in given else ():
        history, _, column = name.partition(".")
        yield from _unknown(world, "beside", history, [column])
    for condition in decision.eligible if "eligible" in given else ():
        name = condition.feature
        is_absent = name.partition("__")[0] in set(discover()) - set(world.histories)
        if name not in features and not is_absent:
            yield "eligible", f"no feature is called {name!r}; {_like(name, features)}"


def _columns(rows: Rows) -> list[str]:
    """Return every column that rows name."""
    told = (rows.column, rows.until, rows.by) if isinstance(rows, Arm) else ()
    named = (*rows.where, *rows.unlike, *rows.having, *rows.without, *told)
    return [column for column in named if column]


def _unknown(
    world: World, key: str, history: str, columns: Iterable[str]
) -> Iterator[tuple[str, str]]:
    known = {*discover(), *world.histories}
    if history not in known:
        yield key, f"no history is called {history!r}; {nearest(history, known)}"
    if history not in world.histories:
        return
    events = world.histories[history]
    there = {*events.table.columns, *(column.name for column in events.history.columns)}
    for column in columns:
        if column not in there:
            yield key, f"{history} has no column {column!r}; {nearest(column, there)}"


def _like(name: str, features: Iterable[str]) -> str:
    """Return the nearest feature, of its history's where it names one: there are hundreds."""
    own = [known for known in features if known.partition("__")[0] == name.partition("__")[0]]
    return nearest(name, own or features)
