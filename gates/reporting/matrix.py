"""A table of services and categories: how many checks of each came out how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gates.model.judgement import Judgement, Outcome, worst
from gates.reporting.redaction import one_line

_WORDS = {
    Outcome.PASS: "ok",
    Outcome.FAIL: "FAIL",
    Outcome.ERROR: "err",
    Outcome.INCONCLUSIVE: "open",
}
_CELL = 11
_NAME = 20
_INDENT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The categories, and for each service its cells: `ok 12`, `FAIL 2/12`, or nothing."""

    categories: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def matrix_of(judgements: Sequence[Judgement]) -> Matrix:
    """Return the table of services and categories; a waived judgement counts as `ok`."""
    found: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for one in judgements:
        outcome = Outcome.PASS if one.is_waived else one.outcome
        found[one.service, one.criterion.category].append(outcome)
    services = dict.fromkeys(service for service, _ in found)
    categories = tuple(dict.fromkeys(category for _, category in found))
    rows = tuple((s, tuple(_cell(found.get((s, c), [])) for c in categories)) for s in services)
    return Matrix(categories=categories, rows=rows)


def _cell(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return ""
    bad = worst(outcomes)
    if bad is Outcome.PASS:
        return f"ok {len(outcomes)}"
    return f"{_WORDS[bad]} {outcomes.count(bad)}/{len(outcomes)}"


def lines_of(matrix: Matrix, *, width: int) -> str:
    """Return the matrix as text of at most `width` columns; categories that do not fit go below."""
    fitting = max(1, (width - _INDENT - _NAME) // _CELL)
    blocks = []
    for first in range(0, len(matrix.categories), fitting):
        part = slice(first, first + fitting)
        head = _line("", matrix.categories[part])
        blocks.append("\n".join([head, *(_line(service, row[part]) for service, row in matrix.rows)]))
    return "\n".join(blocks)


def _line(name: str, row: Sequence[str]) -> str:
    shown = [_fit(text, _CELL - 1).ljust(_CELL) for text in row]
    return f"{' ' * _INDENT}{_fit(name, _NAME - 1).ljust(_NAME)}{''.join(shown)}".rstrip()


def _fit(text: str, width: int) -> str:
    text = one_line(text)
    return text if len(text) <= width else text[: width - 1] + "…"
