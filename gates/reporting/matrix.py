"""Services against categories: the whole picture in a few lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gates.model.judgement import Outcome, worst
from gates.reporting.redaction import one_line
from gates.reporting.verdict_document import Entry, VerdictDocument

_WORDS = {
    Outcome.PASS: "ok",
    Outcome.FAIL: "FAIL",
    Outcome.ERROR: "err",
    Outcome.INCONCLUSIVE: "open",
}
_CELL = 11
_NAME = 20
_INDENT = 2


def cells(document: VerdictDocument) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return the categories, and for each service its cells: `ok 12`, `FAIL 2/12`, or nothing.

    A waived entry counts as `ok`: the waiver stands in for a pass.
    """
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in document.judgements:
        found[entry.service, document.criterion(entry).category].append(entry)
    categories = list(dict.fromkeys(criterion.category for criterion in document.criteria))
    services = list(dict.fromkeys(entry.service for entry in document.judgements))
    return categories, [(s, [_cell(found.get((s, c), [])) for c in categories]) for s in services]


def _cell(entries: Sequence[Entry]) -> str:
    if not entries:
        return ""
    outcomes = [Outcome.PASS if entry.is_waived else entry.outcome for entry in entries]
    bad = worst(outcomes)
    if bad is Outcome.PASS:
        return f"ok {len(entries)}"
    return f"{_WORDS[bad]} {outcomes.count(bad)}/{len(entries)}"


def matrix(document: VerdictDocument, *, width: int) -> str:
    """Return the matrix as text of at most `width` columns; categories that do not fit go below."""
    categories, rows = cells(document)
    fitting = max(1, (width - _INDENT - _NAME) // _CELL)
    blocks = []
    for first in range(0, len(categories), fitting):
        part = slice(first, first + fitting)
        lines = [_line("", categories[part]), *(_line(service, row[part]) for service, row in rows)]
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def _line(name: str, row: Sequence[str]) -> str:
    shown = [_fit(text, _CELL - 1).ljust(_CELL) for text in row]
    return f"{' ' * _INDENT}{_fit(name, _NAME - 1).ljust(_NAME)}{''.join(shown)}".rstrip()


def _fit(text: str, width: int) -> str:
    text = one_line(text)
    return text if len(text) <= width else text[: width - 1] + "…"
