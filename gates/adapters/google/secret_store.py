"""Secret Manager: the values of pinned versions, read through Google's own client."""

from __future__ import annotations

from typing import Any

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.errors import CloudError, ConfigurationError

_READ_S = 10.0


def read(name: str, *, endpoint: str | None) -> str:
    """Return the value of a version, `projects/P/secrets/S/versions/N`.

    Raises:
        ConfigurationError: it is not there, disabled, or may not be read; the message never holds a value.
    """
    try:
        with translated(f"read {name}"):
            answer = _client(endpoint).access_secret_version(name=name, timeout=_READ_S, retry=None)
    except CloudError as error:
        step = "grant secretmanager.versions.access, and see that the version is enabled"
        raise ConfigurationError(error.cause, next_step=step) from error
    return bytes(answer.payload.data).decode("utf-8", errors="replace")


def _client(endpoint: str | None) -> Any:
    from google.cloud import secretmanager_v1  # noqa: PLC0415 - only a read pays for the client

    return connect(secretmanager_v1.SecretManagerServiceClient, endpoint)
