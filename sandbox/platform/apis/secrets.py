"""Secret Manager: secrets, their numbered versions, and the values that instances get."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from google.cloud import secretmanager_v1
from google.protobuf import timestamp_pb2

from sandbox.kit import seed
from sandbox.kit.settings import Settings
from sandbox.platform.admin.messages import now
from sandbox.platform.api_errors import ApiError, Code, Violation, invalid, not_found
from sandbox.platform.contract import StartError
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.requests import require_project

IN_VAULT: Final = "synthetic-stranger"
"""The test identity whose secret is in the vault, as all of them are in a real environment."""
_VERSION: Final = re.compile(r"(projects/[^/]+)/secrets/([^/]+)/versions/([^/]+)")
_STATE: Final = secretmanager_v1.SecretVersion.State


@dataclass(slots=True)
class Version:
    """One value of a secret."""

    value: bytes
    state: int = _STATE.ENABLED.value
    created_at: timestamp_pb2.Timestamp = field(default_factory=now)


class Vault:
    """All secrets of the project, by short name; versions are numbered from 1."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.secrets: dict[str, list[Version]] = {}

    def add(self, secret: str, value: str) -> None:
        self.secrets.setdefault(secret, []).append(Version(value.encode()))

    def read(self, secret: str, version: str) -> str:
        """Return a value for an instance.

        Raises:
            StartError: there is no such version, or it is disabled.
        """
        try:
            found, number = self.find(secret, version)
        except ApiError as error:
            raise StartError(error.message) from error
        if found.state != _STATE.ENABLED:
            raise StartError(f"Secret {secret}/versions/{number} is not enabled.")
        return found.value.decode()

    def find(self, secret: str, version: str) -> tuple[Version, int]:
        """Return a version and its number; `latest` is the newest one. Raise ApiError NOT_FOUND."""
        versions = self.secrets.get(secret, [])
        number = len(versions) if version == "latest" else int(version) if version.isdigit() else 0
        if not 1 <= number <= len(versions):
            raise not_found("SECRET_VERSION", f"projects/{self.project}/secrets/{secret}/versions/{version}")
        return versions[number - 1], number

    def switch(self, secret: str, version: str, *, is_enabled: bool) -> None:
        state = _STATE.ENABLED if is_enabled else _STATE.DISABLED
        self.find(secret, version)[0].state = state.value


def seeded(project: str) -> Vault:
    """Return the vault that a sandbox is born with: a client secret per service, and a test identity."""
    vault = Vault(project)
    known = seed.identities(Settings(service="auth-service"))
    vault.add(f"gate-{IN_VAULT}", json.dumps(known[IN_VAULT]))
    for client in seed.clients():
        vault.add(f"{client.id}-client-secret", client.secret)
    return vault


class SecretManager:
    """The calls of the API."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def tables(self) -> dict[str, Methods]:
        api = secretmanager_v1
        return {
            "google.cloud.secretmanager.v1.SecretManagerService": {
                "GetSecretVersion": (api.GetSecretVersionRequest.pb(), self.get_version),
                "AccessSecretVersion": (api.AccessSecretVersionRequest.pb(), self.access_version),
            }
        }

    def offer(self, board: Disturbances) -> None:
        secret = "auth-service-client-secret"
        board.offer(
            "secret-disabled",
            f"The version of {secret} that auth-service is pinned to is disabled",
            ("SEC-05",),
            lambda is_wrong: self._vault.switch(secret, "1", is_enabled=not is_wrong),
        )

    def get_version(self, request: Any, _caller: str) -> Any:
        secret, version = self._named(request.name)
        found, number = self._vault.find(secret, version)
        message = secretmanager_v1.SecretVersion.pb()(name=self._path(secret, number), state=found.state)
        message.create_time.CopyFrom(found.created_at)
        return message

    def access_version(self, request: Any, _caller: str) -> Any:
        """Return a version's value; raise ApiError FAILED_PRECONDITION when it is disabled."""
        secret, version = self._named(request.name)
        found, number = self._vault.find(secret, version)
        if found.state != _STATE.ENABLED:
            raise ApiError(Code.FAILED_PRECONDITION, f"Secret version {number} of {secret} is not enabled.")
        answer = secretmanager_v1.AccessSecretVersionResponse.pb()(name=self._path(secret, number))
        answer.payload.data = found.value
        return answer

    def _named(self, name: str) -> tuple[str, str]:
        """Return the secret and the version that a resource name means; raise ApiError."""
        match = _VERSION.fullmatch(name)
        if match is None:
            raise invalid([Violation("name", f"'{name}' is not the name of a version of a secret")])
        require_project(match[1], self._vault.project)
        if match[2] not in self._vault.secrets:
            raise not_found("SECRET", f"{match[1]}/secrets/{match[2]}")
        return match[2], match[3]

    def _path(self, secret: str, number: int) -> str:
        return f"projects/{self._vault.project}/secrets/{secret}/versions/{number}"
