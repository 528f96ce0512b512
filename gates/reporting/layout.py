"""Lines that fit a terminal: names stay whole, sentences are wrapped."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NARROWEST = 40
"""A narrower width is taken for a wrong answer of the terminal."""
_LEAST_TEXT = 30
_INDENT = 6


@dataclass(frozen=True, slots=True)
class Row:
    """Columns that stay in one piece, `head`, and a text beside them that may be wrapped."""

    head: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A line that is never wrapped: a command to copy, or a path."""

    text: str


Line = Row | Verbatim | str
"""A plain text is wrapped, and goes on two columns further in than it began."""


def fitted(lines: Iterable[Line], width: int) -> list[str]:
    """Return the lines as they are printed at that width."""
    limit = max(width, NARROWEST)
    return [shown for line in lines for shown in _fit(line, limit)]


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return aligned columns below their heading."""
    lines = [heading, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def short_revision(revision: str, cloud_name: str) -> str:
    """Return the revision's name without the service's name, which is shown beside it."""
    return revision.removeprefix(f"{cloud_name}-") or revision


def _fit(line: Line, width: int) -> list[str]:
    if isinstance(line, Verbatim):
        return [line.text]
    if isinstance(line, str):
        indent = len(line) - len(line.lstrip())
        return _wrapped(line.strip(), " " * indent, " " * (indent + 2), width)
    longest = max(map(len, line.text.split()), default=0)
    if width - len(line.head) >= max(_LEAST_TEXT, min(longest, width - _INDENT)):
        return _wrapped(line.text, line.head, " " * len(line.head), width)
    return [line.head.rstrip(), *_wrapped(line.text, " " * _INDENT, " " * _INDENT, width)]


def _wrapped(text: str, first: str, rest: str, width: int) -> list[str]:
    found = textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=True,
        break_on_hyphens=False,
    )
    return [line.rstrip() for line in found] or [first.rstrip()]
