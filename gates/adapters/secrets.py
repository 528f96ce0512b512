"""Resolves references to secrets; the documents and the target hold references only."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from gates.adapters.machine.settings import from_root
from gates.errors import ConfigurationError


def resolve(reference: str, *, endpoint: str | None = None) -> dict[str, Any]:
    """Return the JSON object that a reference leads to.

    `env:NAME` is a variable, `file:PATH#KEY` an entry of a file, `secret:projects/P/secrets/S/versions/N` a
    version in Secret Manager: the cloud's, or the one at `endpoint` for a local platform.

    Raises:
        ConfigurationError: the reference is ill-formed or leads to nothing; the message never holds a value.
    """
    scheme, _, rest = reference.partition(":")
    if scheme == "env" and rest:
        return _object(os.environ.get(rest), reference, f"set the environment variable {rest}")
    if scheme == "file" and "#" in rest:
        path, _, key = rest.rpartition("#")
        file = from_root(path)
        try:
            entries = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"the secrets file {file} cannot be read: {type(error).__name__}",
                next_step="is the environment up? the file is written when it starts",
            ) from error
        entry = entries.get(key) if isinstance(entries, dict) else None
        return _object(json.dumps(entry) if entry is not None else None, reference, f"add {key} to {file}")
    if scheme == "secret" and rest:
        from gates.adapters.google.secret_store import read  # noqa: PLC0415 - only these pay for the cloud's client

        return _object(read(rest, endpoint=endpoint), reference, "")
    raise ConfigurationError(
        f"{reference!r} is not a reference to a secret",
        next_step="write env:NAME, file:PATH#KEY or secret:projects/P/secrets/S/versions/N",
    )


def sensitive_values(secret: Mapping[str, object]) -> set[str]:
    """Return the values of a secret that must never be written: passwords, shared secrets, private keys."""
    jwk = secret.get("jwk")
    private = jwk.get("d") if isinstance(jwk, dict) else None
    values = [private, *(secret.get(key) for key in ("password", "totp_secret", "client_secret"))]
    return {value for value in values if isinstance(value, str)}


def sensitive(references: Iterable[str], *, endpoint: str | None = None) -> tuple[str, ...]:
    """Return the sensitive values behind all references that lead to something, in a fixed order."""
    found: set[str] = set()
    for reference in references:
        with suppress(ConfigurationError):
            found |= sensitive_values(resolve(reference, endpoint=endpoint))
    return tuple(sorted(found))


def _object(text: str | None, reference: str, next_step: str) -> dict[str, Any]:
    if text is None:
        raise ConfigurationError(f"the secret {reference} is not there", next_step=next_step)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(
            f"the secret {reference} is not JSON", next_step="write one JSON object"
        ) from error
    if not isinstance(value, dict):
        raise ConfigurationError(
            f"the secret {reference} is not a JSON object", next_step="write one JSON object"
        )
    return value
