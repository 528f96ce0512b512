"""`summary.md`: the verdict for a pull request or a CI job page, always below 64 KiB.

GitHub drops a job summary above 1 MiB as a whole, and other hosts cut earlier; so the rows that matter stand
first and the rest is counted. Every text from outside is escaped: it can neither forge a row nor a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from gates.reporting.finding import Finding, Measured
from gates.reporting.matrix import Matrix
from gates.reporting.phrasing import moment
from gates.reporting.redaction import one_line
from gates.reporting.report import VerdictReport

LIMIT = 65_536
"""Bytes that the text stays below."""

_TABLE_BUDGET = 8_500
_LIST_BUDGET = 3_500
"""Bytes that one table or list may take: six tables and three lists together stay below the limit."""

_TEXT = 300
_CUT = "\n\ncut here: verdict.json has all of it\n"
_SPECIAL = re.compile(r"[\\`*_\[\]<>#!|~@:$&]|(?<=www)\.", re.IGNORECASE)


def markdown(report: VerdictReport) -> str:
    """Return the Markdown text of a verdict."""
    parts = [
        _head(report),
        _findings("Failed", [found for found in report.failed if not found.cause]),
        _findings("Failed as a consequence", [found for found in report.failed if found.cause]),
        _findings("No conclusion", report.unconcluded),
        _waived(report.waived),
        _figures(report.figures),
        _matrix(report.matrix),
        _list("What happens next", report.next_steps),
        _list("What was done", report.done),
        _foot(report),
    ]
    return _bounded("\n\n".join(part for part in parts if part) + "\n")


def escaped(text: str, *, limit: int = _TEXT) -> str:
    """Return `text` as one line that Markdown shows as it is, in a table cell too."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", one_line(text, limit=limit))


def _bounded(text: str) -> str:
    """Return `text`, cut at the end of a line when the limit demands it."""
    content = text.encode()
    if len(content) < LIMIT:
        return text
    return content[: LIMIT - len(_CUT) - 1].decode(errors="ignore").rpartition("\n")[0] + _CUT


def _head(report: VerdictReport) -> str:
    release, stage = report.verdict.release, report.verdict.scope.stage
    about = f"release {escaped(release.id)} in {escaped(release.environment)}, stage {stage}"
    return f"## {report.outcome}\n\n{about}\n\n{report.counts}\n\n{_items(report.reasons)}"


def _findings(title: str, findings: Sequence[Finding]) -> str:
    head = ("Criterion", "Service", "Seen", "Whose", "Next")
    return _table(title, head, [_row(found) for found in findings])


def _row(found: Finding) -> tuple[str, ...]:
    judgement, criterion = found.judgement, found.judgement.criterion
    weight = judgement.priority or criterion.severity
    seen = f"follows from {found.cause}. {found.seen}" if found.cause else found.seen
    whose = f"{found.whose}; blames {', '.join(found.blames)}" if found.blames else found.whose
    return (
        f"{criterion.id} ({weight}) {criterion.statement}",
        judgement.service,
        seen,
        whose,
        found.next_step,
    )


def _figures(figures: Iterable[Measured]) -> str:
    head = ("Criterion", "Service", "Measured", "Demanded", "Over")
    rows = [
        (", ".join(one.criteria), ", ".join(one.services), one.value, one.demand, one.samples)
        for one in figures
    ]
    return _table("Measured, and held", head, rows)


def _waived(findings: Iterable[Finding]) -> str:
    head = ("Criterion", "Service", "Outcome", "Waived", "Reason")
    judged = [(found.judgement, found.waived) for found in findings]
    rows = [
        (one.criterion.id, one.service, one.outcome, who, one.waiver.reason)
        for one, who in judged
        if one.waiver
    ]
    return _table("Waived", head, rows)


def _matrix(matrix: Matrix) -> str:
    rows = [(service, *row) for service, row in matrix.rows]
    return _table("Services", ("", *matrix.categories), rows)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = _fitting([_cells(row) for row in rows], _TABLE_BUDGET)
    if len(lines) < len(rows):
        lines.append(
            _cells([f"and {len(rows) - len(lines)} more, see verdict.json", *[""] * (len(head) - 1)])
        )
    rule = f"| {' | '.join('---' for _ in head)} |"
    return f"### {title}\n\n" + "\n".join([_cells(head), rule, *lines])


def _fitting(lines: Sequence[str], budget: int) -> list[str]:
    """Return as many of the first lines as the budget in bytes holds."""
    sizes = accumulate(len(line.encode()) + 1 for line in lines)
    return [line for line, size in zip(lines, sizes, strict=True) if size <= budget]


def _cells(row: Sequence[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in row)} |"


def _list(title: str, items: Sequence[str]) -> str:
    return f"### {title}\n\n{_items(items)}" if items else ""


def _items(items: Sequence[str]) -> str:
    shown = _fitting([f"- {escaped(item)}" for item in items], _LIST_BUDGET)
    more = [f"- and {len(items) - len(shown)} more"] if len(shown) < len(items) else []
    return "\n".join(shown + more)


def _foot(report: VerdictReport) -> str:
    return f"Run {escaped(report.run_id)}, judged {moment(report.verdict.judged_at)}."
