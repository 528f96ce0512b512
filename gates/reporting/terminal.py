"""The verdict as plain text for a person at a terminal, 80 columns wide.

The verdict comes first, then what failed (criterion, service, what was seen, who acts, what to do), what
happens next, the figures that held, and a table of services and categories.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from gates.model.judgement import NOTHING_DELIVERED
from gates.reporting.finding import Finding, Measured
from gates.reporting.matrix import Matrix
from gates.reporting.redaction import one_line
from gates.reporting.report import VerdictReport

WIDTH = 80
_NAMED = 16
"""Criteria that are named on one line; the rest of them is counted."""
_SHOWN = 10
"""Findings shown in full in each part; the rest is counted, `verdict.json` has them all."""
_CELL = 11
_NAME = 20
_INDENT = 2
"""Columns of the table of services: of a cell, of a service's name, and before it."""


def terminal(report: VerdictReport) -> str:
    """Return the text that a person reads when the verdict is reached."""
    parts = [
        _headline(report),
        _failures(report.failed),
        *_unconcluded(report),
        _part("WAIVED", [_waiver(found) for found in report.waived]),
        _part("MEASURED", [_measured(one) for one in report.figures]),
        _part("SERVICES", [_matrix(report.matrix)]),
        _part("NEXT", [_item(step) for step in report.next_steps]),
        _part("DONE", [_item(done) for done in report.done]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(report: VerdictReport) -> str:
    release, stage = report.verdict.release, report.verdict.scope.stage
    about = f"release {release.id} · {release.environment} · {stage}"
    lines = [f"{report.outcome}  {one_line(about)}", *_wrap(report.counts)]
    for reason in report.headline:
        lines += _wrap(reason)
    return "\n".join(lines)


def _failures(failed: Sequence[Finding]) -> str:
    blocks = [_findings(group) for group in _alike(found for found in failed if not found.cause)]
    follow = [_item(f"{found.key} follows from {found.cause}") for found in failed if found.cause]
    return _part("FAILED", blocks + follow)


def _unconcluded(report: VerdictReport) -> Iterator[str]:
    """Yield the checks without a conclusion, those that wait for a person in a part of their own."""
    groups = _alike(report.unconcluded)
    people = [group for group in groups if group[0].is_waiting]
    unseen = [group for group in groups if report.failed and group not in people and _is_unseen(group)]
    shown = [group for group in groups if group not in people and group not in unseen]
    yield _part("NO CONCLUSION", [_findings(group) for group in shown])
    names = list(dict.fromkeys(group[0].judgement.criterion.id for group in unseen))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    yield _part("NOT LOOKED AT", [_item(", ".join(names[:_NAMED]) + more)] if names else [])
    yield _part("WAITS FOR PEOPLE", [_person(group) for group in people], shown=len(people))


def _alike(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], ...]:
    """Return findings in groups with equal reasons, in the order of the first of each group."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for found in findings:
        one = found.judgement
        same = (
            one.criterion.id,
            one.outcome,
            one.priority,
            one.measured,
            one.blames == (one.service,),
            one.reason.replace(one.service, ""),
        )
        groups.setdefault(same, []).append(found)
    return tuple(map(tuple, groups.values()))


def _is_unseen(group: Sequence[Finding]) -> bool:
    """Whether no producer ran: a failure ends a look early, so beside one the name alone is shown."""
    reasons = (reason for found in group for reason in found.judgement.reason.split("; "))
    return all(reason.endswith(NOTHING_DELIVERED) for reason in reasons)


def _person(group: Sequence[Finding]) -> str:
    judgement = group[0].judgement
    about = judgement.service if len(group) == 1 else f"{len(group)} services"
    statement = judgement.criterion.statement
    return _item(f"{judgement.criterion.id} {about} ({group[0].whose}): {statement}")


def _findings(group: Sequence[Finding]) -> str:
    """Return a finding that several services share, written once."""
    judgement, criterion = group[0].judgement, group[0].judgement.criterion
    weight = " · ".join(filter(None, (judgement.priority, criterion.severity.value)))
    lines = [*_head(criterion.id, [found.judgement.service for found in group], weight)]
    lines += _wrap(criterion.statement, indent=4)
    for line in group[0].lines:
        lines += _wrap(line, indent=4, hanging=2 if line.startswith("→") else 0)
    return "\n".join(lines)


def _measured(one: Measured) -> str:
    """Return a figure that held; of several services the one closest to the threshold."""
    whose = one.services[0] if len(one.services) == 1 else f"the closest of {len(one.services)} services"
    value = f"{one.value} over {one.samples}, demanded {one.demand}"
    return _item(f"{', '.join(one.criteria)} ({whose}): {value}")


def _matrix(matrix: Matrix) -> str:
    """Return the table; categories that do not fit go below."""
    fitting = max(1, (WIDTH - _INDENT - _NAME) // _CELL)
    blocks = []
    for first in range(0, len(matrix.categories), fitting):
        part = slice(first, first + fitting)
        head = _line("", matrix.categories[part])
        blocks.append("\n".join([head, *(_line(service, row[part]) for service, row in matrix.rows)]))
    return "\n".join(blocks)


def _line(name: str, row: Sequence[str]) -> str:
    shown = [_cut(text, _CELL - 1).ljust(_CELL) for text in row]
    return f"{' ' * _INDENT}{_cut(name, _NAME - 1).ljust(_NAME)}{''.join(shown)}".rstrip()


def _cut(text: str, width: int) -> str:
    text = one_line(text)
    return text if len(text) <= width else text[: width - 1] + "…"


def _head(criterion: str, services: Sequence[str], weight: str) -> Iterator[str]:
    named = [*services[:_SHOWN], *([f"{len(services) - _SHOWN} more"] if len(services) > _SHOWN else [])]
    text = f"{one_line(', '.join(named))}  [{weight}]"
    yield from textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {one_line(criterion)}  ",
        subsequent_indent=" " * 4,
        break_on_hyphens=False,
    )


def _waiver(found: Finding) -> str:
    return _item(f"{found.key} {found.judgement.outcome} waived {found.waived}")


def _part(title: str, blocks: Iterable[str], *, shown: int = _SHOWN) -> str:
    found = list(blocks)
    if not found:
        return ""
    more = [f"  … and {len(found) - shown} more: see verdict.json"] if len(found) > shown else []
    return "\n".join([title, *found[:shown], *more])


def _item(text: str) -> str:
    return "\n".join(_wrap(text, indent=2, hanging=2))


def _wrap(text: str, *, indent: int = 2, hanging: int = 0) -> Iterator[str]:
    prefix = " " * indent
    follow = prefix + " " * hanging
    yield from textwrap.wrap(
        one_line(text), WIDTH, initial_indent=prefix, subsequent_indent=follow, break_on_hyphens=False
    )
