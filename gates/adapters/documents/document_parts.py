"""What a document may hold, derived from the model's dataclasses: the shape of a value is written down once.

A key is the name of a field in camelCase, without `is_` and `has_`; `_s` is written as Seconds. A list needs
an entry if the model has no default for it, a text is not blank, a length of time is written as 15m, and
pairs are a mapping. What else a field must be stands in `document_rules`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, AwareDatetime, create_model

from gates.adapters.documents.document_rules import REQUIRED, RULES
from gates.adapters.documents.document_types import Duration, Envelope, Filled, Strict, Text

Keys = dict[str, tuple[Any, Any]]
"""What stands behind each key, by the name of its field, with `...` where it must be there, else None."""


def keys(
    kind: type[Any], *, only: Collection[str] = (), without: Collection[str] = (), optional: bool = False
) -> Keys:
    """Return the keys for the fields of a dataclass.

    Args:
        kind: the dataclass.
        only: the fields that a document says; all of them when not given.
        without: the fields that come from elsewhere.
        optional: whether each of them may be left out, whatever the dataclass demands.
    """
    hints, rules, found = get_type_hints(kind), RULES.get(kind, {}), Keys()
    for field in dataclasses.fields(kind):
        name = field.name
        if name in without or (only and name not in only):
            continue
        annotation = written(rules.get(name, hints[name]))
        is_needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if is_needed and get_origin(hints[name]) is tuple and not _is_pairs(hints[name]):
            annotation = Annotated[annotation, Filled]
        is_needed = not optional and (is_needed or name in REQUIRED.get(kind, ()))
        found[name] = annotation, ... if is_needed else None
    return found


def part(found: Keys, make: Callable[..., object] = dict) -> Any:
    """Return the type of a part of a document with these keys; `make` gets what is written, by field."""
    shape = create_model("Part", __base__=Strict, **found)  # type: ignore[call-overload]

    def made(given: Strict) -> object:
        return make(**{name: getattr(given, name) for name in given.model_fields_set})

    return Annotated[shape, AfterValidator(made)]


def document(kind: str, spec: Keys) -> type[Envelope]:
    """Return the type of the documents of a kind."""
    keys_of_all: dict[str, Any] = {"kind": (Literal[kind], ...), "spec": (part(spec), ...)}
    return create_model(kind, __base__=Envelope, **keys_of_all)


def entries(kind: Any) -> tuple[Any, Any]:
    """Return what stands behind a key whose list has an entry: a dataclass, or the type of a part."""
    return Annotated[tuple[written(kind), ...], Filled], ...  # type: ignore[misc]


def written(hint: Any) -> Any:
    """Return the type that a document has where the model has `hint`; a rule stays as it is."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _value(hint)
    if _is_pairs(hint):
        return written(dict[get_args(inner[0])])  # type: ignore[misc]
    if origin is dict:
        return Annotated[dict[tuple(map(written, inner))], AfterValidator(_pairs)]  # type: ignore[misc]
    if origin is tuple:
        return tuple[tuple(map(written, inner))]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return Union[tuple(map(written, inner))]  # noqa: UP007 - of as many as there are
    return _SCALARS.get(hint, hint)


_SCALARS: dict[Any, Any] = {str: Text, timedelta: Duration, datetime: AwareDatetime, NoneType: None}


@cache
def _value(kind: type[Any]) -> Any:
    return part(keys(kind), kind)


def _is_pairs(hint: Any) -> bool:
    inner = get_args(hint)
    return get_origin(hint) is tuple and get_origin(inner[0]) is tuple and inner[1:] == (...,)


def _pairs(mapping: dict[Any, Any]) -> tuple[tuple[Any, Any], ...]:
    return tuple(mapping.items())
