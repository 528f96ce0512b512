"""What threat-detection reads from event-processor."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Call, Mesh
from sandbox.kit.moment import GivenMoment
from sandbox.kit.problem import Problem
from sandbox.services.threat_detection.domain import Correlation, Severity

EVENTS = "event-processor"
PAGE = 200


class CorrelationRead(BaseModel):
    """The part of a correlation that is needed here; what else it holds is not looked at."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    id: str
    asset_id: str
    pattern: str
    severity: Severity
    event_ids: Annotated[list[str], Field(min_length=1)]
    indicators: list[str]
    first_seen: GivenMoment
    last_seen: GivenMoment
    revision: int

    def value(self) -> Correlation:
        """The correlation as the domain knows it."""
        return Correlation(
            id=self.id,
            asset_id=self.asset_id,
            pattern=self.pattern,
            severity=self.severity,
            event_ids=tuple(self.event_ids),
            indicators=tuple(self.indicators),
            first_seen=self.first_seen,
            last_seen=self.last_seen,
        )


class _Page(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    items: list[CorrelationRead]


def correlations(
    mesh: Mesh, principal: Principal, *, changed_after: int = 0, asset_id: str | None = None
) -> list[CorrelationRead]:
    """The next correlations that changed after the revision, at most `PAGE`.

    Raises:
        Problem: 503 when event-processor does not answer, 502 when its answer cannot be read.
    """
    params: dict[str, str | int] = {"changedAfter": changed_after, "limit": PAGE}
    if asset_id is not None:
        params["assetId"] = asset_id
    answer = mesh.call(
        Call(service=EVENTS, method="GET", path="/v1/correlations", principal=principal, params=params)
    )
    if answer.status_code != 200:
        raise Problem(503, f"{EVENTS} refused to answer.", code="dependency_refused")
    try:
        return _Page.model_validate_json(answer.content).items
    except ValidationError as error:
        raise Problem(503, f"{EVENTS} answered in another shape.", code="dependency_unreadable") from error
