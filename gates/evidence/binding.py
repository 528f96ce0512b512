"""Turns evidence about another revision, another environment or another day into NOT_RUN."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gates.model.criterion import PLATFORM, Catalogue
from gates.model.evidence import Evidence, EvidenceBundle, EvidenceStatus
from gates.model.release import Release

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far in the future a producer's clock may be."""


def bind(bundle: EvidenceBundle, *, catalogue: Catalogue, release: Release, now: datetime) -> EvidenceBundle:
    """Keep what is about this release, here and recent; the rest becomes NOT_RUN and says why.

    Evidence for a criterion that the catalogue does not know is a flaw of the bundle.
    """
    kept: list[Evidence] = []
    flaws = list(bundle.flaws)
    for item in bundle.items:
        criterion = catalogue.find(item.criterion)
        if criterion is None:
            flaws.append(f"evidence for unknown criterion {item.criterion} from {item.producer}")
            continue
        objection = (
            _wrong_place(item, release)
            or _wrong_subject(item, release)
            or untimely(item.window.end, now, criterion.max_age)
        )
        kept.append(_refused(item, objection) if objection else item)
    return EvidenceBundle(items=tuple(kept), flaws=tuple(dict.fromkeys(flaws)))


def _refused(item: Evidence, objection: str) -> Evidence:
    return replace(item, status=EvidenceStatus.NOT_RUN, measurement=None, samples=0, reason=objection)


def _wrong_place(item: Evidence, release: Release) -> str | None:
    if item.environment == release.environment:
        return None
    return f"evidence of environment {item.environment}, the release is in {release.environment}"


def _wrong_subject(item: Evidence, release: Release) -> str | None:
    if item.subject.service == PLATFORM:
        is_same = item.subject.digest == release.fingerprint
        return None if is_same else "evidence of another set of revisions"
    entry = release.of(item.subject.service)
    if entry is None:
        return f"{item.subject.service} is not part of release {release.id}"
    seen, wanted = item.subject.revision, entry.candidate.name
    if seen != wanted:
        return f"evidence of revision {seen or 'unknown'}, the candidate is {wanted}"
    if item.subject.digest != entry.candidate.digest:
        return (
            f"evidence of image {item.subject.digest or 'unknown'}, the candidate is {entry.candidate.digest}"
        )
    return None


def untimely(seen_at: datetime, now: datetime, max_age: timedelta | None = None) -> str:
    """Return why something seen at that moment does not count now; empty if it does."""
    if seen_at > now + CLOCK_TOLERANCE:
        return f"evidence from the future: {seen_at.isoformat()}"
    age = now - seen_at
    return f"stale: {age} old, at most {max_age} allowed" if max_age is not None and age > max_age else ""
