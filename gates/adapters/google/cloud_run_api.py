"""Calls of Cloud Run's Admin API v2, with one rule for waiting, for conflicts and for lost answers.

1. A refusal for quota (429) is waited for: as long as the server asks (RetryInfo), else with growing pauses
   and jitter, until `quota_s` is spent. Reads and writes alike.
2. A write carries the etag of the read that it was made from. After another write meanwhile (ABORTED)
   the service is read again and the write is made anew from what stands then.
3. Without an answer to a write it is not known whether it was applied: the service is read before anything is
   sent again, and what it shows decides.
4. An operation whose end cannot be heard (denied to a narrow role, lost, too slow) is judged by the service.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any, TypeVar

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2, field_mask_pb2
from google.rpc import code_pb2

from gates.adapters.google.cloud_clients import beside, connect
from gates.adapters.google.cloud_errors import demanded_delay, translated
from gates.errors import CloudError, ConflictError, OperationFailedError, QuotaError, UnavailableError
from gates.model.clock import Clock
from gates.model.platform import Environment

_Answer = TypeVar("_Answer")
_SUCCEEDED = run_v2.Condition.State.CONDITION_SUCCEEDED
_LONGEST_POLL_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLimits:
    """How long calls may take, in seconds, and how often a write is made anew.

    `operation_s` bounds one change from its acceptance to its end; `quota_s` bounds all waiting for quota,
    which Cloud Run refills each minute; `poll_s` is the pause between two looks at a service, `retry_s` the
    one before a write is made anew.
    """

    read_s: float = 10.0
    write_s: float = 15.0
    operation_s: float = 120.0
    poll_s: float = 0.2
    retry_s: float = 0.2
    attempts: int = 4
    quota_s: float = 90.0
    first_backoff_s: float = 0.5
    longest_backoff_s: float = 20.0


class UnheardError(Exception):
    """A write was accepted, and how it ended cannot be heard from its operation."""

    def __init__(self, why: CloudError) -> None:
        super().__init__(why.cause)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A change of the fields `paths` of one service.

    `is_applied` says whether a service as read shows the change, `is_in_force` whether it took effect, once
    it reconciles no more. `operation_s` takes the place of that limit of the calls.
    """

    attempted: str
    paths: Sequence[str]
    is_applied: Callable[[Any], bool]
    is_in_force: Callable[[Any], bool] = lambda message: message.terminal_condition.state == _SUCCEEDED
    operation_s: float | None = None


class CloudRunApi:
    """The services of one environment; safe to use from several threads at once."""

    def __init__(
        self,
        environment: Environment,
        clock: Clock,
        limits: CallLimits | None = None,
        fence: Callable[[], None] = lambda: None,
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._fence = fence
        self.limits = limits or CallLimits()
        self._services = connect(run_v2.ServicesClient, environment.endpoints.run_grpc)
        self._revisions = beside(run_v2.RevisionsClient, self._services)

    def close(self) -> None:
        """Close the channel."""
        self._services.transport.close()

    def path(self, service: str) -> str:
        """Return the resource name of a service of the platform."""
        place = self._environment
        return f"projects/{place.project}/locations/{place.region}/services/{place.cloud_run_name(service)}"

    def read(self, service: str) -> Any:
        """Return the service's message; raise CloudError."""
        name, limit = self.path(service), self.limits.read_s
        return self._patiently(
            f"read {service}", lambda: self._services.get_service(name=name, timeout=limit)
        )

    def read_revisions(self, service: str) -> list[Any]:
        """Return the messages of all revisions; raise CloudError."""
        parent, limit = self.path(service), self.limits.read_s
        return self._patiently(
            f"list the revisions of {service}",
            lambda: list(self._revisions.list_revisions(parent=parent, timeout=limit)),
        )

    def read_revision(self, service: str, revision: str) -> Any:
        """Return the message of one revision; raise CloudError."""
        name, limit = f"{self.path(service)}/revisions/{revision}", self.limits.read_s
        return self._patiently(
            f"read {revision}", lambda: self._revisions.get_revision(name=name, timeout=limit)
        )

    def read_policy(self, service: str) -> Any:
        """Return who has which role at the service; raise CloudError."""
        request = iam_policy_pb2.GetIamPolicyRequest(resource=self.path(service))
        limit = self.limits.read_s
        return self._patiently(
            f"read who may call {service}",
            lambda: self._services.get_iam_policy(request=request, timeout=limit),
        )

    def _ended(self, service: str, operation: Any, operation_s: float) -> Any:
        """Return the operation once it is done, asked for by long polls.

        Raises:
            UnheardError: its end cannot be heard of: denied, lost, or not within the limit.
        """
        deadline = self._clock.monotonic() + operation_s
        while not operation.done:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise UnheardError(
                    UnavailableError(f"{service}: the operation still runs after {operation_s:g} s")
                )
            request = operations_pb2.WaitOperationRequest(
                name=operation.name,
                timeout=duration_pb2.Duration(seconds=max(1, int(min(left, _LONGEST_POLL_S)))),
            )
            try:
                with translated(f"wait for the operation on {service}"):
                    answer = self._services.wait_operation(request, timeout=left + self.limits.read_s)
            except CloudError as error:
                raise UnheardError(error) from error
            # The client hands this one answer over undecoded.
            operation = operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer
        return operation

    def update(self, service: str, change: Update, make: Callable[[Any], Any]) -> Any:
        """Make a change once, whatever becomes of the answers, and return the service's message after it.

        `make` returns the fields to write, from the service as just read; what it raises stops the write.

        Raises:
            ConflictError: others wrote each time in between.
            UnavailableError: no answer, and the change is not there.
            OperationFailedError: the cloud accepted the change and could not carry it out.
            CloudError: the cloud refused, or `make` did.
        """
        trouble: CloudError | None = None
        for _ in range(self.limits.attempts):
            if trouble is not None:
                self._clock.wait(self.limits.retry_s)
            current = self.read(service)
            if trouble is not None and change.is_applied(current):
                return self._settled(service, change)
            try:
                return self.write(service, change, make(current), current.etag)()
            except (ConflictError, UnavailableError) as error:
                trouble = error
        raise trouble or CloudError(f"could not {change.attempted}: no attempt was allowed")

    def write(self, service: str, change: Update, wanted: Any, etag: str) -> Callable[[], Any]:
        """Send one write; return once it is accepted, with a call that waits for its end.

        Raises:
            ConflictError: the service changed since its etag was read.
            UnavailableError: no answer, and the change is not there.
            CloudError: the cloud refused. The returned call raises what becomes known later.
            LeaseLostError: another gate took over meanwhile; nothing was sent.
        """
        wanted.name, wanted.etag = self.path(service), etag
        request = run_v2.UpdateServiceRequest(
            service=wanted, update_mask=field_mask_pb2.FieldMask(paths=change.paths)
        )

        def send() -> Any:
            self._fence()
            return self._services.update_service(request=request, timeout=self.limits.write_s)

        try:
            accepted = self._patiently(change.attempted, send)
        except UnavailableError as lost:
            message = self._settled(service, change, lost)
            return lambda: message
        return lambda: self._end(service, change, accepted.operation)

    def _end(self, service: str, change: Update, operation: Any) -> Any:
        """Return the service's message once the operation is done; the service itself decides what it did."""
        try:
            ended = self._ended(service, operation, self._limit(change))
        except UnheardError as unheard:
            return self._settled(service, change, unheard.why)
        if not ended.HasField("error"):
            message = run_v2.Service.pb()()
            ended.response.Unpack(message)
            return run_v2.Service.wrap(message)
        if ended.error.code != code_pb2.ABORTED:
            current = self.read(service)
            if change.is_applied(current) and change.is_in_force(current):
                return current
        raise operation_error(service, ended.error)

    def _settled(self, service: str, change: Update, why: CloudError | None = None) -> Any:
        """Return the service's message once it shows the change and reconciles no more.

        `why` is what kept the end of the write from being heard.
        """
        operation_s = self._limit(change)

        def look() -> Any:
            current = self.read(service)
            if not change.is_applied(current):
                if isinstance(why, UnavailableError):
                    raise why
                raise ConflictError(f"{service}: another actor replaced what was written") from why
            return None if current.reconciling else current

        current = self._clock.until(look, within=operation_s, every=self.limits.poll_s)
        if current is None:
            raise UnavailableError(
                f"{service} still reconciles after {operation_s:g} s",
                next_step="read the service again: the outcome is unknown",
            )
        if change.is_in_force(current):
            return current
        reason = current.terminal_condition.message or "no reason given"
        raise OperationFailedError(
            f"could not {change.attempted}: {service} did not take the change: {reason}"
        )

    def _limit(self, change: Update) -> float:
        return self.limits.operation_s if change.operation_s is None else change.operation_s

    def _patiently(self, attempted: str, call: Callable[[], _Answer]) -> _Answer:
        """Call, and again after each refusal for quota, until the limit."""
        limits = self.limits
        deadline = self._clock.monotonic() + limits.quota_s
        longest = limits.first_backoff_s
        while True:
            try:
                with translated(attempted):
                    return call()
            except QuotaError as error:
                pause = demanded_delay(error) or SystemRandom().uniform(longest / 2, longest)
                if self._clock.monotonic() + pause > deadline:
                    raise
            self._clock.wait(pause)
            longest = min(longest * 2, limits.longest_backoff_s)


def operation_error(service: str, error: Any) -> CloudError:
    """Return the gate's error for an operation that ended with `error`: a conflict when it was superseded."""
    label = code_pb2.Code.Name(error.code) if error.code in code_pb2.Code.values() else "UNKNOWN"
    cause = f"{service}: the operation failed with code {error.code} {label}: {error.message}"
    if error.code == code_pb2.ABORTED:
        return ConflictError(cause)
    return OperationFailedError(cause, next_step="the last serving state is kept; choose another revision")
