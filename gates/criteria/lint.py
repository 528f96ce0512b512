"""What a platform's documents leave open although each of them is valid by itself.

A gap makes verdicts wrong or impossible and is mended in the documents. An open item is a fact that people
owe: it fails the operations criterion that it names, in the environments that it names, until it
is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gates.criteria.coverage import Coverage
from gates.criteria.known_bad import Red
from gates.model.criterion import Catalogue, Stage
from gates.model.platform import Contact, DocumentOwnership, Environment, Platform

_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]*[0-9]")
_DIGITS_OF_A_NUMBER = 7
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DOCUMENTS = "OPS-02"
_CONTACTS = "OPS-03"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is open: what it is about, what is wrong, which criterion it fails if any, and where."""

    subject: str
    cause: str
    fails: str | None = None
    places: tuple[str, ...] = ()

    @property
    def is_gap(self) -> bool:
        """Whether the documents themselves are incomplete, rather than a fact that people owe."""
        return self.fails is None


def lint(
    platform: Platform, catalogue: Catalogue, *, today: date, environments: Sequence[Environment] = ()
) -> tuple[Finding, ...]:
    """Return everything that is open, gaps first.

    An environment with contacts or a steward of its own is looked at by these; the others
    share the platform's.
    """
    findings = [
        *_tiers(platform),
        *_unwatched(platform, catalogue),
        *_empty_stages(catalogue),
        *_facts(platform, today, environments),
    ]
    return tuple(sorted(findings, key=lambda finding: not finding.is_gap))


def unproved(covered: Sequence[Coverage], known_bad: Sequence[Red]) -> tuple[Finding, ...]:
    """Return the criteria whose producers do not exist, and those that nothing is known to turn red."""
    missing = [
        Finding(subject=entry.criterion.id, cause=f"names {', '.join(entry.missing)}, which does not exist")
        for entry in covered
        if entry.missing
    ]
    return (
        *missing,
        *(
            Finding(
                subject=red.criterion.id,
                cause="nothing is known to turn it red: add an arm or a proof to bench.yaml",
            )
            for red in known_bad
            if red.is_owed and not red.is_known
        ),
    )


def _facts(platform: Platform, today: date, environments: Sequence[Environment]) -> Iterator[Finding]:
    shared = tuple(one.name for one in environments if one.documentation.document_ownership is None)
    if shared or not environments:
        yield from (replace(found, places=shared) for found in _review(platform.document_ownership, today))
    shared = tuple(one.name for one in environments if not one.documentation.contacts)
    if shared or not environments:
        yield from (replace(found, places=shared) for found in _contacts(platform.contacts))
    for one in environments:
        own = (
            _review(one.documentation.document_ownership, today)
            if one.documentation.document_ownership
            else ()
        )
        mine = _contacts(one.documentation.contacts) if one.documentation.contacts else ()
        yield from (replace(found, places=(one.name,)) for found in (*own, *mine))


def _tiers(platform: Platform) -> Iterator[Finding]:
    known = {tier.name for tier in platform.tiers}
    for service in platform.services:
        if service.tier not in known:
            yield Finding(subject=service.name, cause="has no tier, so its recovery time is not known")


def _unwatched(platform: Platform, catalogue: Catalogue) -> Iterator[Finding]:
    demanded = catalogue.at(Stage.IMMEDIATE)
    for name in platform.service_names:
        if not any(name in criterion.services and criterion.severity.blocks for criterion in demanded):
            yield Finding(subject=name, cause="no blocking criterion looks at it after a deployment")


def _empty_stages(catalogue: Catalogue) -> Iterator[Finding]:
    for stage in Stage:
        if not any(criterion.severity.blocks for criterion in catalogue.at(stage)):
            yield Finding(subject=f"stage {stage}", cause="has no blocking criterion, so it can never be GO")


def _review(document_ownership: DocumentOwnership | None, today: date) -> Iterator[Finding]:
    if document_ownership is None:
        yield Finding(subject="documents", cause="no owner is named", fails=_DOCUMENTS)
    elif document_ownership.next_review < today:
        cause = f"the review was due on {document_ownership.next_review}, {document_ownership.owner} does it"
        yield Finding(subject="documents", cause=cause, fails=_DOCUMENTS)


def _contacts(contacts: Sequence[Contact]) -> Iterator[Finding]:
    if not contacts:
        yield Finding(subject="contacts", cause="there is no person to call", fails=_CONTACTS)
    for contact in contacts:
        for cause in _unreachable(contact):
            yield Finding(subject=contact.name, cause=cause, fails=_CONTACTS)


def _unreachable(contact: Contact) -> Iterator[str]:
    if contact.phone is None and contact.email is None:
        yield "has neither phone nor email"
    if contact.phone is not None and not _is_phone(contact.phone):
        yield f"phone {contact.phone} is a placeholder"
    if contact.email is not None and not _EMAIL.fullmatch(contact.email):
        yield f"email {contact.email} is not an address"


def _is_phone(text: str) -> bool:
    digits = [character for character in text if character.isdigit()]
    is_varied = len(set(digits)) > 1
    return bool(_PHONE.fullmatch(text)) and len(digits) >= _DIGITS_OF_A_NUMBER and is_varied
