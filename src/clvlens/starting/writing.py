"""The YAML of a proposal, with a comment beside everything that a person should look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from clvlens.starting.proposal import Proposed, Start

WIDTH = 100
INDENT = "  "


def write_yaml(start: Start) -> str:
    """Return the text of a configuration."""
    return "\n".join(_lines(start)) + "\n"


def _lines(start: Start) -> Iterator[str]:
    yield "# Proposed by clvlens init. What a comment doubts is worth a look; the rest was tried."
    yield f"name: {_flow(start.name)}"
    yield _said("currency", start.currency, start.remarks)
    yield "time_zone: UTC  # how times without a zone are read; yours may be Europe/Paris"
    if start.data_ends:
        yield _said("data_ends", start.data_ends, start.remarks, plain=True)
    if start.look_back_days:
        yield _said("look_back_days", start.look_back_days, start.remarks)
    yield ""
    yield "data:"
    for table in start.tables:
        yield from (INDENT + line if line else "" for line in _table(table))
    yield ""
    yield "target:"
    yield INDENT + _said("horizon_days", start.horizon_days, start.remarks)
    yield INDENT + _said("value", "revenue", {"value": _margin(start.tables[0])})
    yield INDENT + _said("churn", start.churn, start.remarks)
    yield ""
    yield "# Cutoffs are planned from the data; clvlens check shows them."
    for left in start.left_out:
        yield f"# Left out: {left.name}: {_short(left.why)}"


def _table(table: Proposed) -> Iterator[str]:
    yield f"{table.name}:  # {table.certainty:.0%} sure, by {table.why}"
    body: list[tuple[str, object]] = list(table.place.items())
    body += table.numbers.items()
    if table.grain != "event":
        body.append(("grain", table.grain))
    if table.time_format:
        forms = table.time_format
        body.append(("time_format", forms[0] if len(forms) == 1 else list(forms)))
    for key, value in body:
        yield INDENT + _said(key, value, table.remarks)
    yield INDENT + "columns:"
    for ours, raw in table.columns.items():
        yield INDENT * 2 + _said(ours, raw, table.remarks)
    for why in table.unsaid.values():
        yield INDENT * 2 + f"# not used: {_short(why)}"
    if table.attributes:
        yield INDENT + _said("attributes", dict(table.attributes), table.remarks)
    yield from _listed("lookup", table.lookups, table.remarks)
    yield from _listed("keep", table.keep, table.remarks)
    if table.custom:
        yield from _custom(table.custom)
    if table.unread:
        yield INDENT + f"# not read: {_short(', '.join(table.unread))}"


def _listed(
    key: str, entries: tuple[Mapping[str, object], ...], remarks: Mapping[str, str]
) -> Iterator[str]:
    if entries:
        yield INDENT + f"{key}:{_comment(remarks.get(key))}"
        for entry in entries:
            yield INDENT * 2 + f"- {_flow(dict(entry))}"


def _custom(custom: Mapping[str, object]) -> Iterator[str]:
    yield INDENT + "custom:"
    for key, value in custom.items():
        if key == "aggregates":
            yield INDENT * 2 + "aggregates:"
            for aggregate in value:  # type: ignore[attr-defined]
                yield INDENT * 3 + f"- {_flow(aggregate)}"
        elif key == "columns":
            if value:
                yield INDENT * 2 + "columns:  # those known later than the row need a known_at"
            for raw, type_ in value.items():  # type: ignore[attr-defined]
                yield INDENT * 3 + f"{_flow(raw)}: {type_}"
        else:
            yield INDENT * 2 + f"{key}: {_flow(value)}"


def _margin(orders: Proposed) -> str:
    return "or margin: cost is known" if "cost" in orders.columns else ""


def _said(key: str, value: object, remarks: Mapping[str, str], *, plain: bool = False) -> str:
    written = value if plain else _flow(value)
    return f"{key}: {written}{_comment(remarks.get(key))}"


def _comment(remark: str | None) -> str:
    return f"  # {_short(remark)}" if remark else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH * 2 else line[: WIDTH * 2] + " …"


def _flow(value: object) -> str:
    """Return a value as YAML on one line."""
    text = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")
