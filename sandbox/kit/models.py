"""Strict shapes for what comes in and goes out.

Lax reading turns `false` into 0 and `"1"` into 1, so a contract test rightly complains; strict reading
refuses `1.0` for an integer although JSON Schema calls it one. `Integer` closes that gap.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Shape(BaseModel):
    """Base of every request and answer: strict, closed, finite numbers, camelCase on the wire."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class Part(BaseModel):
    """Base of what is read of another service's answer; what else it holds is not looked at."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")


def _whole(value: Any) -> Any:
    """Read a float without a fraction as the integer it is in JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


Integer = Annotated[int, BeforeValidator(_whole), Field(ge=-(2**53), le=2**53)]
"""A JSON integer within what every JSON reader keeps exact; accepts `0.0`, refuses `true` and `"1"`."""

Identifier = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""An id as the services mint them: safe in paths, queries and logs."""

ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=4000)]
