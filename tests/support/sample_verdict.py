"""One whole story to look at: a release of nine services in which logging out does not revoke the token."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from gates.model.criterion import Comparator, Criterion, FailureAction, Priority, Severity, Stage
from gates.model.decision import Decision, DecisionKind, PreAuthorisation, RollbackPlan
from gates.model.evidence import Measurement
from gates.model.judgement import Judgement, Outcome, Waiver
from gates.model.receipt import Receipt, ReceiptState
from gates.model.verdict import Scope, Verdict
from tests.support.builders import NOW, back, criterion, evidence, release

RUN_ID = "20260301T120000Z-immediate"

SERVICES = (
    "frontend",
    "api-gateway",
    "auth-service",
    "asset-discovery",
    "event-processor",
    "threat-detection",
    "behavioral-analysis",
    "decision-engine",
    "nlp-assistant",
)


def _demands(**changes: Any) -> Criterion:
    category = changes.get("category", "infrastructure")
    document = f"platforms/isectech/criteria/{category}.yaml"
    return criterion(services=SERVICES, document=document, line=12, **changes)


LIVE = _demands(category="infrastructure")
LATENCY = _demands(
    id="PRF-P95",
    statement="95 of 100 requests are answered within 300 ms.",
    category="testing",
    severity=Severity.CRITICAL,
    comparator=Comparator.LT,
    threshold=300.0,
    unit="ms",
    counts="request",
    minimum_samples=100,
)
LOGOUT = _demands(
    id="SEC-LOGOUT",
    statement="A token is refused everywhere as soon as its session is logged out.",
    category="security",
    priority=Priority.P0,
    rationale="A stolen token must be worthless after logging out (OWASP ASVS 5.0, 7.4.1).",
)
HEADERS = _demands(
    id="SEC-HEADERS",
    statement="Every answer carries the security headers.",
    category="security",
    severity=Severity.NORMAL,
    priority=Priority.P3,
)
ALERTS = _demands(
    id="MON-ALERTS",
    statement="Each alert of the policy exists and reaches a person.",
    category="monitoring",
    severity=Severity.CRITICAL,
)
BACKUP = _demands(
    id="OPS-BACKUP",
    statement="The last backup is younger than the recovery point objective.",
    category="operations",
    comparator=Comparator.LE,
    threshold=900.0,
    unit="s",
    severity=Severity.CRITICAL,
    failure_action=FailureAction.INVESTIGATE,
)


def passed(demand: Criterion, service: str, value: float = 0.0) -> Judgement:
    """Return a passed judgement that measured `value`."""
    seen = evidence(value, criterion=demand.id, service=service, unit=demand.unit)
    return Judgement(
        criterion=demand,
        service=service,
        outcome=Outcome.PASS,
        reason="the demand is met",
        measured=Measurement(value=value, unit=demand.unit),
        samples=max(demand.minimum_samples, 1),
        margin=abs(demand.threshold - value),
        evidence=(seen,),
    )


def failed(demand: Criterion, service: str, value: float, reason: str, **changes: Any) -> Judgement:
    """Return a failed judgement that measured `value`."""
    seen = evidence(value, criterion=demand.id, service=service, unit=demand.unit, reason=reason)
    values: dict[str, Any] = {
        "outcome": Outcome.FAIL,
        "reason": reason,
        "margin": demand.threshold - value,
        "priority": demand.priority,
        "blames": (service,),
        "evidence": (seen,),
    }
    return replace(passed(demand, service, value), **{**values, **changes})


def _special() -> dict[tuple[str, str], Judgement]:
    """The judgements of the story that are no plain pass."""
    refused = "GET /v1/assets with the token of a logged out session answered 200, expected 401"
    root = failed(LOGOUT, "auth-service", 1, "POST /v1/introspect says active after logging out")
    found = [root]
    found += [
        failed(LOGOUT, name, 1, refused, implied_by=LOGOUT.id, blames=("auth-service",))
        for name in ("api-gateway", "asset-discovery")
    ]
    found.append(
        failed(
            LATENCY,
            "nlp-assistant",
            412.5,
            "measured 412.5 ms over 1,240 requests, demanded < 300 ms (p99 980 ms)",
        )
    )
    waiver = Waiver(
        criterion=HEADERS.id,
        service="frontend",
        reason="the new content security policy is rolled out in report-only mode first",
        approved_by="security-lead@example.test",
        role="security-lead",
        expires_at=NOW + timedelta(days=7),
    )
    found.append(failed(HEADERS, "frontend", 1, "no Content-Security-Policy", waiver=waiver))
    nothing: dict[str, Any] = {"measured": None, "margin": None, "samples": 0, "evidence": ()}
    open_ = replace(passed(BACKUP, "event-processor"), **nothing, outcome=Outcome.INCONCLUSIVE)
    found.append(replace(open_, reason="no evidence: the backup listing has no entry for this service"))
    broken = replace(passed(ALERTS, "decision-engine"), **nothing, outcome=Outcome.ERROR)
    found.append(replace(broken, reason="the Monitoring API answered DEADLINE_EXCEEDED three times"))
    return {(judgement.criterion.id, judgement.service): judgement for judgement in found}


def bad_verdict() -> Verdict:
    """Return the verdict of the story: NO_GO, with one of everything that can happen to a criterion."""
    special = _special()
    good = {LATENCY.id: 87.25, BACKUP.id: 240.0}
    judgements = [
        special.get((demand.id, service)) or passed(demand, service, good.get(demand.id, 0.0))
        for demand in (LIVE, LATENCY, LOGOUT, HEADERS, ALERTS, BACKUP)
        for service in SERVICES
    ]
    return _verdict(tuple(judgements))


def good_verdict() -> Verdict:
    """Return the verdict of the release before it: everything passed."""
    return _verdict(tuple(passed(LIVE, service) for service in SERVICES))


def _verdict(judgements: tuple[Judgement, ...]) -> Verdict:
    return Verdict(
        release=release(*SERVICES),
        scope=Scope(stage=Stage.IMMEDIATE),
        judgements=judgements,
        flaws=(),
        catalogue_digest="sha256:" + "c" * 64,
        judged_at=NOW,
    )


ROLL_BACK = back(
    "auth-service",
    from_revision="auth-service-00002",
    to_revision="auth-service-00001",
    reason="SEC-LOGOUT failed",
)


STANDING = PreAuthorisation(
    priority=Priority.P0,
    by="person-one",
    role="On-call Engineer",
    issued_at=NOW - timedelta(days=1),
    expires_at=NOW + timedelta(days=30),
    statement="standing-authority-P0-on-call-engineer-0123456789ab.json",
)


def decision() -> Decision:
    """Return what is decided about the bad verdict."""
    return Decision(
        kind=DecisionKind.ROLL_BACK,
        because=("SEC-LOGOUT failed for auth-service, which is P0",),
        services=("auth-service",),
        priority=Priority.P0,
        authority="On-call Engineer",
        response_time=timedelta(minutes=5),
        standing=(STANDING,),
        plan=RollbackPlan(waves=((ROLL_BACK,),)),
    )


def receipt() -> Receipt:
    """Return how the rollback ended."""
    return Receipt(
        action=ROLL_BACK,
        state=ReceiptState.DONE,
        at=NOW,
        seconds=1.25,
        detail="the service answers with auth-service-00001",
        is_verified=True,
    )
