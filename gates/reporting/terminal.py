"""The verdict as plain text for a person at a terminal, 80 columns wide.

The verdict stands first, then what failed (criterion, service, measured against demanded), then what happens
next, and the whole picture as services against categories.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from gates.model.decision import Decision
from gates.model.judgement import Outcome
from gates.model.receipt import Receipt
from gates.reporting.matrix import matrix
from gates.reporting.next_steps import next_steps, receipt_line
from gates.reporting.ordering import alike, failed, unconcluded, waived
from gates.reporting.phrasing import measured, waived_by
from gates.reporting.redaction import one_line
from gates.reporting.verdict_document import Entry, VerdictDocument, counted

WIDTH = 80
_SHOWN = 10
"""Entries told in full in each part; the rest is counted, `verdict.json` has them all."""


def terminal(
    document: VerdictDocument, *, decision: Decision | None = None, receipts: tuple[Receipt, ...] = ()
) -> str:
    """Return the text that a person reads when the gate has spoken."""
    parts = [
        _headline(document),
        _failures(document),
        _part("NO CONCLUSION", [_entries(document, group) for group in alike(unconcluded(document))]),
        _part("WAIVED", [_waiver(entry) for entry in waived(document)]),
        _part("SERVICES", [matrix(document, width=WIDTH)]),
        _part("NEXT", [_item(step) for step in next_steps(document.outcome, decision)]),
        _part("DONE", [_item(receipt_line(receipt)) for receipt in receipts]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(document: VerdictDocument) -> str:
    release = document.release
    about = f"release {release.id} · {release.environment} · {document.scope.stage}"
    lines = [f"{document.outcome}  {one_line(about)}", *_wrap(counted(document.counts))]
    for reason in document.reasons:
        lines += _wrap(reason)
    return "\n".join(lines)


def _failures(document: VerdictDocument) -> str:
    found = failed(document)
    causes = [entry for entry in found if entry.implied_by is None]
    implied = [entry for entry in found if entry.implied_by is not None]
    blocks = [_entries(document, group) for group in alike(causes)]
    follow = [_item(f"{entry.key} follows from {entry.implied_by}") for entry in implied]
    return _part("FAILED", blocks + follow)


def _entries(document: VerdictDocument, group: Sequence[Entry]) -> str:
    """Tell what is the same of several services once."""
    entry, criterion = group[0], document.criterion(group[0])
    weight = " · ".join(filter(None, (entry.priority, criterion.severity.value)))
    lines = [*_head(entry.criterion, [one.service for one in group], weight)]
    lines += _wrap(criterion.statement, indent=4)
    if entry.outcome is Outcome.ERROR:
        lines += _wrap("could not be evaluated", indent=4)
    else:
        seen = "" if entry.measured is None else f"measured {measured(entry.measured)}, "
        lines += _wrap(f"{seen}demanded {entry.demand}", indent=4)
    lines += _wrap(entry.reason, indent=4)
    blamed = [service for service in entry.blames if service != entry.service]
    if blamed:
        lines += _wrap(f"blames {', '.join(blamed)}", indent=4)
    return "\n".join(lines)


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


def _part(title: str, blocks: Iterable[str]) -> str:
    shown = list(blocks)
    if not shown:
        return ""
    more = [f"  … and {len(shown) - _SHOWN} more: see verdict.json"] if len(shown) > _SHOWN else []
    return "\n".join([title, *shown[:_SHOWN], *more])


def _item(text: str) -> str:
    return "\n".join(_wrap(text, indent=2, hanging=2))


def _wrap(text: str, *, indent: int = 2, hanging: int = 0) -> Iterator[str]:
    prefix = " " * indent
    follow = prefix + " " * hanging
    yield from textwrap.wrap(
        one_line(text), WIDTH, initial_indent=prefix, subsequent_indent=follow, break_on_hyphens=False
    )
