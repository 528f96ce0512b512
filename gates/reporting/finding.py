"""One finding, written once for all reports: what was seen, whose it is, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gates.model.criterion import FAILED_CHECKS, FailureAction
from gates.model.evidence import ATTESTATION
from gates.model.judgement import Outcome
from gates.model.wording import counted, demanded, figure
from gates.reporting.verdict_document import Entry, VerdictDocument

_ACTIONS = {
    FailureAction.ROLLBACK: "roll back",
    FailureAction.SCALE: "scale or optimise",
    FailureAction.INVESTIGATE: "find the cause",
    FailureAction.HOLD: "mend it before the release goes",
}
_COMMAND = "run: `"
"""How a producer names the command that makes the record it misses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a person needs to know of one judgement.

    `seen` is what was measured, over how much, against what was demanded, or what is missing. `whose` is the
    role that acts, `blames` the other services that it points at, `next_step` what to do, `cause` the failed
    criterion that explains it.
    """

    seen: str
    whose: str
    blames: tuple[str, ...]
    next_step: str
    cause: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The finding as lines, each fact once."""
        found = (
            self.seen,
            f"follows from {self.cause}" if self.cause else "",
            f"blames {', '.join(self.blames)}" if self.blames else "",
            f"→ {self.whose}: {self.next_step}",
        )
        return tuple(line for line in found if line)

    @property
    def text(self) -> str:
        """The finding on one line."""
        return "; ".join(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A figure that held, beside its threshold; `names` are the criteria and services that it answers."""

    criteria: tuple[str, ...]
    services: tuple[str, ...]
    value: str
    demand: str
    samples: str


def finding(document: VerdictDocument, entry: Entry) -> Finding:
    """Return the finding of one judgement."""
    criterion = document.criterion(entry)
    is_waiting = waits_for_attestation(document, entry)
    return Finding(
        seen=entry.reason or "nothing was seen",
        whose=(criterion.attested_by or criterion.owner) if is_waiting else criterion.owner,
        blames=tuple(service for service in entry.blames if service != entry.service),
        next_step=_next_step(document, entry, is_waiting=is_waiting),
        cause=entry.implied_by or "",
    )


def waits_for_attestation(document: VerdictDocument, entry: Entry) -> bool:
    """Whether all that an entry lacks is what a role has to say."""
    role = document.criterion(entry).attested_by
    if role is None or entry.outcome is not Outcome.INCONCLUSIVE:
        return False
    said = [item for item in entry.evidence if item.producer.startswith(f"{ATTESTATION}{role}")]
    return not any(item.measurement is not None for item in said)


def waiting_commands(document: VerdictDocument, entries: Iterable[Entry]) -> tuple[str, ...]:
    """Return one command for each role that a verdict waits for."""
    open_ids: dict[str, dict[str, None]] = {}
    for entry in entries:
        if waits_for_attestation(document, entry) and not entry.is_waived:
            role = document.criterion(entry).attested_by or ""
            open_ids.setdefault(role, {})[entry.criterion] = None
    return tuple(_attest(document, ids, role) for role, ids in open_ids.items())


def figures(document: VerdictDocument) -> tuple[Measured, ...]:
    """Return every number that held: for each criterion the one that was closest to its threshold."""
    closest: dict[str, Entry] = {}
    services: dict[str, list[str]] = {}
    for entry in document.judgements:
        seen = entry.measured
        if entry.outcome is not Outcome.PASS or seen is None or seen.unit == FAILED_CHECKS:
            continue
        services.setdefault(entry.criterion, []).append(entry.service)
        known = closest.setdefault(entry.criterion, entry)
        if (entry.margin or 0.0) < (known.margin or 0.0):
            closest[entry.criterion] = entry
    merged: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for name, entry in closest.items():
        if entry.measured is not None:
            criterion = document.criterion(entry)
            said = (figure(entry.measured), demanded(criterion), counted(entry.samples, criterion.sample))
            merged.setdefault((*said, tuple(services[name])), []).append(name)
    return tuple(
        Measured(criteria=tuple(names), services=of, value=value, demand=demand, samples=samples)
        for (value, demand, samples, of), names in merged.items()
    )


def _next_step(document: VerdictDocument, entry: Entry, *, is_waiting: bool) -> str:
    criterion = document.criterion(entry)
    place = f"--env {document.release.environment}"
    if is_waiting:
        return _attest(document, [entry.criterion], criterion.attested_by or "")
    if entry.outcome is Outcome.FAIL:
        return f"{_ACTIONS[criterion.failure_action]}; see: gate criteria explain {criterion.id}"
    if _COMMAND in entry.reason:
        return "make the record, then run the gate again"
    return f"look again: gate run {place} --stage {document.scope.stage} --only {criterion.id}"


def _attest(document: VerdictDocument, ids: Iterable[str], role: str) -> str:
    return (
        f"gate attest {' '.join(ids)} --env {document.release.environment} --role {role}"
        " --by NAME --reason TEXT --key FILE"
    )
