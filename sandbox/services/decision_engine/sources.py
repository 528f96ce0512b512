"""What decision-engine asks of other services, and what it changes there."""

from __future__ import annotations

from typing import Any

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Call, Mesh
from sandbox.kit.models import Part
from sandbox.kit.problem import Problem
from sandbox.services.decision_engine.domain import DecisionBasis, Severity, Step

THREATS = "threat-detection"
BEHAVIOUR = "behavioral-analysis"


class _ThreatRead(Part):
    id: str
    asset_id: str
    severity: Severity


class _ScoreRead(Part):
    risk: float


def basis_of(mesh: Mesh, principal: Principal, threat_id: str) -> DecisionBasis:
    """The threat and the score of its asset.

    Without a score the threat alone is enough, and the decision shows that there was none.

    Raises:
        Problem: 404 when the tenant has no such threat, 503 when threat-detection cannot be asked.
    """
    unknown = Problem(404, "There is no threat of that id.", code="threat_unknown")
    threat = mesh.read(_get(THREATS, f"/v1/threats/{threat_id}", principal), _ThreatRead, missing=unknown)
    risk = risk_of(mesh, principal, threat.asset_id)
    return DecisionBasis(threat_id=threat.id, asset_id=threat.asset_id, severity=threat.severity, risk=risk)


def risk_of(mesh: Mesh, principal: Principal, asset_id: str) -> float | None:
    """The asset's risk in 0..100; None when behavioral-analysis cannot say."""
    try:
        return mesh.read(_get(BEHAVIOUR, f"/v1/entities/{asset_id}/score", principal), _ScoreRead).risk
    except Problem:
        return None


def make(mesh: Mesh, principal: Principal, step: Step) -> bool:
    """Make one step; False when the record that it changes does not exist.

    Raises:
        Problem: 503 when the service cannot be asked or refuses.
    """
    change: dict[str, Any] = dict(step.change)
    answer = mesh.call(
        Call(service=step.service, method="PATCH", path=step.path, principal=principal, json=change)
    )
    if answer.status_code not in {200, 404}:
        raise Problem(503, f"{step.service} refused the step.", code="step_refused")
    return answer.status_code == 200


def _get(service: str, path: str, principal: Principal) -> Call:
    return Call(service=service, method="GET", path=path, principal=principal)
