"""Monitoring filters: a conjunction of comparisons, read into a predicate over labels.

Source: https://cloud.google.com/monitoring/api/v3/filters. `OR`, `NOT` and parentheses are not emulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.platform.api_errors import not_emulated, refused

_FUNCTIONS: Final[Mapping[str, Callable[[str, list[str]], bool]]] = {
    "": lambda value, wanted: value == wanted[0],
    "one_of": lambda value, wanted: value in wanted,
    "starts_with": lambda value, wanted: value.startswith(wanted[0]),
    "ends_with": lambda value, wanted: value.endswith(wanted[0]),
    "has_substring": lambda value, wanted: wanted[0] in value,
    "monitoring.regex.full_match": lambda value, wanted: re.fullmatch(wanted[0], value) is not None,
}
_TEXT: Final = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_CALL: Final = rf"(?P<function>{'|'.join(map(re.escape, filter(None, _FUNCTIONS)))})\s*\("
_TERM: Final = re.compile(
    r"\s*(?P<label>(?:metric|resource)\.(?:type|labels?\.\w+))\s*(?P<sign>!?=)\s*"
    rf"(?:{_CALL}\s*(?P<many>{_TEXT}(?:\s*,\s*{_TEXT})*)\s*\)|(?P<one>{_TEXT}))\s*(?:AND\b(?=\s*\S))?"
)
_NOT_EMULATED: Final = re.compile(r"\b(?:OR|NOT)\b|\(")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One term: a label, whether it must or must not match, and what it is compared with."""

    label: str
    is_negated: bool
    function: str
    wanted: list[str]

    def holds_for(self, labels: Mapping[str, str]) -> bool:
        return _FUNCTIONS[self.function](labels.get(self.label, ""), self.wanted) is not self.is_negated


@dataclass(frozen=True, slots=True)
class Filter:
    """A conjunction of comparisons."""

    comparisons: tuple[Comparison, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        return all(comparison.holds_for(labels) for comparison in self.comparisons)

    def sole(self, label: str) -> str | None:
        """Return the value that `label` must equal, or None when the filter does not name exactly one."""
        named = [term for term in self.comparisons if term.label == label]
        if len(named) == 1 and not named[0].function and not named[0].is_negated:
            return named[0].wanted[0]
        return None

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(comparison.label for comparison in self.comparisons)


def plural(field: str) -> str:
    """Return a field with `label.` written as `labels.`: the API takes both."""
    return field.replace(".label.", ".labels.", 1)


def parse_filter(text: str) -> Filter:
    """Read a filter.

    Raises:
        ApiError: INVALID_ARGUMENT, it is not well formed; UNIMPLEMENTED, it is more than a conjunction.
    """
    if _NOT_EMULATED.search(re.sub(_CALL, "", re.sub(_TEXT, '""', text))):
        raise not_emulated("A filter with OR, NOT or parentheses")
    comparisons, position, text = [], 0, text.strip()
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise refused(f"Could not parse filter {text!r}: no comparison at {text[position:]!r}.")
        comparisons.append(_comparison(match))
        position = match.end()
    return Filter(tuple(comparisons))


def _comparison(match: re.Match[str]) -> Comparison:
    function = match["function"] or ""
    wanted = [
        re.sub(r"\\(.)", r"\1", quoted[1:-1]) for quoted in re.findall(_TEXT, match["many"] or match["one"])
    ]
    if len(wanted) > 1 and function != "one_of":
        raise refused(f"Could not parse filter: {function} takes one value.")
    if function == "monitoring.regex.full_match":
        try:
            re.compile(wanted[0])
        except re.error as error:
            raise refused(f"The regular expression {wanted[0]!r} is not valid: {error}.") from error
    return Comparison(plural(match["label"]), match["sign"] == "!=", function, wanted)
