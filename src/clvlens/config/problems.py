"""Where in a YAML file a problem lies, and what to do about it, in words of our own."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from clvlens.errors import nearest

SHOWN = 40  # characters of a value in a message

# What other tools call our keys.
SYNONYMS = {
    **dict.fromkeys(("sep", "separator"), "delimiter"),
    **dict.fromkeys(("file", "filename", "location", "url"), "path"),
    **dict.fromkeys(("date_format", "datetime_format", "timeformat"), "time_format"),
    **dict.fromkeys(("tz", "zone"), "time_zone"),
    **dict.fromkeys(("horizon", "days"), "horizon_days"),
    **dict.fromkeys(("tables", "histories", "sources"), "data"),
}
EXAMPLES = {"name": "name: shop", "currency": "currency: EUR", "data": "data: {orders: {path: …}}"}

# What a value should have been, by the beginning of pydantic's name for the fault.
WANTED = {
    "greater_than_equal": "expected {ge} or more",
    "greater_than": "expected more than {gt}",
    "less_than_equal": "expected at most {le}",
    "finite_number": "expected a finite number",
    "int": "expected a whole number",
    "float": "expected a number",
    "bool": "expected true or false",
    "string_too": "expected one character",
    "string_pattern": "use small letters, digits and _",
    "string": "expected text",
    "datetime": "expected a date such as 2024-01-31",
    "literal": "expected {expected}",
    "tuple": "expected a list such as [a, b]",
    "too_short": "expected one or more",
    "dict": "expected keys with values, such as {{a: b}}",
    "model": "expected keys with values, such as {{a: b}}",
}


def unreadable(path: Path, text: str, error: Exception) -> str:
    """Say where a file is not YAML; an impossible date has no place of its own."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    of_value = isinstance(error, ValueError)
    line = mark.line + 1 if mark else _line_of_impossible_date(text) if of_value else None
    return f"{path}{f':{line}' if line else ''}: this is not YAML: {problem}; correct it"


def repeated_keys(path: Path, text: str) -> list[str]:
    """Say which keys are given twice; YAML itself would take the last and say nothing."""
    problems = []
    for node in _nodes(text):
        seen = set()
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.value in seen:
                line = key.start_mark.line + 1
                problems.append(f"{path}:{line}: {key.value} is given twice; keep one")
            seen.add(key.value)
    return problems


def explain(
    path: Path, text: str, model: type[BaseModel], problems: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Say each problem in one line, with its place and what to do.

    What several types of one value reject is one problem.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    problems = list(problems)
    items = {tuple(problem["loc"][:-1]) for problem in problems}
    for problem in problems:
        if problem["type"] == "too_short" and tuple(problem["loc"]) in items:
            continue  # what was refused does not count, and is told by itself
        place = tuple(str(part) for part in problem["loc"] if _is_in_yaml(str(part)))
        found.setdefault(place, []).append(_message(model, place, problem))
    return [_said(path, text, place, messages) for place, messages in found.items()]


def line_of(text: str, place: Iterable[str]) -> int | None:
    """Return the line of a key or of the nearest one above it, following the YAML's own marks."""
    node, line = yaml.compose(text), None
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
    return line


def located(path: Path, message: str, place: Iterable[str] = ()) -> str:
    """Return a message after the file and the line of its place, or of the key it begins with."""
    if message.startswith(f"{path}:"):
        return message
    try:
        line = line_of(path.read_text(encoding="utf-8"), place or _key_of(message))
    except (OSError, ValueError, yaml.YAMLError):  # the file has changed meanwhile
        return message
    return f"{path}:{line}: {message}" if line else message


def _key_of(message: str) -> list[str]:
    return message.split(maxsplit=1)[0].rstrip(":").split(".")


def _said(path: Path, text: str, place: tuple[str, ...], messages: list[str]) -> str:
    """Return one line; a problem of several keys begins with the one that it lies at."""
    message = " or ".join(dict.fromkeys(messages))
    line = line_of(text, [*place, *_key_of(message)])
    return f"{path}{f':{line}' if line else ''}: {'.'.join(place)}{': ' if place else ''}{message}"


def _message(model: type[BaseModel], place: tuple[str, ...], problem: Mapping[str, Any]) -> str:
    kind, given = problem["type"], problem["input"]
    if kind == "extra_forbidden":
        known = _siblings(model, place[:-1])
        meant = SYNONYMS.get(place[-1].lower())
        return f"unknown key; {nearest(meant if meant in known else place[-1], known)}"
    if kind == "missing":
        example = EXAMPLES.get(place[-1])
        return f"this key is missing; add it{f', such as {example}' if example else ''}"
    wanted = next((words for start, words in WANTED.items() if kind.startswith(start)), None)
    if wanted is None:
        return problem["msg"].removeprefix("Value error, ")
    shown = repr(given)
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
    quoted = "; YAML reads yes, no, on and off so, put it in quotes" if (
        kind == "string_type" and isinstance(given, bool)
    ) else ""  # fmt: skip
    return f"{shown} will not do; {wanted.format(**problem.get('ctx', {}))}{quoted}"


def _is_in_yaml(part: str) -> bool:
    """Whether a part of a place is a key; pydantic adds the types that a value may have."""
    return not part.startswith(("constrained-", "literal[", "[key]"))


def _siblings(model: type[BaseModel], place: Iterable[str]) -> list[str]:
    """Return the keys that the model at this place knows."""
    for part in place:
        if part in model.model_fields:
            model = _inner_model(model.model_fields[part].annotation) or model
    return [name for name, field in model.model_fields.items() if not field.exclude]


def _inner_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_inner_model(part) for part in typing.get_args(annotation))
    return next((model for model in inner if model), None)


def _nodes(text: str) -> Iterator[yaml.Node]:
    """Return every node once, however often anchors name it."""
    nodes, seen = [node] if (node := yaml.compose(text)) else [], set()
    while nodes:
        node = nodes.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            nodes += [value for _, value in node.value]


def _line_of_impossible_date(text: str) -> int | None:
    maker = yaml.constructor.SafeConstructor()
    for node in _nodes(text):
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":timestamp"):
            try:
                maker.construct_yaml_timestamp(node)
            except ValueError:
                return node.start_mark.line + 1
    return None
