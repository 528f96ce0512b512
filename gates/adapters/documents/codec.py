"""Model values to JSON documents and back: strict, deterministic, nothing dropped on the way.

Reading refuses unknown keys, duplicate keys, wrong types, NaN, infinities and times without a zone. Writing
gives the same bytes for equal values: keys sorted, no white space, times in UTC, and a whole number written
without a fraction (as RFC 8785 does), so that a digest of the bytes is a digest of the value.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache, singledispatch
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args, get_type_hints

from gates.errors import DocumentError, GateError
from gates.model.evidence import Evidence, EvidenceBundle

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A JSON document as plain Python values."""

_EXACT_INTEGERS = 2**53
"""Above this a double no longer holds every whole number."""
_SHOWN_PROBLEMS = 5


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _BundleEnd:
    """The last line of an evidence file: without it the file was cut off."""

    end: Literal["evidence"]
    count: int
    digest: str
    flaws: tuple[str, ...]


@singledispatch
def encode(value: object) -> Json:
    """Return `value` as plain JSON values.

    Raises:
        ValueError: a number is not finite, a time has no zone, or a text is not Unicode.
        TypeError: a value of a type that no document holds.
    """
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"no document holds a {type(value).__name__}")
    return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}


@encode.register(bool | None)
def _(value: bool | None) -> Json:  # noqa: FBT001 - a JSON scalar, no switch
    return value


@encode.register
def _(value: int) -> Json:
    return int(value)


@encode.register
def _(value: float) -> Json:
    if not math.isfinite(value):
        raise ValueError(f"a document holds finite numbers only, got {value}")
    return int(value) if value.is_integer() and abs(value) < _EXACT_INTEGERS else value


@encode.register
def _(value: str) -> Json:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"a text with a lone surrogate at {error.start} must be cleaned first") from error
    return str(value)


@encode.register
def _(value: datetime) -> Json:
    if value.utcoffset() is None:
        raise ValueError(f"a time without a zone means nothing in a document: {value}")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@encode.register
def _(value: date) -> Json:
    return value.isoformat()


@encode.register
def _(value: timedelta) -> Json:
    return str(_adapter(timedelta).dump_python(value, mode="json"))


@encode.register(tuple | list)
def _(value: tuple[object, ...] | list[object]) -> Json:
    return [encode(item) for item in value]


@encode.register
def _(value: dict) -> Json:  # type: ignore[type-arg]  # dispatch knows the bare class only
    return {str(key): encode(item) for key, item in value.items()}


def canonical(document: Json) -> bytes:
    """Return the one byte string of a JSON document: sorted keys, no white space, UTF-8.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest(value: object) -> str:
    """Return `sha256:<hex>` of the canonical bytes of a value or of a plain document."""
    return digest_of(canonical(encode(value)))


def digest_of(content: bytes) -> str:
    """Return `sha256:<hex>` of bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def decode(kind: type[T], text: str | bytes, *, source: str, line: int = 1) -> T:
    """Return the value of type `kind` that a JSON text holds; `source` and `line` say where it stands.

    Raises:
        DocumentError: no JSON, a key twice, or anything that `kind` does not allow.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - whoever only writes needs no pydantic

    text = _of_today(text)
    _refuse_ambiguous(text, source, line)
    try:
        value: T = _adapter(cast("Any", kind)).validate_json(text)
        encode(value)
    except ValidationError as error:
        raise DocumentError(_problems(kind, error), path=source, line=line, next_step=_NEXT) from error
    except ValueError as error:
        raise DocumentError(str(error), path=source, line=line, next_step=_NEXT) from error
    return value


def _of_today(text: str | bytes) -> bytes:
    """Return the text with the names that a key had before: an unfinished rollback outlives an update."""
    content = text.encode() if isinstance(text, str) else text
    return content.replace(b'"is_condemned":', b'"is_quarantined":')


_NEXT = "write the document with the gate; do not edit it by hand"


def _refuse_ambiguous(text: str | bytes, source: str, line: int) -> None:
    try:
        json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"not JSON: {error.msg}", path=source, line=line + error.lineno - 1, column=error.colno
        ) from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not usable: {error}", path=source, line=line, next_step=_NEXT) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _problems(kind: type[Any], error: ValidationError) -> str:
    """Say what is wrong and where, without repeating the document's content."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    lines = [f"{'.'.join(map(str, item['loc'])) or 'document'}: {item['msg']}" for item in found]
    more = f" (+{len(lines) - _SHOWN_PROBLEMS} more)" if len(lines) > _SHOWN_PROBLEMS else ""
    return f"not a {kind.__name__}: " + "; ".join(lines[:_SHOWN_PROBLEMS]) + more


def encode_bundle(bundle: EvidenceBundle) -> bytes:
    """Return evidence as JSON lines, one observation each, closed by a line that counts them."""
    lines = [canonical(encode(item)) for item in bundle.items]
    body = b"".join(line + b"\n" for line in lines)
    end = _BundleEnd(end="evidence", count=len(lines), digest=digest_of(body), flaws=bundle.flaws)
    return body + canonical(encode(end)) + b"\n"


def decode_bundle(content: bytes, *, source: str) -> EvidenceBundle:
    """Return the evidence that JSON lines hold.

    Raises:
        DocumentError: the file was cut off or changed, or a line is no evidence.
    """
    lines = content.split(b"\n")
    if len(lines) < 2 or lines[-1]:  # noqa: PLR2004 - the closing line and the end of it
        raise DocumentError("cut off: the closing line is missing", path=source, next_step=_COLLECT)
    end = decode(_BundleEnd, lines[-2], source=source, line=len(lines) - 1)
    body = b"".join(line + b"\n" for line in lines[:-2])
    if (end.count, end.digest) != (len(lines) - 2, digest_of(body)):
        raise DocumentError("changed after it was written: count or digest differs", path=source)
    items = (decode(Evidence, line, source=source, line=n) for n, line in enumerate(lines[:-2], start=1))
    return EvidenceBundle(items=tuple(items), flaws=end.flaws)


_COLLECT = "collect the evidence again"


def encode_lines(values: Iterable[object]) -> bytes:
    """Return values as JSON lines."""
    return b"".join(canonical(encode(value)) + b"\n" for value in values)


def decode_lines(kind: type[T], content: bytes, *, source: str) -> tuple[T, ...]:
    """Return the values of type `kind` that JSON lines hold.

    Raises:
        DocumentError: the last line was cut off, or a line is no `kind`.
    """
    lines = content.split(b"\n")
    if lines.pop():
        raise DocumentError("cut off in the middle of its last line", path=source, line=len(lines) + 1)
    return tuple(decode(kind, line, source=source, line=n) for n, line in enumerate(lines, start=1))


def json_schema(kind: type[Any], *, title: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the documents that hold a `kind`."""
    schema = _adapter(cast("Any", kind)).json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter, with_config  # noqa: PLC0415

    strict = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
    try:
        for record in _records(kind):
            with_config(strict)(record)
        return TypeAdapter(kind)
    except NameError as error:  # an annotation that cannot be resolved is a defect, said as one
        raise GateError(f"{kind.__name__} cannot be read: {error}") from error


def _records(kind: Any, seen: frozenset[Any] = frozenset()) -> frozenset[Any]:
    """Return every dataclass that a value of type `kind` can hold.

    A dataclass does not hand its strictness down, so each of them is configured.
    """
    if kind in seen:
        return seen
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        for part in get_args(kind):
            seen = _records(part, seen)
        return seen
    seen |= {kind}
    for part in get_type_hints(kind).values():
        seen = _records(part, seen)
    return seen
