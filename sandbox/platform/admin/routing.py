"""What a reconciled service routes: the list for the data plane and the list that the service reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sandbox.platform.admin.messages import (
    INGRESS,
    LATEST,
    MANUAL,
    Revision,
    Service,
    TrafficStatus,
    TrafficTarget,
)
from sandbox.platform.admin.names import Location, short
from sandbox.platform.contract import RouteTarget, ServiceRoute


class Resolved(NamedTuple):
    """A line of a traffic list and the revision that it means."""

    target: TrafficTarget
    revision: Revision


def route_of(service: Service, resolved: Sequence[Resolved]) -> ServiceRoute:
    """Return the route that the data plane is to follow."""
    scaling = service.scaling
    manual = scaling.manual_instance_count if scaling.scaling_mode == MANUAL else None
    return ServiceRoute(
        service=short(service.name),
        targets=tuple(
            RouteTarget(revision=short(revision.name), percent=target.percent, tag=target.tag)
            for target, revision in resolved
        ),
        ingress=INGRESS[service.ingress],
        is_disabled=manual == 0,
        min_instances=scaling.min_instance_count,
        max_instances=scaling.max_instance_count,
        manual_instances=manual,
    )


def statuses_of(
    service: Service, resolved: Sequence[Resolved], location: Location
) -> Sequence[TrafficStatus]:
    """Return the traffic list as the service reports it once it is applied; a tag gets its URL."""
    return [
        TrafficStatus(
            type_=target.type_,
            revision=target.revision,
            percent=target.percent,
            tag=target.tag,
            uri=location.uri(short(service.name), target.tag) if target.tag else "",
        )
        for target, _ in resolved
    ]


def is_routed(service: Service, revision: Revision) -> bool:
    """Whether the service reports traffic or a tag on the revision."""
    is_latest = revision.name == service.latest_ready_revision
    return any(
        is_latest if status.type_ == LATEST else status.revision == short(revision.name)
        for status in service.traffic_statuses
    )
