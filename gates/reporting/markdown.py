"""`summary.md`: the verdict for a pull request or a CI job page, always below 64 KiB.

GitHub drops a job summary above 1 MiB as a whole, and other hosts cut earlier; so the rows that matter stand
first and the rest is counted. Every text from outside is escaped: it can neither forge a row nor a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from gates.model.decision import Decision
from gates.model.receipt import Receipt
from gates.reporting.finding import figures, finding
from gates.reporting.matrix import cells
from gates.reporting.next_steps import receipt_line, what_next
from gates.reporting.ordering import failed, unconcluded, waived
from gates.reporting.phrasing import moment, waived_by
from gates.reporting.redaction import one_line
from gates.reporting.verdict_document import Entry, VerdictDocument, counted

LIMIT = 65_536
"""Bytes that the text stays below."""

_TABLE_BUDGET = 8_500
_LIST_BUDGET = 3_500
"""Bytes that one table or list may take: six tables and three lists together stay below the limit."""

_TEXT = 300
_CUT = "\n\ncut here: verdict.json has all of it\n"
_SPECIAL = re.compile(r"[\\`*_\[\]<>#!|~@:$&]|(?<=www)\.", re.IGNORECASE)


def markdown(
    document: VerdictDocument, *, decision: Decision | None = None, receipts: tuple[Receipt, ...] = ()
) -> str:
    """Return the Markdown text of a verdict."""
    found = failed(document)
    parts = [
        _head(document),
        _entries("Failed", document, [entry for entry in found if entry.implied_by is None]),
        _entries("Failed as a consequence", document, [entry for entry in found if entry.implied_by]),
        _entries("No conclusion", document, unconcluded(document)),
        _waived(waived(document)),
        _figures(document),
        _matrix(document),
        _list("What happens next", what_next(document, decision)),
        _list("What was done", [receipt_line(receipt) for receipt in receipts]),
        _foot(document),
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


def _head(document: VerdictDocument) -> str:
    release = document.release
    about = f"release {escaped(release.id)} in {escaped(release.environment)}, stage {document.scope.stage}"
    return f"## {document.outcome}\n\n{about}\n\n{counted(document.counts)}\n\n{_items(document.reasons)}"


def _entries(title: str, document: VerdictDocument, entries: Sequence[Entry]) -> str:
    head = ("Criterion", "Service", "Seen", "Whose", "Next")
    return _table(title, head, [_row(document, entry) for entry in entries])


def _row(document: VerdictDocument, entry: Entry) -> tuple[str, ...]:
    criterion = document.criterion(entry)
    weight = entry.priority or criterion.severity
    found = finding(document, entry)
    seen = f"follows from {found.cause}. {found.seen}" if found.cause else found.seen
    whose = f"{found.whose}; blames {', '.join(found.blames)}" if found.blames else found.whose
    return (
        f"{entry.criterion} ({weight}) {criterion.statement}",
        entry.service,
        seen,
        whose,
        found.next_step,
    )


def _figures(document: VerdictDocument) -> str:
    head = ("Criterion", "Service", "Measured", "Demanded", "Over")
    rows = [
        (", ".join(one.criteria), ", ".join(one.services), one.value, one.demand, one.samples)
        for one in figures(document)
    ]
    return _table("Measured, and held", head, rows)


def _waived(entries: Iterable[Entry]) -> str:
    head = ("Criterion", "Service", "Outcome", "Waived", "Reason")
    return _table(
        "Waived",
        head,
        [
            (e.criterion, e.service, e.outcome, waived_by(e.waiver), e.waiver.reason)
            for e in entries
            if e.waiver
        ],
    )


def _matrix(document: VerdictDocument) -> str:
    categories, rows = cells(document)
    return _table("Services", ("", *categories), [(service, *row) for service, row in rows])


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


def _foot(document: VerdictDocument) -> str:
    return f"Run {escaped(document.run_id)}, judged {moment(document.judged_at)}."
