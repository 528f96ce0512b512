"""Judges evidence, one judgement for each criterion and service.

The truth table, for one criterion and one service. The worst line that applies counts, FAIL being worst,
then ERROR, then INCONCLUSIVE:

| what the evidence says                                             | outcome      |
|--------------------------------------------------------------------|--------------|
| a check failed (a measurement in `failed checks` above zero)       | FAIL         |
| measured in the criterion's unit, enough samples, demand not held  | FAIL         |
| a producer broke, a worker was lost, a fixture failed (ERRORED)    | ERROR        |
| measured in another unit than the criterion's                      | ERROR        |
| a named producer delivered nothing for this service                | INCONCLUSIVE |
| skipped, deselected, xfailed, not allowed here, stale, of another  | INCONCLUSIVE |
|   revision or environment (NOT_RUN)                                |              |
| fewer samples than the criterion demands                           | INCONCLUSIVE |
| the role that must attest it has not done so                       | INCONCLUSIVE |
| no producer and no attesting role                                  | INCONCLUSIVE |
| everything demanded was observed and held                          | PASS         |

A criterion that sums others up adds their judgements of the same run as lines of its own. Each counts with
its own outcome, even if it is waived; one that was not judged counts as INCONCLUSIVE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gates.judgement import comparators
from gates.model import wording
from gates.model.criterion import FAILED_CHECKS, Criterion, Priority, Severity
from gates.model.evidence import ATTESTATION, Evidence, EvidenceBundle, EvidenceStatus, Measurement
from gates.model.judgement import NOTHING_DELIVERED, Judgement, Outcome, Waiver, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What one piece of evidence, or its absence, says about a criterion."""

    outcome: Outcome
    reason: str
    measured: Measurement | None = None
    margin: float | None = None
    priority: Priority | None = None


def judge(
    criteria: Sequence[Criterion],
    bundle: EvidenceBundle,
    *,
    waivers: Iterable[Waiver] = (),
    now: datetime,
) -> tuple[Judgement, ...]:
    """Judge every criterion for every service that it names, in catalogue order.

    The order of the evidence does not matter; missing evidence never improves a judgement.
    """
    live = [waiver for waiver in waivers if waiver.expires_at > now]
    found: dict[str, list[Judgement]] = {}
    for criterion in sorted(criteria, key=lambda one: bool(one.summarises)):
        parts = _parts(criterion, found)
        found[criterion.id] = [
            _waived(_judge_one(criterion, service, _about(bundle, criterion.id, service), parts), live)
            for service in criterion.services
        ]
    judged = tuple(judgement for criterion in criteria for judgement in found[criterion.id])
    return tuple(_with_root_cause(judgement, judged) for judgement in judged)


def _parts(criterion: Criterion, judged: Mapping[str, Sequence[Judgement]]) -> tuple[_Finding, ...]:
    """Return one finding for each judgement that `criterion` sums up."""
    findings = []
    for name in criterion.summarises:
        alike = Counter(one.outcome for one in judged.get(name, ()))
        for one in judged.get(name, ()):
            of = f" for {alike[one.outcome]} services" if alike[one.outcome] > 1 else ""
            key = name if of else f"{name}@{one.service}"
            failed = Measurement(value=float(one.outcome is Outcome.FAIL), unit=FAILED_CHECKS)
            findings.append(
                _Finding(
                    outcome=one.outcome,
                    reason=f"{key}: {one.outcome}{of}",
                    measured=failed,
                    priority=one.priority,
                )
            )
        if not judged.get(name):
            findings.append(_Finding(outcome=Outcome.INCONCLUSIVE, reason=f"{name} was not judged"))
    return tuple(findings)


def _about(bundle: EvidenceBundle, criterion_id: str, service: str) -> tuple[Evidence, ...]:
    found = (e for e in bundle.items if e.criterion == criterion_id and e.subject.service == service)
    return tuple(sorted(found, key=lambda e: (e.producer, repr(e))))


def _judge_one(
    criterion: Criterion, service: str, evidence: tuple[Evidence, ...], parts: tuple[_Finding, ...]
) -> Judgement:
    findings = [*_absences(criterion, evidence), *(_finding(criterion, item) for item in evidence), *parts]
    observed = sum(item.samples for item in evidence if item.status is EvidenceStatus.OBSERVED) + len(parts)
    is_empty = not observed and all(finding.outcome is not Outcome.PASS for finding in findings)
    if observed < criterion.minimum_samples and not is_empty:
        missing = criterion.minimum_samples - observed
        wanted = wording.counted(criterion.minimum_samples, criterion.sample)
        reason = f"{observed:,} of {wanted} so far: {missing:,} more needed"
        findings.append(_Finding(outcome=Outcome.INCONCLUSIVE, reason=reason))
    outcome = worst(finding.outcome for finding in findings)
    quoted = _to_quote([finding for finding in findings if finding.outcome is outcome])
    reasons = dict.fromkeys(finding.reason for finding in findings if finding.outcome is outcome)
    return Judgement(
        criterion=criterion,
        service=service,
        outcome=outcome,
        reason="; ".join(reasons),
        measured=quoted.measured,
        samples=observed,
        margin=quoted.margin,
        priority=quoted.priority,
        blames=_blamed(service, evidence) if outcome is Outcome.FAIL else (),
        evidence=evidence,
    )


def _absences(criterion: Criterion, evidence: tuple[Evidence, ...]) -> Iterable[_Finding]:
    delivered = {item.producer.split("[", 1)[0] for item in evidence}
    for producer in criterion.producers:
        if producer not in delivered:
            yield _Finding(outcome=Outcome.INCONCLUSIVE, reason=f"not run: {producer} {NOTHING_DELIVERED}")
    role = criterion.attested_by
    if role is not None and f"{ATTESTATION}{role}" not in delivered:
        yield _Finding(outcome=Outcome.INCONCLUSIVE, reason=f"not attested: waits for the {role}")
    if role is None and not (criterion.producers or criterion.summarises):
        yield _Finding(outcome=Outcome.INCONCLUSIVE, reason="nothing produces evidence for this criterion")


def _finding(criterion: Criterion, evidence: Evidence) -> _Finding:
    measured = evidence.measurement
    if measured is None:
        is_broken = evidence.status is EvidenceStatus.ERRORED
        word = "could not be evaluated" if is_broken else "not run"
        outcome = Outcome.ERROR if is_broken else Outcome.INCONCLUSIVE
        why = evidence.reason.removeprefix("skipped: ") or evidence.producer
        return _Finding(outcome=outcome, reason=f"{word}: {why}")
    if measured.unit == FAILED_CHECKS and (measured.value > 0 or criterion.unit != FAILED_CHECKS):
        return _failed_check(criterion, evidence, measured)
    if measured.unit != criterion.unit:
        reason = f"measured in {measured.unit}, demanded in {criterion.unit} ({evidence.producer})"
        return _Finding(outcome=Outcome.ERROR, reason=reason)
    return _compared(criterion, evidence, measured)


def _failed_check(criterion: Criterion, evidence: Evidence, measured: Measurement) -> _Finding:
    if measured.value > 0:
        return _Finding(
            outcome=Outcome.FAIL,
            reason=evidence.reason or f"{wording.figure(measured)} in {evidence.producer}",
            measured=measured,
            margin=-measured.value,
            priority=criterion.priority,
        )
    reason = f"{evidence.producer} passed but measured nothing in {criterion.unit}"
    return _Finding(outcome=Outcome.ERROR, reason=reason)


def _compared(criterion: Criterion, evidence: Evidence, measured: Measurement) -> _Finding:
    value = measured.value
    is_held = comparators.holds(value, criterion.comparator, criterion.threshold)
    seen = wording.observed(measured, evidence.samples, criterion)
    seen += f" ({evidence.reason})" if evidence.reason else ""
    if not is_held and evidence.samples < criterion.minimum_samples:
        return _Finding(outcome=Outcome.INCONCLUSIVE, reason=seen, measured=measured)
    return _Finding(
        outcome=Outcome.PASS if is_held else Outcome.FAIL,
        reason=seen,
        measured=measured,
        margin=comparators.margin(value, criterion.comparator, criterion.threshold),
        priority=None if is_held else comparators.priority(value, criterion),
    )


def _to_quote(findings: Sequence[_Finding]) -> _Finding:
    """Return the finding to quote: the worst priority, then the smallest margin."""

    def rank(finding: _Finding) -> tuple[str, float]:
        return (finding.priority or "P9", float("inf") if finding.margin is None else finding.margin)

    return min(findings, key=rank)


def _blamed(service: str, evidence: tuple[Evidence, ...]) -> tuple[str, ...]:
    failed = (e for e in evidence if e.measurement is not None and e.measurement.value > 0)
    named = sorted({item.blames for item in failed if item.blames is not None})
    return tuple(named) or (service,)


def _waived(judgement: Judgement, waivers: Sequence[Waiver]) -> Judgement:
    is_grave = judgement.criterion.severity is Severity.BLOCKER or judgement.priority is Priority.P0
    if judgement.outcome is Outcome.PASS or is_grave:  # a blocker or a P0 cannot be waived
        return judgement
    for waiver in waivers:
        if waiver.criterion == judgement.criterion.id and waiver.service in (None, judgement.service):
            return replace(judgement, waiver=waiver)
    return judgement


def _with_root_cause(judgement: Judgement, judged: Sequence[Judgement]) -> Judgement:
    """Name the failed criterion that explains this failure, so that the cause is reported first."""
    if judgement.outcome is Outcome.PASS:
        return judgement
    for other in judged:
        is_near = other.service in (judgement.service, *judgement.blames)
        is_cause = other.criterion.id in judgement.criterion.depends_on and is_near
        is_part = other.criterion.id in judgement.criterion.summarises
        if other.outcome is Outcome.FAIL and (is_cause or is_part):
            return replace(judgement, implied_by=other.key)
    return judgement
