"""YAML text as plain values that remember where they were written.

Only what JSON also has is accepted: no anchors, no aliases, no tags of one's own, no repeated key, no number
that is not finite. Everything that is wrong is collected, so that a person mends a file in one go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gates.adapters.documents.document_problems import Problem
from gates.errors import DocumentError

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None
Location = tuple[str | int, ...]

MAXIMUM_CHARACTERS = 1_000_000
"""A document of a person is far smaller; a larger one is a mistake or an attack."""

_LONGEST_NUMBER = 40
_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, both counted from one."""

    line: int
    column: int


@dataclass(slots=True)
class Source:
    """One document: its value, the place of every value and key in it, and what is wrong with its text."""

    path: str
    value: Plain = None
    values: dict[Location, Place] = field(default_factory=dict)
    keys: dict[Location, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Location, *, of_key: bool = False) -> Place:
        """Return where the value (or its key) is written, or the nearest enclosing one."""
        if of_key and path in self.keys:
            return self.keys[path]
        for length in range(len(path), -1, -1):
            if path[:length] in self.values:
                return self.values[path[:length]]
        return Place(1, 1)

    def problem(self, path: Location, cause: str, *, of_key: bool = False) -> Problem:
        """Return a problem at the place of that value."""
        place = self.place(path, of_key=of_key)
        return Problem(path=self.path, line=place.line, column=place.column, cause=cause)


def read_document(path: Path) -> Source:
    """Return the document in a file.

    Raises:
        DocumentError: it cannot be read, or is not UTF-8; what is wrong with its text is in `problems`.
    """
    try:
        return read_yaml(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror}", path=str(path)) from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"not UTF-8 at byte {error.start}", path=str(path)) from error


def read_yaml(text: str, path: str) -> Source:
    """Return the document in `text`; `path` is what its problems are reported under."""
    source = Source(path)
    if len(text) > MAXIMUM_CHARACTERS:
        source.problems.append(Problem(path, 1, 1, f"longer than {MAXIMUM_CHARACTERS:,} characters"))
        return source
    try:
        root = _composed(text)
        source.value = None if root is None else _Reader(source).read(root, ())
    except MarkedYAMLError as error:
        source.problems.append(_syntax_problem(error, path))
        return source
    except YAMLError as error:
        source.problems.append(Problem(path, 1, 1, f"not YAML: {' '.join(str(error).split())}"))
        return source
    except RecursionError:
        source.problems.append(Problem(path, 1, 1, "nested too deeply"))
        return source
    if root is None:
        source.problems.append(Problem(path, 1, 1, "the document is empty"))
    return source


@lru_cache(maxsize=64)
def _composed(text: str) -> Node | None:
    """Return the tree of a text, for reading only: composing is slow, and documents are read repeatedly."""
    root: Node | None = YAML(typ="safe", pure=True).compose(text)
    return root


def _syntax_problem(error: MarkedYAMLError, path: str) -> Problem:
    place = _place(error.problem_mark or error.context_mark)
    cause = ", ".join(part for part in (error.context, error.problem) if part)
    return Problem(path, place.line, place.column, f"not YAML: {cause}")


def _place(mark: StreamMark | None) -> Place:
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8: an escape can smuggle half a surrogate pair into a string."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


class _Reader:
    """Turns nodes into plain values, noting places and problems in the source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, node: Node, path: Location) -> Plain:
        self._source.values.setdefault(path, _place(node.start_mark))
        if node.anchor is not None:
            return self._refuse(node, "anchors and aliases are not allowed: write the value out")
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: Location) -> Plain:
        mapping: dict[str, Plain] = {}
        for key, child in node.value:
            if not isinstance(key, ScalarNode) or not _is_text(key.value):
                self._refuse(key, "a key is a word")
            elif key.value in mapping:
                first = self._source.keys[*path, key.value]
                self._refuse(key, f"key '{key.value}' is written twice, first in line {first.line}")
            else:
                self._source.keys[*path, key.value] = _place(key.start_mark)
                mapping[key.value] = self.read(child, (*path, key.value))
        return mapping

    def _scalar(self, node: Node) -> Plain:
        match str(node.tag).removeprefix(_CORE):
            case "str" | "timestamp":
                return str(node.value) if _is_text(node.value) else self._refuse(node, "not valid Unicode")
            case "null":
                return None
            case "bool":
                return str(node.value).lower() == "true"
            case "int" | "float" as kind:
                return self._number(node, int if kind == "int" else float)
            case tag:
                return self._refuse(node, f"tag {tag} is not allowed")

    def _number(self, node: Node, kind: type[int | float]) -> Plain:
        if len(node.value) > _LONGEST_NUMBER:
            return self._refuse(node, "a number of that many digits is a mistake")
        try:
            number = kind(node.value)
        except ValueError:
            return self._refuse(node, f"{node.value} is not a finite decimal number")
        return number if math.isfinite(number) else self._refuse(node, f"{node.value} is not a finite number")

    def _refuse(self, node: Node, cause: str) -> Plain:
        place = _place(node.start_mark)
        self._source.problems.append(Problem(self._source.path, place.line, place.column, cause))
        return None
