"""What a served OpenAPI document says otherwise than the pinned one, seen from the clients that exist.

A client may send what it sent before and read what it read before: whatever breaks one of the two is a
break. What only adds (an operation, an optional field, a further status) is an addition. Names of models,
titles and wording are nobody's contract: references are followed and wording is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_WORDING = frozenset({"title", "description", "summary", "tags", "example", "examples", "externalDocs"})
_BY_NAME = frozenset({"properties", "responses", "content", "headers", "links"})
"""Objects whose members have names of their own: one more is an addition, not another meaning."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the two documents differ."""

    where: str
    what: str
    is_break: bool

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def differences(pinned: Mapping[str, Any], served: Mapping[str, Any]) -> list[Difference]:
    """Compare two documents operation by operation, breaks first."""
    found = list(_Comparison(pinned, served).operations())
    return sorted(found, key=lambda one: (not one.is_break, one.where, one.what))


class _Comparison:
    def __init__(self, pinned: Mapping[str, Any], served: Mapping[str, Any]) -> None:
        self._pinned, self._served = pinned, served
        self._met: set[tuple[str, str, bool]] = set()

    def operations(self) -> Iterator[Difference]:
        before, after = _operations(self._pinned), _operations(self._served)
        for name in before.keys() | after.keys():
            if name not in after:
                yield Difference(name, "is gone", is_break=True)
            elif name not in before:
                yield Difference(name, "is new", is_break=False)
            else:
                yield from self._operation(name, before[name], after[name])

    def _operation(self, where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        self._met.clear()
        yield from self._parameters(where, _named(old), _named(new))
        yield from self._body(where, old.get("requestBody"), new.get("requestBody"))
        rest = {"responses", "parameters", "requestBody", *_WORDING}
        yield from self._values(
            f"{where} responses", old.get("responses", {}), new.get("responses", {}), is_sent=False
        )
        for name in (old.keys() | new.keys()) - rest:
            yield from self._values(f"{where} {name}", old.get(name), new.get(name), is_sent=False)

    def _parameters(self, where: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        for name in old.keys() | new.keys():
            place = f"{where} parameter {name}"
            if name not in new:
                yield Difference(place, "is gone", is_break=True)
            elif name not in old:
                yield Difference(place, "is new", is_break=bool(new[name].get("required")))
            else:
                yield from self._required(place, old[name], new[name])
                yield from self._values(place, _plain(old[name]), _plain(new[name]), is_sent=True)

    def _body(self, where: str, old: Any, new: Any) -> Iterator[Difference]:
        place = f"{where} body"
        old, new = (part if isinstance(part, dict) else None for part in (old, new))
        if old is None or new is None:
            if old is not new:
                is_break = new is None or bool(new.get("required"))
                yield Difference(place, "is gone" if new is None else "is new", is_break=is_break)
            return
        yield from self._required(place, old, new)
        yield from self._values(place, _plain(old), _plain(new), is_sent=True)

    def _required(self, place: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        before, after = bool(old.get("required")), bool(new.get("required"))
        if before is not after:
            word = "is required now" if after else "is optional now"
            yield Difference(place, word, is_break=after)

    def _values(self, where: str, old: Any, new: Any, *, is_sent: bool) -> Iterator[Difference]:
        """Compare two values; `is_sent` says whether clients send them or read them."""
        references = (_reference(old), _reference(new))
        if any(references):
            if (key := (*references, is_sent)) in self._met:
                return
            self._met.add(key)
            old, new = _followed(old, self._pinned), _followed(new, self._served)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._objects(where, old, new, is_sent=is_sent)
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            for index, (before, after) in enumerate(zip(_ordered(old), _ordered(new), strict=True)):
                yield from self._values(f"{where}[{index}]", before, after, is_sent=is_sent)
        elif old != new or type(old) is not type(new):
            yield Difference(where, f"was {_short(old)}, is {_short(new)}", is_break=True)

    def _objects(
        self, where: str, old: dict[str, Any], new: dict[str, Any], *, is_sent: bool
    ) -> Iterator[Difference]:
        is_by_name = where.rsplit(" ", 1)[-1] in _BY_NAME
        for name in old.keys() | new.keys():
            if name in _WORDING and not is_by_name:
                continue
            place = f"{where} {name}"
            if name == "required" and not is_by_name:
                yield from _required_members(where, old.get(name, []), new.get(name, []), is_sent=is_sent)
            elif name not in new:
                yield Difference(place, "is gone", is_break=True)
            elif name not in old:
                yield Difference(place, "is new", is_break=not is_by_name)
            else:
                yield from self._values(place, old[name], new[name], is_sent=is_sent)


def _required_members(where: str, old: Any, new: Any, *, is_sent: bool) -> Iterator[Difference]:
    before, after = _words(old), _words(new)
    for name in sorted(before ^ after):
        is_demanded = name in after
        word = "is required now" if is_demanded else "is optional now"
        yield Difference(f"{where} {name}", word, is_break=is_demanded is is_sent)


def _operations(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    paths = document.get("paths")
    return {
        f"{method.upper()} {path}": operation
        for path, item in (paths.items() if isinstance(paths, dict) else ())
        if isinstance(item, dict)
        for method, operation in item.items()
        if method in METHODS and isinstance(operation, dict)
    }


def _named(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    given = operation.get("parameters")
    found = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return {f"{one.get('in')} {one.get('name')}": one for one in found}


def _plain(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "required"}


def _reference(value: Any) -> str:
    return str(value.get("$ref", "")) if isinstance(value, dict) else ""


def _followed(value: Any, document: Mapping[str, Any]) -> Any:
    if not (reference := _reference(value)):
        return value
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found


def _words(value: Any) -> set[str]:
    return {word for word in value if isinstance(word, str)} if isinstance(value, list) else set()


def _ordered(values: list[Any]) -> list[Any]:
    """Return choices in an order of their own: `enum`, `type` and `anyOf` mean the same in any order."""
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True))


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:57]}..."
