"""What every description in YAML shares: settings that cannot be changed, and no unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Scalar = bool | int | float | str


def listed(value: object) -> object:
    """Read one value as a list of it."""
    return value if isinstance(value, list | tuple) else [value]


class Strict(BaseModel):
    """Settings that cannot be changed, and know no other keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )
