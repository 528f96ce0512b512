"""What decision-engine asks of other services, and what it changes there."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Call, Mesh
from sandbox.kit.problem import Problem
from sandbox.services.decision_engine.domain import Ground, Severity, Step

THREATS = "threat-detection"
BEHAVIOUR = "behavioral-analysis"


class _ThreatRead(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    id: str
    asset_id: str
    severity: Severity


class _ScoreRead(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    risk: float


def ground_of(mesh: Mesh, principal: Principal, threat_id: str) -> Ground:
    """The threat and the score of its asset.

    A missing score is no reason not to decide: the threat alone is enough, and the decision says so.

    Raises:
        Problem: 404 when the tenant has no such threat, 503 when threat-detection cannot be asked.
    """
    answer = mesh.call(_get(THREATS, f"/v1/threats/{threat_id}", principal))
    if answer.status_code == 404:
        raise Problem(404, "There is no threat of that id.", code="threat_unknown")
    if answer.status_code != 200:
        raise Problem(503, f"{THREATS} refused to answer.", code="dependency_refused")
    try:
        threat = _ThreatRead.model_validate_json(answer.content)
    except ValidationError as error:
        raise Problem(503, f"{THREATS} answered in another shape.", code="dependency_unreadable") from error
    risk = risk_of(mesh, principal, threat.asset_id)
    return Ground(threat_id=threat.id, asset_id=threat.asset_id, severity=threat.severity, risk=risk)


def risk_of(mesh: Mesh, principal: Principal, asset_id: str) -> float | None:
    """The asset's risk in 0..100; None when behavioral-analysis cannot say."""
    try:
        answer = mesh.call(_get(BEHAVIOUR, f"/v1/entities/{asset_id}/score", principal))
    except Problem:
        return None
    if answer.status_code != 200:
        return None
    try:
        return _ScoreRead.model_validate_json(answer.content).risk
    except ValidationError:
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
