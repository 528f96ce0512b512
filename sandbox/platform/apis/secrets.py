"""Secret Manager: secrets, their numbered versions, and the values that instances get."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from google.cloud import secretmanager_v1
from google.protobuf import timestamp_pb2

from sandbox.kit import seed
from sandbox.kit.settings import Settings
from sandbox.platform.admin import paging
from sandbox.platform.admin.messages import now
from sandbox.platform.api_errors import ApiError, Code, Violation, invalid, not_found
from sandbox.platform.contract import StartError
from sandbox.platform.disturbances import Disturbance, Disturbances
from sandbox.platform.grpc_methods import Methods

IN_VAULT: Final = "synthetic-stranger"
"""The test identity whose secret is in the vault, as all of them are in a real environment."""
SERVICE: Final = "google.cloud.secretmanager.v1.SecretManagerService"
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
        """Add a version, and the secret with its first one."""
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
        """Enable or disable a version."""
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

    def methods(self) -> Methods:
        """Return the table of the API's methods."""
        api = secretmanager_v1
        return {
            "ListSecrets": (api.ListSecretsRequest.pb(), self.list_secrets),
            "GetSecret": (api.GetSecretRequest.pb(), self.get_secret),
            "ListSecretVersions": (api.ListSecretVersionsRequest.pb(), self.list_versions),
            "GetSecretVersion": (api.GetSecretVersionRequest.pb(), self.get_version),
            "AccessSecretVersion": (api.AccessSecretVersionRequest.pb(), self.access_version),
            "AddSecretVersion": (api.AddSecretVersionRequest.pb(), self.add_version),
            "EnableSecretVersion": (api.EnableSecretVersionRequest.pb(), self.enable_version),
            "DisableSecretVersion": (api.DisableSecretVersionRequest.pb(), self.disable_version),
        }

    def list_secrets(self, request: Any, _caller: str) -> Any:
        """Return a page of the secrets, by name."""
        self._require_project(request.parent)
        found, token = paging.page(
            sorted(self._vault.secrets), of=request.parent, size=request.page_size, token=request.page_token
        )
        return secretmanager_v1.ListSecretsResponse.pb()(
            secrets=[self._secret(name) for name in found],
            next_page_token=token,
            total_size=len(self._vault.secrets),
        )

    def get_secret(self, request: Any, _caller: str) -> Any:
        """Return one secret."""
        return self._secret(self._named(request.name)[0])

    def list_versions(self, request: Any, _caller: str) -> Any:
        """Return a page of the versions, newest first."""
        secret, _ = self._named(request.parent)
        numbers = range(len(self._vault.secrets[secret]), 0, -1)
        found, token = paging.page(
            list(numbers), of=request.parent, size=request.page_size, token=request.page_token
        )
        return secretmanager_v1.ListSecretVersionsResponse.pb()(
            versions=[self._version(secret, str(number)) for number in found], next_page_token=token
        )

    def get_version(self, request: Any, _caller: str) -> Any:
        """Return one version without its value."""
        return self._version(*self._named(request.name))

    def access_version(self, request: Any, _caller: str) -> Any:
        """Return a version's value; raise ApiError FAILED_PRECONDITION when it is disabled."""
        secret, version = self._named(request.name)
        found, number = self._vault.find(secret, version)
        if found.state != _STATE.ENABLED:
            raise ApiError(Code.FAILED_PRECONDITION, f"Secret version {number} of {secret} is not enabled.")
        answer = secretmanager_v1.AccessSecretVersionResponse.pb()(name=self._path(secret, number))
        answer.payload.data = found.value
        return answer

    def add_version(self, request: Any, _caller: str) -> Any:
        """Add a version with the value in the request."""
        secret, _ = self._named(request.parent)
        self._vault.secrets[secret].append(Version(request.payload.data))
        return self._version(secret, "latest")

    def enable_version(self, request: Any, _caller: str) -> Any:
        """Let a version be read again."""
        return self._switched(request.name, is_enabled=True)

    def disable_version(self, request: Any, _caller: str) -> Any:
        """Refuse to hand a version out until it is enabled again."""
        return self._switched(request.name, is_enabled=False)

    def _switched(self, name: str, *, is_enabled: bool) -> Any:
        secret, version = self._named(name)
        self._vault.switch(secret, version, is_enabled=is_enabled)
        return self._version(secret, version)

    def _named(self, name: str) -> tuple[str, str]:
        """Return the secret and the version (empty for none) that a resource name means; raise ApiError."""
        parts = name.split("/")
        if len(parts) not in (4, 6) or parts[::2] != ["projects", "secrets", "versions"][: len(parts) // 2]:
            raise invalid([Violation("name", f"'{name}' is not the name of a secret or a version")])
        self._require_project(f"projects/{parts[1]}")
        if parts[3] not in self._vault.secrets:
            raise not_found("SECRET", f"projects/{self._vault.project}/secrets/{parts[3]}")
        return parts[3], parts[5] if len(parts) == 6 else ""

    def _require_project(self, parent: str) -> None:
        if parent != f"projects/{self._vault.project}":
            raise ApiError(Code.PERMISSION_DENIED, f"Permission denied on resource {parent}.")

    def _secret(self, name: str) -> Any:
        secret = secretmanager_v1.Secret.pb()(name=f"projects/{self._vault.project}/secrets/{name}")
        secret.replication.automatic.SetInParent()
        secret.create_time.CopyFrom(self._vault.secrets[name][0].created_at)
        return secret

    def _version(self, secret: str, version: str) -> Any:
        found, number = self._vault.find(secret, version)
        message = secretmanager_v1.SecretVersion.pb()(name=self._path(secret, number), state=found.state)
        message.create_time.CopyFrom(found.created_at)
        return message

    def _path(self, secret: str, number: int) -> str:
        return f"projects/{self._vault.project}/secrets/{secret}/versions/{number}"


def offer(board: Disturbances, vault: Vault) -> None:
    """Offer what can be wrong with the secrets."""
    secret = "auth-service-client-secret"
    board.offer(
        Disturbance(
            name="secret-disabled",
            summary=f"The version of {secret} that auth-service is pinned to is disabled",
            criteria=("SEC-05",),
            break_it=lambda: vault.switch(secret, "1", is_enabled=False),
            mend_it=lambda: vault.switch(secret, "1", is_enabled=True),
        )
    )
