"""Builds arms, verdicts and results of a benchmark for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gates.judgement.judge import judge
from gates.model.bench import Arm, ArmKind, ArmResult
from gates.model.criterion import Stage
from gates.model.evidence import Evidence, EvidenceBundle
from gates.model.verdict import Scope, Verdict, VerdictOutcome
from tests.support.builders import NOW, criterion, evidence, release

BAD = Arm(
    id="M02",
    kind=ArmKind.KNOWN_BAD,
    summary="lies",
    service="auth-service",
    image="registry.test/auth:bad",
    criteria=("HLT-LIVE",),
)
GOOD = Arm(id="good", kind=ArmKind.GOOD, summary="as it is")


def verdict_on(
    *items: Evidence, is_partial: bool = False, services: Sequence[str] = ("auth-service",)
) -> Verdict:
    """Return what the gate says of some evidence about HLT-LIVE."""
    demanded = criterion(services=tuple(services))
    return Verdict(
        release=release(*services),
        scope=Scope(stage=Stage.IMMEDIATE, is_partial=is_partial),
        judgements=judge([demanded], EvidenceBundle(items=items), now=NOW),
        flaws=(),
        catalogue_digest="sha256:0",
        judged_at=NOW,
    )


def failing(service: str = "auth-service", **changes: Any) -> Verdict:
    """Return a NO_GO about a service."""
    return verdict_on(evidence(1.0, service=service, **changes), services=(service,))


def result(**changes: Any) -> ArmResult:
    """Return the result of a known-bad arm that was seen right."""
    values: dict[str, Any] = {
        "arm": "M02",
        "kind": ArmKind.KNOWN_BAD,
        "service": "auth-service",
        "number": 1,
        "outcome": VerdictOutcome.NO_GO,
        "seconds": 4.0,
        "failed": ("HLT-LIVE@auth-service",),
        "is_detected": True,
        "detection_s": 2.0,
        "requests": 7,
    }
    return ArmResult(**{**values, **changes})
