"""What threat-detection reads from event-processor."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Call, Mesh
from sandbox.kit.models import Part
from sandbox.kit.moment import GivenMoment
from sandbox.services.threat_detection.domain import Correlation, Severity

EVENTS = "event-processor"
PAGE = 200


class CorrelationRead(Part):
    """What is needed here of a correlation."""

    id: str
    asset_id: str
    pattern: str
    severity: Severity
    event_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    indicators: tuple[str, ...]
    first_seen: GivenMoment
    last_seen: GivenMoment
    revision: int

    def value(self) -> Correlation:
        return Correlation(**self.model_dump(exclude={"revision"}))


class _Page(Part):
    items: list[CorrelationRead]


def correlations(
    mesh: Mesh, principal: Principal, *, changed_after: int = 0, asset_id: str | None = None
) -> list[CorrelationRead]:
    """The next correlations that changed after the revision, at most `PAGE`.

    Raises:
        Problem: 503 when event-processor does not answer, or not in its documented shape.
    """
    params: dict[str, str | int] = {"changedAfter": changed_after, "limit": PAGE}
    if asset_id is not None:
        params["assetId"] = asset_id
    call = Call(service=EVENTS, method="GET", path="/v1/correlations", principal=principal, params=params)
    return mesh.read(call, _Page).items
