"""Cloud Run's Admin API v2 as the port that rollbacks move traffic through.

Three habits of that API shape this file. A finished operation does not mean that traffic has moved, and a
failed one does not mean that it has not: the service's own state decides. Operations may be hidden from a
narrow role: then the service is read until it settled. Without an answer to a write nobody knows whether it
was applied: it is read back. See https://cloud.google.com/run/docs/reference/rpc/google.cloud.run.v2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import Any, TypeVar

from google.cloud import run_v2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2
from google.rpc import code_pb2

from gates.actions.ports import Clock
from gates.adapters.cloud_errors import demanded_delay, translated
from gates.adapters.cloud_run_channel import connect
from gates.adapters.cloud_run_values import (
    is_same_routing,
    is_serving,
    revision_state,
    service_state,
    traffic_targets,
)
from gates.errors import CloudError, ConflictError, OperationFailedError, QuotaError, UnavailableError
from gates.model.platform import Environment
from gates.model.state import RevisionState, ServiceState
from gates.model.traffic import TrafficSplit

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """How long calls may take, in seconds.

    `operation_s` bounds one traffic change from its acceptance to its end; `quota_s` bounds all waiting for
    quota, which Cloud Run refills each minute; `poll_s` is the pause between two looks at a service.
    """

    read_s: float = 10.0
    write_s: float = 15.0
    operation_s: float = 120.0
    poll_s: float = 0.2
    quota_s: float = 90.0
    first_backoff_s: float = 0.5
    longest_backoff_s: float = 20.0


class CloudRun:
    """Reads services and moves their traffic; safe to use from several threads at once."""

    def __init__(self, environment: Environment, clock: Clock, limits: CallLimits | None = None) -> None:
        self._environment = environment
        self._clock = clock
        self._limits = limits or CallLimits()
        self._services, self._revisions = connect(environment.endpoints)

    def close(self) -> None:
        """Close the channel."""
        self._services.transport.close()

    def describe(self, service: str) -> ServiceState:
        """Return what the cloud says of the service right now.

        Raises:
            CloudError: the service cannot be read.
        """
        name = self._path(service)
        message = self._patiently(
            f"read {service}", lambda: self._services.get_service(name=name, timeout=self._limits.read_s)
        )
        return service_state(service, message)

    def revisions(self, service: str) -> tuple[RevisionState, ...]:
        """Return all revisions, newest first by create time: their names say nothing about their age.

        Raises:
            CloudError: the revisions cannot be listed.
        """
        parent = self._path(service)
        messages = self._patiently(
            f"list the revisions of {service}",
            lambda: list(self._revisions.list_revisions(parent=parent, timeout=self._limits.read_s)),
        )
        return tuple(sorted(map(revision_state, messages), key=lambda r: r.created_at, reverse=True))

    def preview(self, service: str, split: TrafficSplit, etag: str) -> str:
        """Return the call that `shift` would make, in words; sends nothing."""
        targets = ", ".join(
            f"{target.revision or 'LATEST'}={target.percent}%" + (f" tag={target.tag}" if target.tag else "")
            for target in split.targets
        )
        return (
            f"google.cloud.run.v2.Services/UpdateService name={self._path(service)} "
            f"update_mask=traffic etag={etag} traffic=[{targets}]"
        )

    def shift(self, service: str, split: TrafficSplit, etag: str) -> ServiceState:
        """Replace the traffic list and nothing else; return the state after the operation ended.

        Raises:
            ConflictError: the service changed since `etag` was read, or in between.
            UnavailableError: no answer, and the list is not the one that was sent (yet).
            OperationFailedError: the cloud accepted the list and could not apply it.
            CloudError: the cloud refused.
        """
        return self.send(service, split, etag)()

    def send(self, service: str, split: TrafficSplit, etag: str) -> Callable[[], ServiceState]:
        """Return once the change is accepted, with a call that waits for its end.

        Raises:
            CloudError: as `shift`; the returned call raises what becomes known later.
        """
        try:
            operation = self._send(service, split, etag)
        except UnavailableError as lost:
            state = self._read_back(service, split, lost)
            return lambda: state
        return lambda: self._ended(service, split, operation)

    def _ended(self, service: str, split: TrafficSplit, operation: Any) -> ServiceState:
        try:
            ended = self._wait(service, operation)
        except _UnheardError as unheard:
            return self._read_back(service, split, unheard.why)
        if ended.HasField("error"):
            return self._despite_error(service, split, ended.error)
        message = run_v2.Service.pb()()
        ended.response.Unpack(message)
        return service_state(service, run_v2.Service.wrap(message))

    def _send(self, service: str, split: TrafficSplit, etag: str) -> Any:
        """Send the list. The template never travels: sent back as read it would mint or clash a revision."""
        request = run_v2.UpdateServiceRequest(
            service=run_v2.Service(name=self._path(service), etag=etag, traffic=traffic_targets(split)),
            update_mask=field_mask_pb2.FieldMask(paths=["traffic"]),
        )
        accepted = self._patiently(
            f"move the traffic of {service}",
            lambda: self._services.update_service(request=request, timeout=self._limits.write_s),
        )
        return accepted.operation

    def _wait(self, service: str, operation: Any) -> Any:
        """Return the ended operation, asked for by long polls.

        Raises:
            _UnheardError: its end cannot be heard of: denied, lost, or not within the limit.
        """
        deadline = self._clock.monotonic() + self._limits.operation_s
        while not operation.done:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise _UnheardError(
                    UnavailableError(
                        f"{service}: the operation still runs after {self._limits.operation_s:g} s"
                    )
                )
            request = operations_pb2.WaitOperationRequest(
                name=operation.name, timeout=duration_pb2.Duration(seconds=max(1, int(min(left, 30))))
            )
            try:
                with translated(f"wait for the operation on {service}"):
                    answer = self._services.wait_operation(request, timeout=left + self._limits.read_s)
            except CloudError as error:
                raise _UnheardError(error) from error
            # The client hands this one answer over undecoded.
            operation = operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer
        return operation

    def _read_back(self, service: str, split: TrafficSplit, why: CloudError) -> ServiceState:
        """Return the state once the service itself shows that the list was applied."""
        deadline = self._clock.monotonic() + self._limits.operation_s
        while True:
            state = self.describe(service)
            if not is_same_routing(state.traffic, split):
                if isinstance(why, UnavailableError):
                    raise why
                raise ConflictError(
                    f"{service}: somebody else replaced the traffic list that was sent"
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
        label = code_pb2.Code.Name(error.code) if error.code in code_pb2.Code.values() else "UNKNOWN"
        cause = f"{service}: the operation failed with code {error.code} {label}: {error.message}"
        if error.code == code_pb2.ABORTED:
            raise ConflictError(cause)
        state = self.describe(service)
        if is_same_routing(state.traffic, split) and is_serving(state, split):
            return state
        raise OperationFailedError(cause, next_step="the last serving state is kept; choose another revision")

    def _patiently(self, attempted: str, call: Callable[[], _Answer]) -> _Answer:
        """Call, and again after each refusal for quota, with jitter, until the limit."""
        deadline = self._clock.monotonic() + self._limits.quota_s
        longest = self._limits.first_backoff_s
        while True:
            try:
                with translated(attempted):
                    return call()
            except QuotaError as error:
                pause = demanded_delay(error) or SystemRandom().uniform(longest / 2, longest)
                if self._clock.monotonic() + pause > deadline:
                    raise
            self._clock.wait(pause)
            longest = min(longest * 2, self._limits.longest_backoff_s)

    def _path(self, service: str) -> str:
        place = self._environment
        return f"projects/{place.project}/locations/{place.region}/services/{place.cloud_run_name(service)}"


class _UnheardError(Exception):
    """The write was accepted, and how it ended cannot be heard from the operation."""

    def __init__(self, why: CloudError) -> None:
        super().__init__(why.cause)
        self.why = why
