"""What is proposed: the tables of a configuration, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from clvlens.starting.tables import LeftOut


@dataclass(frozen=True)
class Question:
    """Something that the tables do not tell; the first option is the likelier."""

    about: str
    text: str
    options: tuple[str, ...]


Ask = Callable[[Question], int]  # which option a person chose


@dataclass(frozen=True)
class Proposed:
    """One table of the configuration.

    `columns` maps our names to the table's, or to nothing where a column bears ours by chance;
    `numbers` says how they are written, where it is not 1234.50;
    `remarks` are comments by the key that they stand beside; `unsaid` columns are recognised and
    not read, each with the reason.
    """

    name: str
    place: Mapping[str, str]
    columns: Mapping[str, str | None]
    certainty: float
    why: str
    files: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    time_format: tuple[str, ...] = ()
    numbers: Mapping[str, object] = field(default_factory=dict)
    grain: str = "event"
    lookups: tuple[Mapping[str, str], ...] = ()
    keep: tuple[Mapping[str, object], ...] = ()
    custom: Mapping[str, object] | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)
    unsaid: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def remarked(self, key: str, remark: str) -> Proposed:
        """Return the table with one more comment."""
        said = [self.remarks[key]] if key in self.remarks else []
        return replace(self, remarks={**self.remarks, key: "; ".join([*said, remark])})

    def without(self, column: str, why: str) -> Proposed:
        """Return the table without a column that turned out not to be readable."""
        raw = self.columns.get(column, self.attributes.get(column, column))
        left = {name: said for name, said in self.columns.items() if name != column}
        return replace(
            self,
            columns=left | ({column: None} if raw == column else {}),
            attributes={name: said for name, said in self.attributes.items() if name != column},
            unsaid={**self.unsaid, column: f"{raw}: {why}"},
        )


@dataclass(frozen=True)
class Start:
    """A whole configuration, and what was left out of it."""

    name: str
    currency: str
    horizon_days: int
    churn: str
    tables: tuple[Proposed, ...]
    left_out: tuple[LeftOut, ...] = ()
    data_ends: str | None = None
    look_back_days: int | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)
