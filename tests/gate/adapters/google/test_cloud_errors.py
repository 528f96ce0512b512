"""Every error of Google's libraries has a meaning here."""

from __future__ import annotations

import inspect

import pytest
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from gates.adapters.google.cloud_errors import MEANING, gate_error, translated
from gates.errors import CloudError, ConfigurationError, DeniedError, UnavailableError

EXPECTED = {
    "NotFoundError": {"NotFound"},
    "ConflictError": {"Conflict", "Aborted", "PreconditionFailed"},
    "DeniedError": {"Forbidden", "PermissionDenied", "Unauthorized", "Unauthenticated"},
    "QuotaError": {"TooManyRequests", "ResourceExhausted"},
    "UnavailableError": {
        "Cancelled",
        "ServerError",
        "InternalServerError",
        "Unknown",
        "DataLoss",
        "BadGateway",
        "ServiceUnavailable",
        "GatewayTimeout",
        "DeadlineExceeded",
        "RetryError",
    },
    "CloudError": {
        "AlreadyExists",
        "BadRequest",
        "ClientError",
        "DuplicateCredentialArgs",
        "FailedPrecondition",
        "GoogleAPICallError",
        "GoogleAPIError",
        "InvalidArgument",
        "LengthRequired",
        "MethodNotAllowed",
        "MethodNotImplemented",
        "MissingStatusHeaderError",
        "MovedPermanently",
        "NotModified",
        "OutOfRange",
        "Redirection",
        "RequestRangeNotSatisfiable",
        "ResumableTransferError",
        "ResumeIncomplete",
        "TemporaryRedirect",
        "TransferStalledError",
        "UnseekableStreamError",
        "UploadCancelledError",
    },
}


def api_errors() -> dict[str, type[Exception]]:
    """Return every error class that google.api_core may raise."""
    return {
        name: kind
        for name, kind in vars(api).items()
        if inspect.isclass(kind) and issubclass(kind, Exception) and issubclass(kind, api.GoogleAPIError)
    }


def meaning(kind: type[Exception]) -> str:
    """Return the name of the gate's error for a class of Google's."""
    return next(MEANING[ancestor].__name__ for ancestor in kind.__mro__ if ancestor in MEANING)


def test_the_map_is_complete() -> None:
    """Each class of the installed library is listed with its meaning; a new one must be thought about."""
    found: dict[str, set[str]] = {}
    for name, kind in api_errors().items():
        found.setdefault(meaning(kind), set()).add(name)
    assert found == EXPECTED


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (auth.DefaultCredentialsError("none"), ConfigurationError),
        (auth.RefreshError("expired"), DeniedError),
        (auth.TransportError("no route"), UnavailableError),
        (auth.GoogleAuthError("odd"), DeniedError),
    ],
)
def test_credentials_have_their_own_errors(error: Exception, kind: type[Exception]) -> None:
    """Missing credentials are a configuration matter, refused ones are denied, no route is no answer."""
    with pytest.raises(kind), translated("read a"):
        raise error


def test_the_message_says_what_was_tried_and_what_came_back() -> None:
    """Attempt, status and the cloud's own words are in the cause; a next step follows."""
    error = gate_error(api.PermissionDenied("run.services.update"), "move the traffic of a")
    assert error.cause == "could not move the traffic of a: PERMISSION_DENIED: run.services.update"
    assert "run.services.update" in error.next_step


def test_other_errors_pass_through() -> None:
    """A defect of ours is not the cloud's fault."""
    with pytest.raises(ZeroDivisionError), translated("read a"):
        raise ZeroDivisionError
    assert not issubclass(ZeroDivisionError, CloudError)
