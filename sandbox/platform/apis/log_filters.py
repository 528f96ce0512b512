"""Filters of Cloud Logging: a conjunction of comparisons over a log entry's fields.

Source: https://cloud.google.com/logging/docs/view/logging-query-language. `OR`, `NOT`, `-`, parentheses and
global searches are not emulated.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from google.logging.type import log_severity_pb2

from sandbox.platform.api_errors import ApiError, Code, Violation, invalid

_TERM: Final = re.compile(
    r'\s*(?P<field>[A-Za-z_][\w.]*(?:\."[^"]+")*)\s*(?P<sign>>=|<=|!=|=~|!~|[=:<>])\s*'
    r'(?P<value>"(?:[^"\\]|\\.)*"|[^\s()"]+)\s*(?:AND\b)?'
)
_ROOTS: Final = frozenset(
    {"logName", "resource", "severity", "timestamp", "labels", "jsonPayload", "textPayload", "httpRequest"}
    | {"insertId", "trace", "spanId", "protoPayload"}
)
_NOT_EMULATED: Final = re.compile(r"\b(?:OR|NOT)\b|[()]|(?:^|\s)-\w")
SEVERITIES: Final = tuple(log_severity_pb2.LogSeverity.keys())
_ORDERED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_MATCHES: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ":": lambda text, wanted: wanted == "*" or wanted.lower() in text.lower(),
    "=~": lambda text, wanted: re.search(wanted, text) is not None,
    "!~": lambda text, wanted: re.search(wanted, text) is None,
}

Read = Callable[[str], object]
"""Gives the value of an entry's field by its path; None where the entry has none."""


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison."""

    field: str
    sign: str
    wanted: str

    def holds(self, read: Read) -> bool:
        """Whether an entry satisfies the term; a field that is not there satisfies only `!=`."""
        seen = read(self.field)
        if seen is None:
            return self.sign in ("!=", "!~")
        if self.sign in _ORDERED:
            return self._is_ordered(seen)
        return _MATCHES[self.sign](_text(seen), self.wanted)

    def _is_ordered(self, seen: object) -> bool:
        compare = _ORDERED[self.sign]
        if self.field == "timestamp":
            return compare(float(str(seen)), moment(self.wanted))
        if self.field == "severity":
            return compare(SEVERITIES.index(str(seen)), SEVERITIES.index(self.wanted.upper()))
        try:
            return compare(float(str(seen)), float(self.wanted))
        except ValueError:
            return compare(_text(seen), self.wanted)


def _text(seen: object) -> str:
    return (
        str(seen).lower() if isinstance(seen, bool) else f"{seen:g}" if isinstance(seen, float) else str(seen)
    )


def moment(text: str) -> float:
    """Return an RFC 3339 time as unix seconds; raise ApiError INVALID_ARGUMENT."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid([Violation("filter", f"'{text}' is not a timestamp")]) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def parse(text: str) -> tuple[Term, ...]:
    """Read a filter.

    Raises:
        ApiError: INVALID_ARGUMENT when it is not well formed, UNIMPLEMENTED when it is more than emulated.
    """
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    if _NOT_EMULATED.search(bare):
        raise ApiError(Code.UNIMPLEMENTED, "filters with OR, NOT or parentheses are not emulated")
    terms, position = [], 0
    stripped = text.strip()
    while position < len(stripped):
        match = _TERM.match(stripped, position)
        if match is None:
            raise invalid([Violation("filter", f"cannot be read at '{stripped[position:]}'")])
        terms.append(_term(match))
        position = match.end()
    return tuple(terms)


def _term(match: re.Match[str]) -> Term:
    field, sign, value = match["field"], match["sign"], match["value"]
    if field.partition(".")[0] not in _ROOTS:
        raise invalid([Violation("filter", f"field '{field}' is not known")])
    wanted = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
    if field == "severity" and wanted.upper() not in SEVERITIES:
        raise invalid([Violation("filter", f"'{wanted}' is not a severity")])
    if field == "timestamp":
        moment(wanted)
    if sign in ("=~", "!~"):
        try:
            re.compile(wanted)
        except re.error as error:
            raise invalid([Violation("filter", f"'{wanted}' is not a regular expression")]) from error
    return Term(field=field, sign=sign, wanted=wanted)
