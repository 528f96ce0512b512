"""Finds what a platform's documents leave open although each of them is valid.

A gap makes verdicts wrong or impossible and is mended in the documents. An open item is a fact that a person
has to supply: until then it fails the operations criterion and in the environments that it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TypeVar

from gates.criteria.coverage import Coverage
from gates.criteria.known_bad import Red
from gates.model.criterion import Catalogue, Criterion, Stage, Use
from gates.model.documentation import Contact, DocumentOwnership
from gates.model.platform import Environment, Platform
from gates.model.wording import counted

_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]*[0-9]")
_DIGITS_OF_A_NUMBER = 7
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

Fact = TypeVar("Fact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is open: what it is about, what is wrong, which criterion it fails if any, and where."""

    subject: str
    cause: str
    fails: str | None = None
    places: tuple[str, ...] = ()

    @property
    def is_gap(self) -> bool:
        """Whether the documents are incomplete, rather than a fact to be supplied by a person."""
        return self.fails is None

    @property
    def line(self) -> str:
        """The finding in words."""
        where = f" in {', '.join(self.places)}" if self.places else ""
        kind = "gap" if self.is_gap else f"open, fails {self.fails}{where}"
        return f"{kind}: {self.subject}: {self.cause}"

    @property
    def plain(self) -> dict[str, object]:
        """The finding as values that JSON has."""
        names = {"subject": self.subject, "cause": self.cause, "fails": self.fails}
        return {**names, "gap": self.is_gap, "environments": self.places}


def summary(problems: Sequence[str], findings: Sequence[Finding]) -> str:
    """Return how much is wrong and how much is open, with names."""
    gaps = list(dict.fromkeys(finding.subject for finding in findings if finding.is_gap))
    facts = [finding for finding in findings if not finding.is_gap]
    fails = ", ".join(dict.fromkeys(str(finding.fails) for finding in facts))
    places = ", ".join(dict.fromkeys(place for finding in facts for place in finding.places))
    wrong = f"{counted(len(problems), 'problem')}, {counted(len(gaps), 'gap')}"
    wrong += f" ({', '.join(gaps)})" if gaps else ""
    open_ = f"{counted(len(facts), 'fact')} that people owe"
    open_ += f" ({fails}{f' in {places}' if places else ''})" if facts else ""
    return f"{wrong}, {open_}"


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
        *_facts(platform, catalogue, today, environments),
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


def _facts(
    platform: Platform, catalogue: Catalogue, today: date, environments: Sequence[Environment]
) -> Iterator[Finding]:
    stewards = {one.name: one.documentation.document_ownership for one in environments}
    contacts = {one.name: one.documentation.contacts for one in environments}
    reviewed = partial(_review, today=today)
    yield from _open(catalogue.used_for(Use.REVIEW), platform.document_ownership, stewards, reviewed)
    yield from _open(catalogue.used_for(Use.CONTACTS), platform.contacts, contacts, _contacts)


def _open(
    fails: Criterion | None, shared: Fact, own: Mapping[str, Fact], look: Callable[[Fact], Iterable[Finding]]
) -> Iterator[Finding]:
    """Yield what is open in the shared fact, for environments without an own one, and in each own one."""
    if fails is None:
        return
    sharing = tuple(name for name, fact in own.items() if not fact)
    facts = [(sharing, shared)] if sharing or not own else []
    facts += [((name,), fact) for name, fact in own.items() if fact]
    for places, fact in facts:
        yield from (replace(found, fails=fails.id, places=places) for found in look(fact))


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
        yield Finding(subject="documents", cause="no owner is named")
    elif document_ownership.next_review < today:
        cause = f"the review was due on {document_ownership.next_review}, {document_ownership.owner} does it"
        yield Finding(subject="documents", cause=cause)


def _contacts(contacts: Sequence[Contact]) -> Iterator[Finding]:
    if not contacts:
        yield Finding(subject="contacts", cause="there is no person to call")
    for contact in contacts:
        for cause in _unreachable(contact):
            yield Finding(subject=contact.name, cause=cause)


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
