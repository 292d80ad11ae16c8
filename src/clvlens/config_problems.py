"""Where in a YAML file a problem lies, and what to do about it."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from clvlens.errors import nearest


def repeated_keys(path: Path, text: str) -> list[str]:
    """Say which keys are given twice; YAML itself would take the last and say nothing."""
    problems, nodes = [], [yaml.compose(text)]
    for node in nodes:
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    problems.append(f"{path}:{line}: {key.value} is given twice; keep one")
                seen.add(key.value)
                nodes.append(value)
    return problems


def explain(path: Path, text: str, model: type[BaseModel], problem: Mapping[str, Any]) -> str:
    """Say one problem in one line, with its place and what to do.

    A problem of the whole configuration has no place of its own; its message begins with one.
    """
    message = problem["msg"].removeprefix("Value error, ")
    place = [str(part) for part in problem["loc"]]
    key = ".".join(place)
    if not place:
        place = message.split()[0].rstrip(":").split(".")
    elif problem["type"] == "extra_forbidden":
        message = f"unknown key; {nearest(place[-1], _siblings(model, place[:-1]))}"
    elif problem["type"] == "missing":
        message = "this key is missing"
    line = _line_of(text, place)
    return f"{path}{f':{line}' if line else ''}: {key + ': ' if key else ''}{message}"


def _siblings(model: type[BaseModel], place: list[str]) -> list[str]:
    """Return the keys that the model at this place knows."""
    for part in place:
        if part in model.model_fields:
            model = _inner_model(model.model_fields[part].annotation) or model
    return [name for name in model.model_fields if name not in {"root"}]


def _inner_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_inner_model(part) for part in typing.get_args(annotation))
    return next((model for model in inner if model), None)


def _line_of(text: str, place: list[str]) -> int | None:
    """Return the line of a key, following the YAML's own marks."""
    node = yaml.compose(text)
    line = None
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                return line
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit():
            node = node.value[int(part)]
            line = node.start_mark.line + 1
    return line
