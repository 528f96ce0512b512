"""The one seam where errors of Google's client libraries become errors of the gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.rpc import error_details_pb2

from gates.errors import (
    CloudError,
    ConfigurationError,
    ConflictError,
    DeniedError,
    GateError,
    NotFoundError,
    QuotaError,
    UnavailableError,
)

MEANING: Mapping[type[Exception], type[GateError]] = MappingProxyType(
    {
        api.NotFound: NotFoundError,
        api.Conflict: ConflictError,
        # A name that is taken stays taken: reading again and writing again would end the same way.
        api.AlreadyExists: CloudError,
        api.PreconditionFailed: ConflictError,
        api.Forbidden: DeniedError,
        api.Unauthorized: DeniedError,
        api.TooManyRequests: QuotaError,
        api.Cancelled: UnavailableError,
        api.ServerError: UnavailableError,
        api.RetryError: UnavailableError,
        # Refused before anything was done, unlike the other server errors.
        api.MethodNotImplemented: CloudError,
        api.GoogleAPIError: CloudError,
        auth.DefaultCredentialsError: ConfigurationError,
        auth.TransportError: UnavailableError,
        auth.GoogleAuthError: DeniedError,
    }
)
"""What an error means; the nearest ancestor that is listed counts."""

_NEXT_STEP: Mapping[type[GateError], str] = MappingProxyType(
    {
        NotFoundError: "check project, region and name in the environment's document",
        ConflictError: "read the service again and decide again",
        DeniedError: "grant run.services.get, run.services.update, run.revisions.list, run.operations.get",
        QuotaError: "wait a minute, or ask for a higher write quota of the region",
        UnavailableError: "read the service again: the outcome is unknown",
        ConfigurationError: "run `gcloud auth application-default login`, or set endpoints",
    }
)


def gate_error(error: Exception, attempted: str) -> GateError:
    """Return the gate's error for an error of Google's libraries; `attempted` says what was tried."""
    kind = next(MEANING[ancestor] for ancestor in type(error).__mro__ if ancestor in MEANING)
    code = getattr(error, "grpc_status_code", None)
    label = code.name if code is not None else type(error).__name__
    message = getattr(error, "message", None) or str(error)
    return kind(f"could not {attempted}: {label}: {message}", next_step=_NEXT_STEP.get(kind, ""))


@contextmanager
def translated(attempted: str) -> Iterator[None]:
    """Raise the gate's errors instead of Google's.

    Raises:
        CloudError: the call failed; the subclass says how.
        ConfigurationError: there are no credentials.
    """
    try:
        yield
    except (api.GoogleAPIError, auth.GoogleAuthError) as error:
        raise gate_error(error, attempted) from error


def demanded_delay(error: GateError) -> float | None:
    """Return the seconds that the server asked to wait (google.rpc.RetryInfo), or None."""
    for detail in getattr(error.__cause__, "details", None) or ():
        if isinstance(detail, error_details_pb2.RetryInfo):
            return float(detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9)
    return None
