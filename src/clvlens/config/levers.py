"""How the YAML speaks of levers: which to study, over how many days, and those of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import pydantic
from pydantic import Field, model_validator

from clvlens.errors import nearest
from clvlens.histories import discover
from clvlens.histories.base import Lever
from clvlens.histories.decisions import Decision
from clvlens.histories.strict import Strict

OWN = ("meaning", "features", "controllable")


class Levers(Strict):
    """What `clvlens levers` studies.

    `horizon_days` is how long value is counted from a decision on; by default the target's.
    `define` describes levers by name: under the name of one that clvlens has, the keys given
    replace its own; under another, a lever of the user's. `leave_out` names those not to study.
    `costs` is what giving a lever to one customer costs, by name, in the run's currency; `budget`
    what there is to spend, on levers whose cost is said. Who came to a decision in the last
    `reach_days` could be reached.
    Of more than `sample` customers, effects are estimated on so many, drawn by the hash of their
    id; all of them may be reached.
    """

    horizon_days: int | None = Field(default=None, gt=0)
    define: dict[str, dict[str, Any]] = Field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    costs: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    budget: float | None = Field(default=None, ge=0)
    reach_days: float = Field(default=90, gt=0)
    sample: int = Field(default=50_000, gt=0)

    @model_validator(mode="after")
    def _can_be_studied(self) -> Levers:
        known = self.levers()
        for key, names in (("leave_out", self.leave_out), ("costs", self.costs)):
            for name in names:
                if name not in known:
                    raise ValueError(f"{key}: {name!r} is no lever; {nearest(name, known)}")
        return self

    def levers(self) -> dict[str, Lever]:
        """Return every lever by name, with what is defined here; a user's own come last."""
        known = {lever.name: lever for h in discover().values() for lever in h.levers}
        return known | {name: _defined(name, known.get(name), given)
                        for name, given in self.define.items()}  # fmt: skip

    def studied(self) -> list[Lever]:
        """Return the levers to study."""
        return [lever for name, lever in self.levers().items() if name not in self.leave_out]


def _defined(name: str, known: Lever | None, given: Mapping[str, Any]) -> Lever:
    """Return a lever as the user describes it; raises `ValueError` where that says too little."""
    said = {key: value for key, value in given.items() if key not in OWN}
    usual = known.decision.model_dump() if known and known.decision else {}
    try:
        decision = Decision.model_validate({**usual, **said}) if said or usual else None
    except pydantic.ValidationError as error:
        raise ValueError("; ".join(_problem(name, one) for one in error.errors())) from None
    lever = known or Lever(name, str(given.get("meaning", name)), ())
    own = {key: given[key] for key in OWN if key in given}
    if "features" in own:
        own["features"] = tuple(own["features"])
    return replace(lever, decision=decision, **own)


def _problem(name: str, error: Mapping[str, Any]) -> str:
    place = [str(part) for part in error["loc"]]
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        message = "this key is missing"
    elif error["type"] == "extra_forbidden":
        message = f"unknown key; {nearest(place[-1], [*Decision.model_fields, *OWN])}"
    return f"define.{'.'.join([name, *place])}: {message}"
