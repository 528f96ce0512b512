"""The verdict as plain text for a person at a terminal, 80 columns wide.

The verdict stands first, then what failed (criterion, service, what was seen, whose it is, what to do), what
happens next, the figures that held, and the whole picture as services against categories.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from gates.model.decision import Decision
from gates.model.judgement import NOTHING_DELIVERED
from gates.model.receipt import Receipt
from gates.model.verdict import VerdictOutcome
from gates.reporting.finding import Measured, figures, finding, waits_for_attestation
from gates.reporting.matrix import matrix
from gates.reporting.next_steps import receipt_line, what_next
from gates.reporting.ordering import alike, failed, unconcluded, waived
from gates.reporting.phrasing import waived_by
from gates.reporting.redaction import one_line
from gates.reporting.verdict_document import UNSEEN, WAITS, Entry, VerdictDocument, counted

WIDTH = 80
_NAMED = 16
"""Criteria that are named on one line; the rest of them is counted."""
_SHOWN = 10
"""Entries told in full in each part; the rest is counted, `verdict.json` has them all."""


def terminal(
    document: VerdictDocument, *, decision: Decision | None = None, receipts: tuple[Receipt, ...] = ()
) -> str:
    """Return the text that a person reads when the gate has spoken."""
    parts = [
        _headline(document),
        _failures(document),
        *_unconcluded(document),
        _part("WAIVED", [_waiver(entry) for entry in waived(document)]),
        _part("MEASURED", [_measured(one) for one in figures(document)]),
        _part("SERVICES", [matrix(document, width=WIDTH)]),
        _part("NEXT", [_item(step) for step in what_next(document, decision)]),
        _part("DONE", [_item(receipt_line(receipt)) for receipt in receipts]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(document: VerdictDocument) -> str:
    release = document.release
    about = f"release {release.id} · {release.environment} · {document.scope.stage}"
    lines = [f"{document.outcome}  {one_line(about)}", *_wrap(counted(document.counts))]
    is_decided = document.outcome is VerdictOutcome.NO_GO
    for reason in document.reasons:
        if reason.startswith(WAITS) or (is_decided and f" {UNSEEN}: " in reason):
            continue  # the parts below name each of them
        lines += _wrap(reason)
    return "\n".join(lines)


def _failures(document: VerdictDocument) -> str:
    found = failed(document)
    causes = [entry for entry in found if entry.implied_by is None]
    implied = [entry for entry in found if entry.implied_by is not None]
    blocks = [_entries(document, group) for group in alike(causes)]
    follow = [_item(f"{entry.key} follows from {entry.implied_by}") for entry in implied]
    return _part("FAILED", blocks + follow)


def _unconcluded(document: VerdictDocument) -> Iterator[str]:
    """Yield what could not be concluded, and apart from it what only a person can answer."""
    groups = alike(unconcluded(document))
    people = [group for group in groups if waits_for_attestation(document, group[0])]
    unseen = [group for group in groups if failed(document) and group not in people and _is_unseen(group)]
    told = [group for group in groups if group not in people and group not in unseen]
    yield _part("NO CONCLUSION", [_entries(document, group) for group in told])
    names = list(dict.fromkeys(group[0].criterion for group in unseen))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    yield _part("NOT LOOKED AT", [_item(", ".join(names[:_NAMED]) + more)] if names else [])
    yield _part("WAITS FOR PEOPLE", [_person(document, group) for group in people], shown=len(people))


def _is_unseen(group: Sequence[Entry]) -> bool:
    """Whether nobody looked: beside a failure, which ends a look early, that needs no words of its own."""
    reasons = (reason for entry in group for reason in entry.reason.split("; "))
    return all(reason.endswith(NOTHING_DELIVERED) for reason in reasons)


def _person(document: VerdictDocument, group: Sequence[Entry]) -> str:
    entry, criterion = group[0], document.criterion(group[0])
    about = entry.service if len(group) == 1 else f"{len(group)} services"
    return _item(f"{entry.criterion} {about} ({finding(document, entry).whose}): {criterion.statement}")


def _entries(document: VerdictDocument, group: Sequence[Entry]) -> str:
    """Tell what is the same of several services once."""
    entry, criterion = group[0], document.criterion(group[0])
    weight = " · ".join(filter(None, (entry.priority, criterion.severity.value)))
    lines = [*_head(entry.criterion, [one.service for one in group], weight)]
    lines += _wrap(criterion.statement, indent=4)
    for line in finding(document, entry).lines:
        lines += _wrap(line, indent=4, hanging=2 if line.startswith("→") else 0)
    return "\n".join(lines)


def _measured(one: Measured) -> str:
    """Tell a figure that held; of several services the one closest to the threshold."""
    whose = one.services[0] if len(one.services) == 1 else f"the closest of {len(one.services)} services"
    value = f"{one.value} over {one.samples}, demanded {one.demand}"
    return _item(f"{', '.join(one.criteria)} ({whose}): {value}")


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


def _waiver(entry: Entry) -> str:
    who = waived_by(entry.waiver) if entry.waiver else ""
    return _item(f"{entry.key} {entry.outcome} waived {who}")


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
