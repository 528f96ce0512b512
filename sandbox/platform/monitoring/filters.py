"""Monitoring filters: a conjunction of comparisons, read into a predicate over labels.

Source: https://cloud.google.com/monitoring/api/v3/filters. `OR`, `NOT` and parentheses are not emulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.platform.monitoring.errors import InvalidQueryError, NotEmulatedError

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>!=|=|[(),:<>]))"""
)
_SELECTOR: Final = re.compile(r"(metric|resource)\.(type|labels?\.\w+)")
_JUNCTIONS: Final = frozenset({"OR", "NOT"})
_OPERANDS: Final[Mapping[str, Callable[[str, list[str]], bool]]] = {
    "": lambda value, wanted: value == wanted[0],
    "one_of": lambda value, wanted: value in wanted,
    "starts_with": lambda value, wanted: value.startswith(wanted[0]),
    "ends_with": lambda value, wanted: value.endswith(wanted[0]),
    "has_substring": lambda value, wanted: wanted[0] in value,
    "monitoring.regex.full_match": lambda value, wanted: re.fullmatch(wanted[0], value) is not None,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One term: a label, whether it must or must not match, and what it is compared with."""

    label: str
    is_negated: bool
    function: str
    wanted: list[str]

    def holds_for(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy the term."""
        return _OPERANDS[self.function](labels.get(self.label, ""), self.wanted) is not self.is_negated


@dataclass(frozen=True, slots=True)
class Filter:
    """A conjunction of comparisons."""

    comparisons: tuple[Comparison, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy every term."""
        return all(comparison.holds_for(labels) for comparison in self.comparisons)

    def sole(self, label: str) -> str | None:
        """Return the value that `label` must equal, or None when the filter does not name exactly one."""
        named = [term for term in self.comparisons if term.label == label]
        if len(named) == 1 and not named[0].function and not named[0].is_negated:
            return named[0].wanted[0]
        return None

    @property
    def labels(self) -> frozenset[str]:
        """All labels that the filter names."""
        return frozenset(comparison.label for comparison in self.comparisons)


def plural(field: str) -> str:
    """Return a field with `label.` written as `labels.`: the API takes both."""
    return field.replace(".label.", ".labels.", 1)


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Raises:
        InvalidQueryError: it is not well formed.
        NotEmulatedError: it is more than a conjunction.
    """
    tokens = _Tokens(text)
    comparisons = []
    while not tokens.is_done:
        comparisons.append(_comparison(tokens))
        if tokens.peek() == "AND":
            tokens.take("AND")
            if tokens.is_done:
                raise tokens.invalid("a term after AND")
    return Filter(tuple(comparisons))


class _Tokens:
    """The filter's tokens, read from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._tokens: list[str] = []
        position = 0
        while position < len(self._text):
            match = _TOKEN.match(self._text, position)
            if match is None:
                raise self.invalid(f"a term at {self._text[position:]!r}")
            self._tokens.append(match[match.lastgroup or 0])
            position = match.end()
        self._tokens.reverse()

    @property
    def is_done(self) -> bool:
        return not self._tokens

    def peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def take(self, *wanted: str) -> str:
        if wanted and self.peek() not in wanted:
            raise self.invalid(f"{' or '.join(wanted)} instead of {self.peek()!r}")
        return self._tokens.pop() if self._tokens else ""

    def take_text(self) -> str:
        token = self.take()
        if token[:1] not in {'"', "'"}:
            raise self.invalid(f"a quoted string instead of {token!r}")
        return re.sub(r"\\(.)", r"\1", token[1:-1])

    def invalid(self, expected: str) -> InvalidQueryError:
        return InvalidQueryError(f"Could not parse filter {self._text!r}: expected {expected}.")


def _comparison(tokens: _Tokens) -> Comparison:
    word = tokens.take()
    if word in _JUNCTIONS or word == "(" or tokens.peek() in _JUNCTIONS:
        raise NotEmulatedError("filters with OR, NOT or parentheses are not emulated")
    if _SELECTOR.fullmatch(word) is None:
        raise tokens.invalid(f"metric.type, resource.type or a label instead of {word!r}")
    is_negated = tokens.take("=", "!=") == "!="
    function, wanted = _operand(tokens)
    return Comparison(plural(word), is_negated, function, wanted)


def _operand(tokens: _Tokens) -> tuple[str, list[str]]:
    if tokens.peek()[:1] in {'"', "'"}:
        return "", [tokens.take_text()]
    function = tokens.take(*(name for name in _OPERANDS if name))
    tokens.take("(")
    wanted = [tokens.take_text()]
    while function == "one_of" and tokens.peek() == ",":
        tokens.take(",")
        wanted.append(tokens.take_text())
    tokens.take(")")
    if function == "monitoring.regex.full_match":
        _require_regex(wanted[0])
    return function, wanted


def _require_regex(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise InvalidQueryError(f"The regular expression {pattern!r} is not valid: {error}.") from error
