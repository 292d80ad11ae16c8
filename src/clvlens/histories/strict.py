"""What every description in YAML shares: settings that cannot be changed, and no unknown keys."""

from __future__ import annotations

import typing

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Scalar = bool | int | float | str


def listed(value: object) -> object:
    """Read one value as a list of it."""
    return value if isinstance(value, list | tuple) else [value]


class Strict(BaseModel):
    """Settings that cannot be changed, and know no other keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _tells_truth_from_numbers(cls, value: object, about: ValidationInfo) -> object:
        """Refuse true and false for a number, as which pydantic would read them."""
        stated = cls.model_fields[str(about.field_name)].annotation
        kinds = {stated, *typing.get_args(stated)}
        if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
            raise PydanticCustomError("int" if int in kinds else "float", "no number")
        return value
