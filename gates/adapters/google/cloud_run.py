"""Cloud Run's Admin API v2 as the port that rollbacks move traffic through.

Three habits of that API shape this file. A finished operation does not mean that traffic has moved, and a
failed one does not mean that it has not: the service's own state decides. Operations may be hidden from a
narrow role: then the service is read until it settled. Without an answer to a write nobody knows whether it
was applied: it is read back. See https://cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.cloud import run_v2
from google.rpc import code_pb2

from gates.actions.ports import Clock
from gates.adapters.google.cloud_run_api import CallLimits, CloudRunApi, UnheardError, operation_error
from gates.adapters.google.cloud_run_values import (
    is_same_routing,
    is_serving,
    revision_state,
    service_state,
    traffic_targets,
)
from gates.errors import CloudError, ConflictError, OperationFailedError, UnavailableError
from gates.model.platform import Environment
from gates.model.state import RevisionState, ServiceState
from gates.model.traffic import TrafficSplit


class CloudRun:
    """Reads services and moves their traffic; safe to use from several threads at once."""

    def __init__(self, environment: Environment, clock: Clock, limits: CallLimits | None = None) -> None:
        self._api = CloudRunApi(environment, clock, limits)
        self._clock = clock
        self._limits = self._api.limits

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
        try:
            operation = self._send(service, split, etag)
        except UnavailableError as lost:
            state = self._read_back(service, split, lost)
            return lambda: state
        return lambda: self._ended(service, split, operation)

    def _ended(self, service: str, split: TrafficSplit, operation: Any) -> ServiceState:
        try:
            ended = self._api.ended(service, operation)
        except UnheardError as unheard:
            return self._read_back(service, split, unheard.why)
        if ended.HasField("error"):
            return self._despite_error(service, split, ended.error)
        message = run_v2.Service.pb()()
        ended.response.Unpack(message)
        return service_state(service, run_v2.Service.wrap(message))

    def _send(self, service: str, split: TrafficSplit, etag: str) -> Any:
        """Send the list. The template never travels: sent back as read it would mint or clash a revision."""
        message = run_v2.Service(name=self._api.path(service), etag=etag, traffic=traffic_targets(split))
        return self._api.send(f"move the traffic of {service}", message, ["traffic"])

    def _read_back(self, service: str, split: TrafficSplit, why: CloudError) -> ServiceState:
        """Return the state once the service itself shows that the list was applied."""
        deadline = self._clock.monotonic() + self._limits.operation_s
        while True:
            state = self.describe(service)
            if not is_same_routing(state.traffic, split):
                if isinstance(why, UnavailableError):
                    raise why
                raise ConflictError(
                    f"{service}: another actor replaced the traffic list that was sent"
                ) from why
            if not state.is_reconciling:
                break
            if self._clock.monotonic() >= deadline:
                raise UnavailableError(f"{service} still reconciles after {self._limits.operation_s:g} s")
            self._clock.wait(self._limits.poll_s)
        if is_serving(state, split):
            return state
        raise OperationFailedError(
            f"{service} did not take the traffic list: {state.detail or 'no reason given'}"
        )

    def _despite_error(self, service: str, split: TrafficSplit, error: Any) -> ServiceState:
        """Return the state when the list was applied although the operation failed for another reason."""
        if error.code == code_pb2.ABORTED:
            raise operation_error(service, error)
        state = self.describe(service)
        if is_same_routing(state.traffic, split) and is_serving(state, split):
            return state
        raise operation_error(service, error)
