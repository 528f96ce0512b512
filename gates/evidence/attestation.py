"""Signed statements as evidence: good, live, about exactly this, or no evidence at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gates.model.criterion import FAILED_CHECKS, PLATFORM, Catalogue, Criterion, Priority, Severity
from gates.model.evidence import (
    ATTESTATION,
    Evidence,
    EvidenceBundle,
    EvidenceStatus,
    Measurement,
    Subject,
    Window,
)
from gates.model.judgement import Waiver
from gates.model.release import Release
from gates.model.statement import SeenStatement, Statement, StatementKind, platform_digest

CLOCK_TOLERANCE = timedelta(minutes=2)
LONGEST_WAIVER = timedelta(days=30)
"""A longer waiver would be a changed demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What statements are read for: this release of this platform, at this moment.

    `independent` names the criteria that no release changes (training, contacts): those are stated about the
    platform.
    """

    release: Release
    platform: str
    independent: Collection[str]
    now: datetime

    def digest(self, criterion: str) -> str:
        """Return the digest that a statement about `criterion` carries."""
        if criterion in self.independent:
            return platform_digest(self.platform)
        return self.release.fingerprint


def attested(
    seen: Sequence[SeenStatement], criteria: Sequence[Criterion], catalogue: Catalogue, reading: Reading
) -> EvidenceBundle:
    """Return the evidence that statements give for `criteria`.

    One valid refusal outweighs every consent. An unreadable file and a statement about an unknown criterion
    are flaws.
    """
    flaws = [f"{each.file}: {each.objection}" for each in seen if each.is_damaged]
    mine = [each for each in seen if _is_here(each, reading)]
    flaws += [
        f"{each.file}: attests the unknown criterion {each.statement.subject}"
        for each in mine
        if each.statement is not None and catalogue.find(each.statement.subject) is None
    ]
    items = [item for criterion in criteria for item in _items(criterion, mine, reading)]
    return EvidenceBundle(items=tuple(items), flaws=tuple(flaws))


def is_attested(criterion: Criterion, bundle: EvidenceBundle) -> bool:
    """Whether the role that answers for a criterion said that it holds."""
    given = [item for item in bundle.items if item.criterion == criterion.id]
    return bool(given) and all(item.measurement is not None and item.measurement.value == 0 for item in given)


def _is_here(seen: SeenStatement, reading: Reading) -> bool:
    statement = seen.statement
    return (
        statement is not None
        and statement.kind is StatementKind.ATTESTATION
        and statement.environment == reading.release.environment
    )


def _items(criterion: Criterion, seen: Sequence[SeenStatement], reading: Reading) -> Iterator[Evidence]:
    role = criterion.attested_by
    if role is None:
        return
    pairs = [
        (each.statement, each.objection or _objection(each.statement, role, reading))
        for each in seen
        if each.statement is not None and each.statement.subject == criterion.id
    ]
    good = [statement for statement, objection in pairs if not objection]
    if not good:
        for statement, objection in pairs:
            reason = f"the attestation of {statement.by} does not count: {objection}; waits for the {role}"
            yield from _evidence(criterion, statement, reading, reason=reason)
        return
    refused = [statement for statement in good if statement.refuses]
    told = max(refused or good, key=lambda statement: statement.issued_at)
    word = "refuses" if told.refuses else "attests"
    yield from _evidence(
        criterion,
        told,
        reading,
        reason=f"{told.by} ({told.role}) {word} it: {told.reason}",
        value=float(told.refuses),
    )


def _objection(statement: Statement, role: str, reading: Reading) -> str:
    if statement.role != role:
        return f"signed as {statement.role}"
    if statement.digest != reading.digest(statement.subject):
        return "it is about another set of revisions"
    return _untimely(statement, reading.now)


def _untimely(statement: Statement, now: datetime) -> str:
    if statement.issued_at > now + CLOCK_TOLERANCE:
        return "it is from the future"
    return f"it expired {statement.expires_at:%Y-%m-%d %H:%M} UTC" if statement.expires_at <= now else ""


def _evidence(
    criterion: Criterion, statement: Statement, reading: Reading, *, reason: str, value: float | None = None
) -> Iterator[Evidence]:
    """Yield a statement once for every service that the criterion names."""
    for service in criterion.services:
        part = reading.release.of(service)
        subject = Subject(service=service, digest=reading.release.fingerprint)
        if service != PLATFORM and part is not None:
            subject = Subject(service=service, revision=part.candidate.name, digest=part.candidate.digest)
        yield Evidence(
            criterion=criterion.id,
            subject=subject,
            status=EvidenceStatus.NOT_RUN if value is None else EvidenceStatus.OBSERVED,
            producer=f"{ATTESTATION}{criterion.attested_by}[{statement.by}]",
            environment=statement.environment,
            window=Window(start=statement.issued_at, end=statement.issued_at),
            measurement=None if value is None else Measurement(value=value, unit=FAILED_CHECKS),
            samples=0 if value is None else 1,
            reason=reason,
        )


def waivers(seen: Sequence[SeenStatement], catalogue: Catalogue, reading: Reading) -> tuple[Waiver, ...]:
    """Return the waivers that hold now; one that does not hold is as if it had never been written."""
    found = []
    for each in seen:
        statement = each.statement
        if statement is None or each.objection or statement.kind is not StatementKind.WAIVER:
            continue
        criterion = catalogue.find(statement.subject)
        if criterion is None or waiver_objection(statement, criterion, reading):
            continue
        found.append(
            Waiver(
                criterion=criterion.id,
                service=statement.service,
                reason=statement.reason,
                approved_by=statement.by,
                role=statement.role,
                expires_at=statement.expires_at,
            )
        )
    return tuple(found)


def waiver_objection(statement: Statement, criterion: Criterion, reading: Reading) -> str:
    """Return why a waiver does not hold, or nothing.

    The owner of a criterion may waive it, for one release and at most 30 days; a blocker or a P0 cannot be
    waived.
    """
    is_grave = criterion.severity is Severity.BLOCKER or criterion.priority is Priority.P0
    is_owned = statement.role == criterion.owner and not statement.refuses
    objections = {
        f"{criterion.id} is a blocker or P0: it cannot be waived": is_grave,
        f"{criterion.id} is for the {criterion.owner} to waive": not is_owned,
        f"it is about {statement.environment}": statement.environment != reading.release.environment,
        "it is about another set of revisions": statement.digest != reading.digest(criterion.id),
        f"a waiver lasts at most {LONGEST_WAIVER.days} days": _lasts(statement) > LONGEST_WAIVER,
        f"{criterion.id} is not about {statement.service}": statement.service
        not in (None, *criterion.services),
    }
    return next((why for why, holds in objections.items() if holds), "") or _untimely(statement, reading.now)


def _lasts(statement: Statement) -> timedelta:
    return statement.expires_at - statement.issued_at
