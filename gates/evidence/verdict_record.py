"""Records of verdicts: what goes into one, and what of it counts in the environment that it qualifies.

A check that an environment does not allow is *held back*: its impact, or an identity that the environment
does not have. The signed record of the qualifying environment answers held-back checks, and nothing else. The
record counts when all of these hold:

1. it is signed with an allowed key and no byte was changed (the adapter checks this),
2. it comes from the environment that `qualifiedBy` names, and is about the same stage, in full,
3. its verdict is GO,
4. criteria catalogue and configuration have the same digests,
5. it names the same services with the same image digests.

Then a held-back check is answered when the record says PASS for its criterion and service, holds what that
very producer measured there, and the measurement is not older than the criterion allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from gates.evidence.binding import untimely
from gates.model.criterion import Catalogue, Stage
from gates.model.evidence import ATTESTATION, Evidence, EvidenceBundle, EvidenceStatus
from gates.model.judgement import Judgement, Outcome
from gates.model.release import Release
from gates.model.verdict import Verdict, VerdictOutcome
from gates.model.verdict_record import FoundRecord, RecordedCheck, RecordedResult, VerdictRecord, images_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Demanded:
    """What a record must be about: the qualifying environment, and the digests of what it judged by."""

    environment: str
    catalogue_digest: str
    configuration_digest: str


def record_of(
    verdict: Verdict, *, run_id: str, configuration_digest: str, gate_version: str
) -> VerdictRecord:
    """Return the record of a verdict; it holds only what was measured in the verdict's own environment."""
    return VerdictRecord(
        environment=verdict.release.environment,
        stage=verdict.scope.stage,
        is_partial=verdict.scope.is_partial,
        outcome=verdict.outcome,
        run_id=run_id,
        judged_at=verdict.judged_at,
        catalogue_digest=verdict.catalogue_digest,
        configuration_digest=configuration_digest,
        gate_version=gate_version,
        images=images_of(verdict.release),
        results=tuple(_result(judgement) for judgement in verdict.judgements),
    )


def _result(judgement: Judgement) -> RecordedResult:
    waiver = judgement.waiver if judgement.is_waived else None
    return RecordedResult(
        criterion=judgement.criterion.id,
        service=judgement.service,
        outcome=judgement.outcome,
        waived_by="" if waiver is None else waiver.approved_by,
        checks=tuple(_checks(judgement)),
    )


def _checks(judgement: Judgement) -> Iterator[RecordedCheck]:
    for item in judgement.evidence:
        is_own = item.carried_from is None and not item.producer.startswith(ATTESTATION)
        if item.measurement is not None and is_own:
            yield RecordedCheck(
                producer=item.producer, measurement=item.measurement, samples=item.samples, window=item.window
            )


def objection_to(record: VerdictRecord, demanded: Demanded, stage: Stage, now: datetime) -> str:
    """Return why a record does not count whatever images it is about; empty if it may count."""
    flaws = {
        f"it is about {record.environment}": record.environment != demanded.environment,
        f"it is about the stage {record.stage}, not {stage}": record.stage is not stage,
        "only a part of the stage was judged": record.is_partial,
        f"its verdict is {record.outcome}": record.outcome is not VerdictOutcome.GO,
        "it was judged by another criteria catalogue": record.catalogue_digest != demanded.catalogue_digest,
        f"platform, policy or {demanded.environment} were configured differently": (
            record.configuration_digest != demanded.configuration_digest
        ),
        **{f"an image of {service} has no digest": not image for service, image in record.images},
        f"it is from the future ({record.judged_at:%Y-%m-%d %H:%M} UTC)": untimely(record.judged_at, now),
    }
    return next((flaw for flaw, holds in flaws.items() if holds), "")


def other_images(record: VerdictRecord, release: Release) -> str:
    """Return which services a record knows by another image digest; empty if all are the same."""
    recorded, wanted = dict(record.images), dict(images_of(release))
    other = [name for name in sorted({*recorded, *wanted}) if recorded.get(name) != wanted.get(name)]
    return f"it is about other images of {', '.join(other)}" if other else ""


def carry(
    bundle: EvidenceBundle, found: FoundRecord, *, environment: str, catalogue: Catalogue, now: datetime
) -> EvidenceBundle:
    """Answer the held-back checks of a bundle from the record of `environment`; the rest stays as it is."""
    items: list[Evidence] = []
    for item in bundle.items:
        if not item.held_back or item.status is not EvidenceStatus.NOT_RUN:
            items.append(item)
        elif found.record is None or found.objection:
            items.append(replace(item, reason=f"{item.held_back}; {found.objection}"))
        else:
            items += _answers(item, found.record, environment, catalogue, now)
    return EvidenceBundle(items=tuple(items), flaws=bundle.flaws)


def _answers(
    item: Evidence, record: VerdictRecord, environment: str, catalogue: Catalogue, now: datetime
) -> list[Evidence]:
    """Return what the record says about one held-back check, or the check with why it says nothing."""
    source = f"the record of {environment}, run {record.run_id}"
    result = next(
        (r for r in record.results if (r.criterion, r.service) == (item.criterion, item.subject.service)),
        None,
    )
    checks = [] if result is None else [one for one in result.checks if one.producer == item.producer]
    criterion = catalogue.find(item.criterion)
    if result is None or not checks or criterion is None:
        return [replace(item, reason=f"{item.held_back}; {source} has no result of this check")]
    if result.outcome is not Outcome.PASS:
        waived = f", waived there by {result.waived_by}" if result.waived_by else ""
        return [replace(item, reason=f"{item.held_back}; {source} says {result.outcome}{waived}")]
    if stale := next(filter(None, (untimely(one.window.end, now, criterion.max_age) for one in checks)), ""):
        return [replace(item, reason=f"{item.held_back}; {source} is {stale}")]
    return [_carried(item, one, record) for one in checks]


def _carried(item: Evidence, check: RecordedCheck, record: VerdictRecord) -> Evidence:
    seen = f"{check.window.end:%Y-%m-%d %H:%M} UTC"
    return replace(
        item,
        status=EvidenceStatus.OBSERVED,
        environment=record.environment,
        window=check.window,
        measurement=check.measurement,
        samples=check.samples,
        reason=f"carried from {record.environment}, run {record.run_id}, {seen}",
        carried_from=record.run_id,
    )
