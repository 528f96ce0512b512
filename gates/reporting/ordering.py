"""In which order a person reads judgements: what stops the release first, causes before their effects."""

from __future__ import annotations

from collections.abc import Iterable

from gates.model.criterion import Severity
from gates.model.judgement import Outcome
from gates.reporting.verdict_document import Entry, VerdictDocument

_OUTCOMES = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, "waived", Outcome.PASS)
_SEVERITIES = tuple(Severity)


def by_urgency(document: VerdictDocument) -> tuple[Entry, ...]:
    """Return all entries: failed, errored, inconclusive, waived, passed; blocking ones and causes first."""
    severities = {criterion.id: _SEVERITIES.index(criterion.severity) for criterion in document.criteria}

    def urgency(entry: Entry) -> tuple[int, bool, bool, str, int]:
        return (
            _OUTCOMES.index("waived" if entry.is_waived else entry.outcome),
            not entry.is_blocking,
            entry.implied_by is not None,
            entry.priority or "none",
            severities[entry.criterion],
        )

    return tuple(sorted(document.judgements, key=urgency))


def failed(document: VerdictDocument) -> tuple[Entry, ...]:
    """Return the entries that failed and are not waived, causes before effects."""
    return _of(document, Outcome.FAIL)


def unconcluded(document: VerdictDocument) -> tuple[Entry, ...]:
    """Return the entries without a conclusion: errors, then missing or insufficient evidence."""
    return _of(document, Outcome.ERROR) + _of(document, Outcome.INCONCLUSIVE)


def waived(document: VerdictDocument) -> tuple[Entry, ...]:
    """Return the entries that an approved exception covers."""
    return tuple(entry for entry in by_urgency(document) if entry.is_waived)


def alike(entries: Iterable[Entry]) -> tuple[tuple[Entry, ...], ...]:
    """Return the entries in groups that say the same of several services, in the order of their first."""
    groups: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        reason = entry.reason.replace(entry.service, "")
        same = (
            entry.criterion,
            entry.outcome,
            entry.priority,
            entry.measured,
            entry.blames == (entry.service,),
            reason,
        )
        groups.setdefault(same, []).append(entry)
    return tuple(map(tuple, groups.values()))


def _of(document: VerdictDocument, outcome: Outcome) -> tuple[Entry, ...]:
    return tuple(e for e in by_urgency(document) if e.outcome is outcome and not e.is_waived)
