"""From a verdict to a decision: the guide's decision matrix and its validation table.

| verdict                                   | decision                                                   |
|-------------------------------------------|------------------------------------------------------------|
| GO                                        | PROMOTE                                                    |
| INCONCLUSIVE                              | HOLD                                                       |
| NO_GO, every failed criterion says hold   | HOLD                                                       |
| NO_GO, worst failure is P0 or P1          | ROLL_BACK (P0 within 5 min, P1 within 15 min)              |
| NO_GO, a failed criterion demands it      | ROLL_BACK (planned, by the authority of its priority)      |
| NO_GO, a failed criterion demands scale   | SCALE                                                      |
| NO_GO, otherwise                          | INVESTIGATE                                                |

A rollback happens by itself only under signed standing authorities for its priority that cover every service
of it and have not expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from gates.decision.candidates import ServiceView, why_not_left
from gates.decision.response_clock import due
from gates.decision.rollback_plan import plan_rollback
from gates.model.criterion import PLATFORM, FailureAction, Priority
from gates.model.decision import Decision, DecisionKind, PreAuthorisation
from gates.model.judgement import Judgement, Outcome
from gates.model.platform import MatrixRow, Platform, ServiceSpec
from gates.model.release import Release
from gates.model.verdict import Verdict, VerdictOutcome


def decide(
    verdict: Verdict, *, platform: Platform, standing: Sequence[PreAuthorisation], now: datetime
) -> Decision:
    """Say what to do about `verdict`; the rollback plan, which needs the cloud, is added by `with_plan`."""
    match verdict.outcome:
        case VerdictOutcome.GO:
            passed = sum(judgement.outcome is Outcome.PASS for judgement in verdict.judgements)
            met = f"{passed} demands are met"
            return Decision(kind=DecisionKind.PROMOTE, because=(met,), decided_at=now)
        case VerdictOutcome.INCONCLUSIVE:
            return Decision(kind=DecisionKind.HOLD, because=_open_questions(verdict), decided_at=now)
        case VerdictOutcome.NO_GO:
            return _answer_failure(verdict, platform, standing, now)


def with_plan(
    decision: Decision, release: Release, views: Sequence[ServiceView], services: Sequence[ServiceSpec]
) -> Decision:
    """Add the plan; a candidate without traffic cannot be rolled back, so the decision is HOLD."""
    candidates = {entry.service: entry.candidate.name for entry in release.services}
    guilty = {view.state.service: view for view in views if view.state.service in decision.services}
    kept = {name: why for name, view in guilty.items() if (why := why_not_left(view, candidates[name]))}
    because = (*decision.because, *(f"{name}: {why}" for name, why in kept.items()))
    leaving = tuple(name for name in decision.services if name not in kept)
    if kept and not leaving:
        return replace(decision, kind=DecisionKind.HOLD, because=because, standing=())
    cases = [guilty[name].case(candidates[name], decision.because[0]) for name in leaving]
    return replace(decision, because=because, services=leaving, plan=plan_rollback(cases, services))


def _open_questions(verdict: Verdict) -> tuple[str, ...]:
    open_ones = [j for j in verdict.blocking if j.outcome is not Outcome.PASS]
    partial = ["only a part of the stage was asked for"] if verdict.scope.is_partial else []
    return (*verdict.flaws, *partial, *_told(open_ones)) or ("no blocking criterion was evaluated",)


def _answer_failure(
    verdict: Verdict, platform: Platform, standing: Sequence[PreAuthorisation], now: datetime
) -> Decision:
    failed = root_causes_first([j for j in verdict.blocking if j.outcome is Outcome.FAIL])
    priority = min((j.priority or j.criterion.priority for j in failed), default=Priority.P0)
    kind = _kind(failed, priority)
    row = _row(platform, priority)
    services = _services(kind, failed, verdict.release)
    return Decision(
        kind=kind,
        because=_told(failed),
        services=services,
        priority=priority,
        authority=row.authority if row else None,
        response_time=row.response_time if row else None,
        standing=covering(standing, priority, services, now),
        decided_at=now,
        due=due(now, row.response_time, platform.policy.maintenance_window) if row else None,
    )


def covering(
    standing: Sequence[PreAuthorisation], priority: Priority | None, services: Sequence[str], now: datetime
) -> tuple[PreAuthorisation, ...]:
    """Return the authorities that together cover a rollback of `services`; none when one is not covered."""
    live = [entry for entry in standing if entry.priority is priority and entry.expires_at > now]
    used = {name: [entry for entry in live if entry.service in (None, name)] for name in services}
    if not all(used.values()):
        return ()
    return tuple(dict.fromkeys(entries[0] for entries in used.values()))


def _told(judgements: Iterable[Judgement]) -> tuple[str, ...]:
    """Return the reasons as lines; one that several services share is written once."""
    services: dict[tuple[str, str], list[str]] = {}
    for judgement in judgements:
        services.setdefault((judgement.criterion.id, judgement.reason), []).append(judgement.service)
    return tuple(f"{name} {', '.join(of)}: {reason}" for (name, reason), of in services.items())


def _kind(failed: Sequence[Judgement], priority: Priority) -> DecisionKind:
    actions = {judgement.criterion.failure_action for judgement in failed}
    if actions == {FailureAction.HOLD}:
        return DecisionKind.HOLD
    if priority in (Priority.P0, Priority.P1) or FailureAction.ROLLBACK in actions:
        return DecisionKind.ROLL_BACK
    return DecisionKind.SCALE if FailureAction.SCALE in actions else DecisionKind.INVESTIGATE


def _row(platform: Platform, priority: Priority) -> MatrixRow | None:
    return next((row for row in platform.matrix if row.priority is priority), None)


def root_causes_first(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Order failures: causes before what they imply, then by priority, then by id and service."""
    return sorted(
        judgements,
        key=lambda j: (
            j.implied_by is not None,
            j.priority or j.criterion.priority,
            j.criterion.id,
            j.service,
        ),
    )


def _services(kind: DecisionKind, failed: Sequence[Judgement], release: Release) -> tuple[str, ...]:
    """Return whom the decision is about: what is overloaded is scaled, whether it changed or not."""
    blamed = {name for judgement in failed for name in judgement.blames} - {PLATFORM}
    if kind is DecisionKind.SCALE and blamed:
        return tuple(entry.service for entry in release.services if entry.service in blamed)
    return services_to_roll_back(failed, release)


def services_to_roll_back(failed: Sequence[Judgement], release: Release) -> tuple[str, ...]:
    """Return the services whose candidates are to blame.

    A blamed service without a GO in service is rolled back. If no blamed service is new (a journey failed, or
    a service shows the fault of another), every new one is. If no service is new, the same holds for those
    that are watched: a recent GO stays suspected for a day. A revision without traffic is suspected last,
    unless it is blamed itself.
    """
    blamed = {name for judgement in failed for name in judgement.blames} - {PLATFORM}
    new = [entry for entry in release.services if not entry.candidate_verified]
    watched = [entry for entry in release.services if entry.is_watched]
    groups = (
        [entry for entry in new if entry.service in blamed],
        [entry for entry in new if entry.has_traffic],
        [entry for entry in watched if entry.service in blamed],
        watched,
        new,
    )
    return tuple(entry.service for entry in next(filter(None, groups), []))
