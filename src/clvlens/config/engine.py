"""What computes features: DuckDB in this process, or Spark."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from clvlens.histories.strict import Scalar, Strict

MEND = {
    "duckdb": "state kind: spark, or leave it out",
    "spark": "give Spark's own, such as settings: {spark.executor.memory: 4g}",
}
PARTS = 8
OF = {  # what each alone is told, and what stands where it is not
    "duckdb": {"memory_limit": None, "threads": None},
    "spark": {"master": None, "settings": {}, "parts": PARTS},
}


class Engine(Strict):
    """DuckDB, with `memory_limit` and `threads`, or Spark, with what follows them.

    Without `master`, Spark is the one that the platform set up, or this machine alone. `settings`
    are Spark's own, such as spark.executor.memory. Predictions are made in `parts`, of which an
    interrupted run keeps those that are whole.
    """

    kind: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: str | None = None
    threads: int | None = Field(default=None, gt=0)
    master: str | None = None
    settings: dict[str, Scalar] = Field(default_factory=dict)
    parts: int = Field(default=PARTS, gt=0, le=4096)

    @model_validator(mode="after")
    def _sets_what_its_kind_has(self) -> Engine:
        for name, unset in OF["duckdb" if self.kind == "spark" else "spark"].items():
            if getattr(self, name) != unset:
                raise ValueError(f"{name} is no setting of {self.kind}; {MEND[self.kind]}")
        return self


def by_kind(value: object) -> object:
    """Read a kind alone as an engine without further settings."""
    return {"kind": value} if isinstance(value, str) else value
