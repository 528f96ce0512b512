"""What every document has in common: its envelope, its strictness, and the words of the platform.

A document is checked in one pass: shape, types and whether the services, roles and tiers that it names exist.
The words that exist come in through the validation context, so that every problem of a file is found at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from gates.adapters.documents.document_problems import Problem
from gates.adapters.documents.yaml_source import Location, Source
from gates.model.likeness import meant

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(0|[1-9][0-9]{0,5})([smhd])")


API_VERSION = "release-gate/v1"
"""What a document says first; `gates.COMPANY.com/v1` of older documents is still read."""
_EXAMPLES: dict[str, str] = {}


def shaped(pattern: str, example: str) -> StringConstraints:
    """Return a constraint: the text matches `pattern`; a message about one that does not shows `example`."""
    _EXAMPLES[pattern] = example
    return StringConstraints(pattern=pattern)


class Strict(BaseModel):
    """A part of a document: unknown keys, wrong types, NaN and infinities are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        alias_generator=to_camel,
        defer_build=True,  # a command pays for the documents that it reads
    )


class Metadata(Strict):
    """The name of what a document describes."""

    name: Annotated[str, shaped(r"^[a-z][a-z0-9-]*$", "order-book")]


class Envelope(Strict):
    """The keys at the top of every document; each kind adds its `kind` and `spec`."""

    api_version: Annotated[str, shaped(r"^(release-gate|gates\.[a-z0-9-]+\.com)/v1$", API_VERSION)]
    metadata: Metadata


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError(
            "duration",
            "'{value}' is not a duration: a whole number and s, m, h or d, like 15m",
            {"value": value},
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


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
Word = Annotated[str, shaped(r"^[a-z][a-z0-9-]*$", "order-book")]
UrlPath = Annotated[str, shaped(r"^/[^\s?#]*[^\s?#/]$", "/orders/open")]
Duration = Annotated[timedelta, PlainValidator(_duration)]
Service = Annotated[str, known("service")]
Role = Annotated[str, known("role")]
TierName = Annotated[str, known("tier")]

Document = TypeVar("Document", bound=Envelope)


def validate(
    source: Source, kind: type[Document], words: Mapping[str, Collection[str]]
) -> tuple[Document | None, list[Problem]]:
    """Return the document, or None and everything that is wrong with it.

    Args:
        source: the text's value with its places.
        kind: the kind of document that is expected.
        words: the services, roles and tiers that exist.
    """
    if source.value is None:
        return None, list(source.problems)
    try:
        # Strict JSON mode: lists become tuples and words become enums, and nothing else is converted.
        document = kind.model_validate_json(json.dumps(source.value), context=dict(words))
    except ValidationError as error:
        found = [_problem(source, kind, words, detail) for detail in error.errors(include_url=False)]
        told = {(problem.line, problem.column) for problem in source.problems}
        fresh = [problem for problem in found if (problem.line, problem.column) not in told]
        return None, [*source.problems, *fresh]
    return (None if source.problems else document), list(source.problems)


def _problem(
    source: Source, kind: type[BaseModel], words: Mapping[str, Collection[str]], detail: ErrorDetails
) -> Problem:
    path = _written(source, detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            key = str(detail["loc"][-1])
            cause = f"unknown key '{key}'" + meant(key, _keys_at(kind, detail["loc"][:-1]))
            return source.problem(path, f"{_dotted(path[:-1])}{cause}", of_key=True)
        case "missing":
            return source.problem(path, f"{_dotted(path)}key '{detail['loc'][-1]}' is missing", of_key=True)
        case "unknown":
            context: dict[str, Any] = detail["ctx"]
            cause = detail["msg"] + meant(context["word"], words.get(context["kind"], ()))
        case "enum" | "literal_error":
            valid = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
            cause = f"unknown value '{detail['input']}'" + meant(str(detail["input"]), valid)
        case "duration" | "template" | "reference" | "empty":
            cause = detail["msg"]
        case _ if "secretRef" in path:  # what stands there by mistake may be the secret itself
            cause = detail["msg"]
        case "string_pattern_mismatch" if example := _EXAMPLES.get(detail["ctx"]["pattern"]):
            cause = f"{json.dumps(detail['input'])[:80]} has the wrong form; an example: {example}"
        case _:
            cause = f"{detail['msg']}, got {json.dumps(detail['input'], default=str)[:80]}"
    return source.problem(path, f"{_dotted(path)}{cause}")


def _written(source: Source, location: tuple[str | int, ...]) -> Location:
    """Return the part of pydantic's location that exists in the text: it adds tags of unions."""
    path: Location = ()
    for step in location:
        if (*path, step) in source.values:
            path = (*path, step)
    return path


def _dotted(path: Location) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    return f"{text}: " if text else ""


def _keys_at(kind: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """Return the keys that are valid in the part of the document at `location`."""
    part: type[BaseModel] | None = kind
    for step in location:
        if part is None:
            return []
        by_alias = {field.alias: field.annotation for field in part.model_fields.values()}
        part = _part_in(by_alias[str(step)]) if str(step) in by_alias else part
    return [] if part is None else [field.alias or "" for field in part.model_fields.values()]


def _part_in(annotation: Any) -> type[BaseModel] | None:
    """Return the document part inside an annotation such as `tuple[Part, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inside = (_part_in(argument) for argument in getattr(annotation, "__args__", ()))
    return next((part for part in inside if part is not None), None)
