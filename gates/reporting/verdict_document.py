"""`verdict.json` as a value: the verdict with all that follows from it spelled out.

This is the form of the file and serves nothing else: reports read the `Verdict`. What the document derives
(outcome, counts, reasons, blames, demands in words) can be computed again, so a document that disagrees with
itself is refused when it is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final, Literal

from gates.model.criterion import Criterion, Priority
from gates.model.evidence import Evidence, Measurement
from gates.model.judgement import Judgement, Outcome, Waiver
from gates.model.release import Release
from gates.model.verdict import Scope, Verdict, VerdictOutcome
from gates.reporting.phrasing import demand
from gates.reporting.reasons import Counts, blamed, counts, reasons

SCHEMA: Final = "release-gate/verdict/1"
"""Name and version of the document's form; a form that old readers cannot read gets another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One judgement in the document; `criterion` is the id of one of the document's criteria.

    `demand` is the threshold in words. `is_blocking` says that this entry alone can stop the release,
    `is_waived` that an approved exception stands in for a pass.
    """

    criterion: str
    service: str
    outcome: Outcome
    is_blocking: bool
    is_waived: bool
    demand: str
    reason: str
    measured: Measurement | None
    samples: int
    margin: float | None
    priority: Priority | None
    blames: tuple[str, ...]
    implied_by: str | None
    waiver: Waiver | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictDocument:
    """What `verdict.json` holds; `criteria` and `judgements` keep the order of the verdict."""

    schema: Literal["release-gate/verdict/1"]
    run_id: str
    outcome: VerdictOutcome
    reasons: tuple[str, ...]
    counts: Counts
    blames: tuple[str, ...]
    release: Release
    scope: Scope
    judged_at: datetime
    catalogue_digest: str
    flaws: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    judgements: tuple[Entry, ...]


def verdict_document(verdict: Verdict, *, run_id: str) -> VerdictDocument:
    """Return the document of a verdict.

    Raises:
        ValueError: one criterion id stands for two different criteria, or a judgement stands twice.
    """
    return VerdictDocument(
        schema=SCHEMA,
        run_id=run_id,
        outcome=verdict.outcome,
        reasons=tuple(reason.text for reason in reasons(verdict)),
        counts=counts(verdict.judgements),
        blames=blamed(verdict.judgements),
        release=verdict.release,
        scope=verdict.scope,
        judged_at=verdict.judged_at,
        catalogue_digest=verdict.catalogue_digest,
        flaws=verdict.flaws,
        criteria=_criteria(verdict.judgements),
        judgements=_entries(verdict.judgements),
    )


def verdict_of(document: VerdictDocument) -> Verdict:
    """Return the verdict that a document holds, after computing again all that the document derives.

    Raises:
        ValueError: the document disagrees with itself.
    """
    criteria = {criterion.id: criterion for criterion in document.criteria}
    unknown = [entry.criterion for entry in document.judgements if entry.criterion not in criteria]
    if unknown:
        raise ValueError(f"{unknown[0]} is judged but not among the criteria")
    verdict = Verdict(
        release=document.release,
        scope=document.scope,
        judgements=tuple(_judgement(criteria[entry.criterion], entry) for entry in document.judgements),
        flaws=document.flaws,
        catalogue_digest=document.catalogue_digest,
        judged_at=document.judged_at,
    )
    if verdict_document(verdict, run_id=document.run_id) != document:
        raise ValueError(f"the verdict of {document.run_id} disagrees with the judgements that it rests on")
    return verdict


_SAME = tuple(field.name for field in fields(Judgement) if field.name != "criterion")
"""What an entry and a judgement have in common."""


def _entry(judgement: Judgement) -> Entry:
    return Entry(
        criterion=judgement.criterion.id,
        is_blocking=judgement.is_blocking,
        is_waived=judgement.is_waived,
        demand=demand(judgement.criterion),
        **{name: getattr(judgement, name) for name in _SAME},
    )


def _judgement(criterion: Criterion, entry: Entry) -> Judgement:
    return Judgement(criterion=criterion, **{name: getattr(entry, name) for name in _SAME})


def _entries(judgements: tuple[Judgement, ...]) -> tuple[Entry, ...]:
    entries = tuple(_entry(judgement) for judgement in judgements)
    twice = [key for key, times in Counter(judgement.key for judgement in judgements).items() if times > 1]
    if twice:
        raise ValueError(f"{twice[0]} is judged twice")
    return entries


def _criteria(judgements: tuple[Judgement, ...]) -> tuple[Criterion, ...]:
    found: dict[str, Criterion] = {}
    for criterion in (judgement.criterion for judgement in judgements):
        if found.setdefault(criterion.id, criterion) != criterion:
            raise ValueError(f"{criterion.id} stands for two different criteria")
    return tuple(found.values())
