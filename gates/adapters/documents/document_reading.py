"""Reads documents: checks in one pass their shape, their types, and whether the words in them exist.

The services, roles and other words that exist come in through the validation context, so that
every problem of a file is found at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gates.adapters.documents.document_problems import Problem, refuse
from gates.adapters.documents.document_types import EXAMPLES, Envelope
from gates.adapters.documents.yaml_source import Location, Plain, Source, read_document
from gates.model.likeness import meant

Words = Mapping[str, Collection[str]]
"""What exists, by its kind: the services, roles, tiers and so on that a document may name."""
_NAMES = ("id", "name", "priority")
"""Keys by which the entries of a list are distinguished."""
_SETS = ("roles", "approvals", "allowedImpacts")
"""Lists of words in which a word stands once."""
_NAMED_BY_FILE = ("criteria", "environments", "runbooks")


def load(
    path: Path,
    kind: type[Envelope],
    words: Words,
    flaws: Callable[[Source, Any], Iterable[Problem]] | None = None,
) -> Any:
    """Return the `spec` of the document in a file.

    Args:
        path: the file.
        kind: the kind of document that is expected.
        words: the words that exist.
        flaws: returns what else is wrong with a spec whose parts are right.

    Raises:
        DocumentError: it cannot be read, or is wrong; every problem is named.
    """
    source = read_document(path)
    document, problems = validate(source, kind, words)
    if document is not None and flaws is not None:
        problems += flaws(source, document.spec)
    refuse(problems)
    return present(document).spec


def validate(source: Source, kind: type[Envelope], words: Words) -> tuple[Envelope | None, list[Problem]]:
    """Return the document and what is wrong with it; None when that keeps it from being read.

    Args:
        source: the text's value with its places.
        kind: the kind of document that is expected.
        words: the words that exist.
    """
    if source.value is None:
        return None, list(source.problems)
    document, found = None, [*_repeated(source, (), source.value)]
    try:
        # Strict JSON mode: lists become tuples and words become enums, and nothing else is converted.
        document = kind.model_validate_json(json.dumps(source.value), context=dict(words))
        found += _misnamed(source, document.metadata.name)
    except ValidationError as error:
        found += [_problem(source, kind, words, detail) for detail in error.errors(include_url=False)]
    told = {(problem.line, problem.column) for problem in source.problems}
    found = [problem for problem in found if (problem.line, problem.column) not in told]
    problems = [*source.problems, *found]
    return (None if source.problems else document), problems


def present(document: Envelope | None) -> Envelope:
    """Return a document that has no problems."""
    if document is None:
        raise AssertionError("a document without problems has a value")
    return document


def _repeated(source: Source, path: Location, value: Plain) -> Iterator[Problem]:
    """Yield each entry of a list whose name an earlier entry has."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _repeated(source, (*path, key), inner)
    elif isinstance(value, list):
        place, seen = str(path[-1]) if path else "the document", set[str]()
        for index, entry in enumerate(value):
            yield from _repeated(source, (*path, index), entry)
            name = _name_of(entry, place)
            if name and name in seen:
                yield source.problem((*path, index), f"'{name}' is listed twice in {place}")
            seen.add(name)


def _name_of(entry: Plain, place: str) -> str:
    if isinstance(entry, dict):
        return next((str(entry[key]) for key in _NAMES if key in entry), "")
    return entry if isinstance(entry, str) and place in _SETS else ""


def _misnamed(source: Source, name: str) -> list[Problem]:
    file = Path(source.path)
    if file.parent.name not in _NAMED_BY_FILE or name == file.stem:
        return []
    cause = f"'{name}' is in {file.name}: a document has the name of its file"
    return [source.problem(("metadata", "name"), cause)]


def _problem(source: Source, kind: type[BaseModel], words: Words, detail: ErrorDetails) -> Problem:
    location, path = detail["loc"], _written(source, detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            cause = f"unknown key '{location[-1]}'{meant(str(location[-1]), _keys_at(kind, location[:-1]))}"
            return source.problem(path, f"{_dotted(path[:-1])}{cause}", of_key=True)
        case "missing":
            return source.problem(path, f"{_dotted(path)}key '{location[-1]}' is missing", of_key=True)
        case _:
            return source.problem(path, f"{_dotted(path)}{_cause(path, words, detail)}")


def _cause(path: Location, words: Words, detail: ErrorDetails) -> str:
    written = json.dumps(detail["input"], default=str)[:80]
    cause = f"{detail['msg']}, got {written}"
    match detail["type"], detail.get("ctx", {}):
        case "unknown", {"kind": sort, "word": word}:
            cause = detail["msg"] + meant(word, words.get(sort, ()))
        case "enum" | "literal_error", {"expected": expected}:
            valid = re.findall(r"'([^']*)'", expected)
            cause = f"unknown value '{detail['input']}'{meant(str(detail['input']), valid)}"
        case "value_error", {"error": error}:
            cause = str(error)
        case sort, _ if sort in _SAID or _SECRET & set(path):
            cause = detail["msg"]
        case "string_pattern_mismatch", {"pattern": pattern} if pattern in EXAMPLES:
            cause = f"{written} has the wrong form; an example: {EXAMPLES[pattern]}"
    return cause


_SAID = ("duration", "reference", "empty")
_SECRET = {"identities", "notifications"}
"""Keys under which the secret itself may stand by mistake: what is written there is not shown."""


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
