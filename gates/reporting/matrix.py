"""A table of services and categories: how many checks of each came out how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from gates.model.judgement import Judgement, Outcome, worst

_WORDS = {
    Outcome.PASS: "ok",
    Outcome.FAIL: "FAIL",
    Outcome.ERROR: "err",
    Outcome.INCONCLUSIVE: "open",
}


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
