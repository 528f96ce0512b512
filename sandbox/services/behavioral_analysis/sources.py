"""What behavioral-analysis reads from other services."""

from __future__ import annotations

from sandbox.kit.identity import Principal
from sandbox.kit.mesh import Call, Mesh
from sandbox.kit.models import Part
from sandbox.kit.moment import text_of
from sandbox.kit.problem import Problem
from sandbox.services.behavioral_analysis.domain import SEVERITY_WEIGHTS, Activity

EVENTS = "event-processor"
ASSETS = "asset-discovery"
_PAGE = 200
_MAX_PAGES = 10
"""A score rests on at most this many pages of the newest events."""


class _EventRead(Part):
    id: str
    kind: str
    severity: str


class _Page(Part):
    items: list[_EventRead]
    next_cursor: str | None


def activities(mesh: Mesh, principal: Principal, entity_id: str, since: float) -> list[Activity]:
    """The entity's events since that Unix time.

    Raises:
        Problem: 503 when event-processor does not answer, or not in its documented shape.
    """
    found: list[Activity] = []
    params: dict[str, str | int] = {"assetId": entity_id, "occurredAfter": text_of(since), "limit": _PAGE}
    for _ in range(_MAX_PAGES):
        call = Call(service=EVENTS, method="GET", path="/v1/events", principal=principal, params=params)
        page = mesh.read(call, _Page)
        found += [Activity(**dict(event)) for event in page.items if event.severity in SEVERITY_WEIGHTS]
        if page.next_cursor is None:
            break
        params["cursor"] = page.next_cursor
    return found


def is_asset(mesh: Mesh, principal: Principal, entity_id: str) -> bool:
    """Whether asset-discovery knows the entity as an asset of the tenant.

    Raises:
        Problem: 503 when asset-discovery does not answer.
    """
    path = f"/v1/assets/{entity_id}"
    answer = mesh.call(Call(service=ASSETS, method="GET", path=path, principal=principal))
    if answer.status_code not in {200, 404}:
        raise Problem(503, f"{ASSETS} refused to answer.", code="dependency_refused")
    return answer.status_code == 200
