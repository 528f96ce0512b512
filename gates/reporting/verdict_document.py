"""`verdict.json` as a value: the verdict with all that follows from it spelled out.

The document is the source of truth of a run: JUnit, Markdown, the terminal's text and Allure are derived from
it alone. What it derives (outcome, counts, reasons, blames, demands in words) can be computed again, so a
document that disagrees with itself is refused when it is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gates.model.criterion import Criterion, Priority
from gates.model.evidence import ATTESTATION, Evidence, Measurement
from gates.model.judgement import Judgement, Outcome, Waiver
from gates.model.release import Release
from gates.model.verdict import Scope, Verdict, VerdictOutcome
from gates.reporting.phrasing import count, demand

SCHEMA: Final = "release-gate/verdict/1"
"""Name and version of the document's form; a form that old readers cannot read gets another number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many judgements came out how; `waived` are left out of the other four."""

    total: int
    passed: int
    failed: int
    inconclusive: int
    errored: int
    waived: int


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

    @property
    def key(self) -> str:
        """`CRITERION@service`: the name of this entry in every report."""
        return f"{self.criterion}@{self.service}"


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

    def criterion(self, entry: Entry) -> Criterion:
        """Return the criterion that `entry` is about.

        Raises:
            ValueError: the document has no such criterion.
        """
        for criterion in self.criteria:
            if criterion.id == entry.criterion:
                return criterion
        raise ValueError(f"{entry.criterion} is judged but not among the criteria")


def verdict_document(verdict: Verdict, *, run_id: str) -> VerdictDocument:
    """Return the document of a verdict.

    Raises:
        ValueError: one criterion id stands for two different criteria, or a judgement stands twice.
    """
    return VerdictDocument(
        schema=SCHEMA,
        run_id=run_id,
        outcome=verdict.outcome,
        reasons=_reasons(verdict),
        counts=_counts(verdict.judgements),
        blames=_blames(verdict.judgements),
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
    verdict = Verdict(
        release=document.release,
        scope=document.scope,
        judgements=tuple(_judgement(document.criterion(entry), entry) for entry in document.judgements),
        flaws=document.flaws,
        catalogue_digest=document.catalogue_digest,
        judged_at=document.judged_at,
    )
    if verdict_document(verdict, run_id=document.run_id) != document:
        raise ValueError(f"the verdict of {document.run_id} disagrees with the judgements that it rests on")
    return verdict


def counted(counts: Counts) -> str:
    """Return the counts in words, zeros left out."""
    parts = {
        "failed": counts.failed,
        "errored": counts.errored,
        "without conclusion": counts.inconclusive,
        "waived": counts.waived,
        "passed": counts.passed,
    }
    return f"{count(counts.total, 'check')}: " + ", ".join(f"{n} {what}" for what, n in parts.items() if n)


def is_waived(judgement: Judgement) -> bool:
    """Whether an approved exception stands in for a pass."""
    return judgement.waiver is not None and judgement.outcome is not Outcome.PASS


def _entry(judgement: Judgement) -> Entry:
    criterion = judgement.criterion
    return Entry(
        criterion=criterion.id,
        service=judgement.service,
        outcome=judgement.outcome,
        is_blocking=criterion.severity.blocks and judgement.waiver is None,
        is_waived=is_waived(judgement),
        demand=demand(criterion),
        reason=judgement.reason,
        measured=judgement.measured,
        samples=judgement.samples,
        margin=judgement.margin,
        priority=judgement.priority,
        blames=judgement.blames,
        implied_by=judgement.implied_by,
        waiver=judgement.waiver,
        evidence=judgement.evidence,
    )


def _judgement(criterion: Criterion, entry: Entry) -> Judgement:
    return Judgement(
        criterion=criterion,
        service=entry.service,
        outcome=entry.outcome,
        reason=entry.reason,
        measured=entry.measured,
        samples=entry.samples,
        margin=entry.margin,
        priority=entry.priority,
        blames=entry.blames,
        evidence=entry.evidence,
        waiver=entry.waiver,
        implied_by=entry.implied_by,
    )


def _entries(judgements: tuple[Judgement, ...]) -> tuple[Entry, ...]:
    entries = tuple(_entry(judgement) for judgement in judgements)
    twice = [key for key, times in Counter(entry.key for entry in entries).items() if times > 1]
    if twice:
        raise ValueError(f"{twice[0]} is judged twice")
    return entries


def _criteria(judgements: tuple[Judgement, ...]) -> tuple[Criterion, ...]:
    found: dict[str, Criterion] = {}
    for criterion in (judgement.criterion for judgement in judgements):
        if found.setdefault(criterion.id, criterion) != criterion:
            raise ValueError(f"{criterion.id} stands for two different criteria")
    return tuple(found.values())


def _counts(judgements: tuple[Judgement, ...]) -> Counts:
    by = Counter("waived" if is_waived(judgement) else judgement.outcome.value for judgement in judgements)
    return Counts(
        total=len(judgements),
        passed=by[Outcome.PASS.value],
        failed=by[Outcome.FAIL.value],
        inconclusive=by[Outcome.INCONCLUSIVE.value],
        errored=by[Outcome.ERROR.value],
        waived=by["waived"],
    )


def _blames(judgements: tuple[Judgement, ...]) -> tuple[str, ...]:
    """Services that failures point at, the most blamed first."""
    failed = (j for j in judgements if j.outcome is Outcome.FAIL and not is_waived(j))
    by = Counter(service for judgement in failed for service in dict.fromkeys(judgement.blames))
    return tuple(service for service, _ in sorted(by.items(), key=lambda item: (-item[1], item[0])))


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    """Say in sentences why the verdict is what it is."""
    reasons = []
    for outcome, words in _BLOCKING_WORDS.items():
        found = sorted(
            (j for j in verdict.blocking if j.outcome is outcome), key=lambda j: bool(j.implied_by)
        )
        if found:
            keys = [f"{judgement.criterion.id}@{judgement.service}" for judgement in found]
            reasons.append(f"{count(len(keys), 'blocking check')} {words}: {_list(keys)}")
    reasons += _waiting(verdict)
    if verdict.scope.is_partial:
        reasons.append("only a part of what the stage demands was asked for, so this can never be GO")
    reasons += [f"the evidence may be incomplete: {flaw}" for flaw in verdict.flaws]
    if not verdict.blocking:
        reasons.append("no blocking check was left to decide on")
    return tuple(reasons) or (_all_passed(len(verdict.blocking)),)


def _all_passed(checks: int) -> str:
    return "the one blocking check passed" if checks == 1 else f"all {checks} blocking checks passed"


def _waiting(verdict: Verdict) -> list[str]:
    """Say whose attestations a verdict waits for."""
    open_ids: dict[str, dict[str, None]] = {}
    for judgement in verdict.blocking:
        role = judgement.criterion.attested_by
        if role is None or judgement.outcome is Outcome.PASS:
            continue
        prefix = f"{ATTESTATION}{role}"
        if not any(e.measurement is not None and e.producer.startswith(prefix) for e in judgement.evidence):
            open_ids.setdefault(role, {})[judgement.criterion.id] = None
    return [f"{WAITS} {role}: {', '.join(ids)}" for role, ids in open_ids.items()]


WAITS: Final = "waits for the attestation of the"
"""How the reasons begin that name what people have to say."""

UNSEEN: Final = "had not enough evidence"
"""What the reason says that names what could not be concluded."""

_BLOCKING_WORDS = {
    Outcome.FAIL: "failed",
    Outcome.ERROR: "could not be evaluated",
    Outcome.INCONCLUSIVE: UNSEEN,
}
_LISTED = 5


def _list(keys: list[str]) -> str:
    more = f" and {len(keys) - _LISTED} more" if len(keys) > _LISTED else ""
    return ", ".join(keys[:_LISTED]) + more
