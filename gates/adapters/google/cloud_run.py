"""Cloud Run's Admin API v2 as the port that rollbacks move traffic through.

Three habits of that API shape this file. A finished operation does not mean that traffic has moved, and a
failed one does not mean that it has not: the service's own state decides. Operations may be hidden from a
narrow role: then the service is read until it settled. Without an answer to a write nobody knows whether it
was applied: it is read back. See https://cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2
"""

from __future__ import annotations

from collections.abc import Callable

from google.cloud import run_v2

from gates.actions.ports import Clock
from gates.adapters.google.cloud_run_api import CallLimits, CloudRunApi, Update
from gates.adapters.google.cloud_run_values import (
    is_same_routing,
    is_serving,
    revision_state,
    service_state,
    traffic_targets,
)
from gates.model.platform import Environment
from gates.model.state import RevisionState, ServiceState
from gates.model.traffic import TrafficSplit


class CloudRun:
    """Reads services and moves their traffic; safe to use from several threads at once."""

    def __init__(self, environment: Environment, clock: Clock, limits: CallLimits | None = None) -> None:
        self._api = CloudRunApi(environment, clock, limits)

    def close(self) -> None:
        """Close the channel."""
        self._api.close()

    def describe(self, service: str) -> ServiceState:
        """Return what the cloud says of the service right now.

        Raises:
            CloudError: the service cannot be read.
        """
        return service_state(service, self._api.read(service))

    def revisions(self, service: str) -> tuple[RevisionState, ...]:
        """Return all revisions, newest first by create time: their names say nothing about their age.

        Raises:
            CloudError: the revisions cannot be listed.
        """
        found = map(revision_state, self._api.read_revisions(service))
        return tuple(sorted(found, key=lambda r: r.created_at, reverse=True))

    def preview(self, service: str, split: TrafficSplit, etag: str) -> str:
        """Return the call that `write_traffic` would make, in words; sends nothing."""
        targets = ", ".join(
            f"{target.revision or 'LATEST'}={target.percent}%" + (f" tag={target.tag}" if target.tag else "")
            for target in split.targets
        )
        return (
            f"google.cloud.run.v2.Services/UpdateService name={self._api.path(service)} "
            f"update_mask=traffic etag={etag} traffic=[{targets}]"
        )

    def write_traffic(self, service: str, split: TrafficSplit, etag: str) -> Callable[[], ServiceState]:
        """Replace the traffic list and nothing else; return once it is accepted, with a call that waits.

        Raises:
            ConflictError: the service changed since `etag` was read, or in between.
            UnavailableError: no answer, and the list is not the one that was sent (yet).
            OperationFailedError: the cloud accepted the list and could not apply it.
            CloudError: the cloud refused. The returned call raises what becomes known later.
        """
        # The template never travels: sent back as read it would mint or clash a revision.
        change = Update(
            attempted=f"move the traffic of {service}",
            paths=("traffic",),
            make=lambda _current: run_v2.Service(traffic=traffic_targets(split)),
            is_applied=lambda found: is_same_routing(service_state(service, found).traffic, split),
            is_in_force=lambda found: is_serving(service_state(service, found), split),
        )
        ended = self._api.write(service, change, change.make(None), etag)
        return lambda: service_state(service, ended())
