"""What every document has in common: its envelope, its strictness, and the types of what is written in it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from gates.model.duration import duration_of

API_VERSION = "release-gate/v1"
"""What a document says first; `gates.COMPANY.com/v1` of older documents is still read."""
EXAMPLES: dict[str, str] = {}
"""An example of what each form wants, by its pattern."""


def shaped(pattern: str, example: str) -> StringConstraints:
    """Return a constraint: the text matches `pattern`; a message about one that does not shows `example`."""
    EXAMPLES[pattern] = example
    return StringConstraints(pattern=pattern)


def key_of(field: str) -> str:
    """Return the key that a document has for a field: `is_public` is `public`, `settle_s` `settleSeconds`."""
    name = re.sub(r"^(is|has)_(?=.)", "", field.removesuffix("_"))
    return to_camel(re.sub(r"_s$", "_seconds", name))


class Strict(BaseModel):
    """A part of a document: unknown keys, wrong types, NaN and infinities are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        alias_generator=key_of,
        defer_build=True,  # a command pays for the documents that it reads
    )


class Metadata(Strict):
    """The name of what a document describes."""

    name: Annotated[str, shaped(r"^[a-z][a-z0-9-]*$", "order-book")]


class Envelope(Strict):
    """The keys at the top of every document; each kind adds its `kind` and `spec`."""

    api_version: Annotated[str, shaped(r"^(release-gate|gates\.[a-z0-9-]+\.com)/v1$", API_VERSION)]
    metadata: Metadata
    spec: Any


def _duration(value: object) -> timedelta:
    found = duration_of(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError(
            "duration",
            "'{value}' is not a duration: a whole number and s, m, h or d, like 15m",
            {"value": value},
        )
    return found


def known(kind: str) -> AfterValidator:
    """Return a validator: the word is among those that the context lists for `kind`."""

    def check(word: str, info: ValidationInfo) -> str:
        words = (info.context or {}).get(kind, ())
        if word not in words:
            raise PydanticCustomError("unknown", "unknown {kind} '{word}'", {"kind": kind, "word": word})
        return word

    return AfterValidator(check)


def _filled(items: tuple[object, ...]) -> tuple[object, ...]:
    if not items:
        raise PydanticCustomError("empty", "at least one entry is needed")
    return items


Filled = AfterValidator(_filled)
"""A list with an entry. Not `min_length`: pydantic says it of a list whose entries are wrong, too."""
Text = Annotated[str, shaped(r"\S", "some words")]
AnyText = Annotated[str, StringConstraints()]
"""A text that may be empty."""
Word = Annotated[str, shaped(r"^[a-z][a-z0-9-]*$", "order-book")]
UrlPath = Annotated[str, shaped(r"^/[^\s?#]*[^\s?#/]$", "/orders/open")]
Duration = Annotated[timedelta, PlainValidator(_duration)]
Service = Annotated[str, known("service")]
Role = Annotated[str, known("role")]
TierName = Annotated[str, known("tier")]
