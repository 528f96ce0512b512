"""What the gate's own account may do, as the cloud's testIamPermissions says; asking needs no permission."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from google.api_core import exceptions as api

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.errors import CloudError
from gates.model.platform import Environment

_SECONDS = 10.0


class IamPermissions:
    """The port `Grants` for one environment."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def of_project(self, permissions: Sequence[str]) -> frozenset[str]:
        """Return those of the permissions that the account has on the project.

        Raises:
            CloudError: the cloud does not answer.
            ConfigurationError: there are no default credentials.
        """
        project = f"projects/{self._environment.project}"
        try:
            with translated(f"ask for the permissions on {project}"):
                return self._tested(self._projects, project, permissions)
        except CloudError as error:
            step = "see that cloudresourcemanager.googleapis.com is enabled and the project is right"
            raise type(error)(error.cause, next_step=step) from error

    def has_on_service(self, service: str, permission: str) -> bool:
        """Whether the account has a permission on a service; raise CloudError."""
        place = self._environment
        name = f"projects/{place.project}/locations/{place.region}/services/{place.cloud_run_name(service)}"
        return self._has(self._services, name, permission)

    def has_on_secret(self, secret: str, permission: str) -> bool:
        """Whether the account has a permission on a secret; raise CloudError."""
        return self._has(self._secrets, secret, permission)

    def _has(self, client: Any, resource: str, permission: str) -> bool:
        with translated(f"ask for the permissions on {resource}"):
            try:
                return permission in self._tested(client, resource, (permission,))
            # The permission cannot be granted on such a resource, or the resource is not asked for any.
            except (api.InvalidArgument, api.MethodNotImplemented, api.NotFound, api.Forbidden):
                return False

    @staticmethod
    def _tested(client: Any, resource: str, permissions: Sequence[str]) -> frozenset[str]:
        request = {"resource": resource, "permissions": list(permissions)}
        return frozenset(client.test_iam_permissions(request=request, timeout=_SECONDS).permissions)

    @cached_property
    def _projects(self) -> Any:
        from google.cloud import resourcemanager_v3  # noqa: PLC0415 - only who asks pays for the client

        return connect(resourcemanager_v3.ProjectsClient, self._environment.endpoints.apis_grpc)

    @cached_property
    def _services(self) -> Any:
        from google.cloud import run_v2  # noqa: PLC0415 - as above

        return connect(run_v2.ServicesClient, self._environment.endpoints.run_grpc)

    @cached_property
    def _secrets(self) -> Any:
        from google.cloud import secretmanager_v1  # noqa: PLC0415 - as above

        return connect(secretmanager_v1.SecretManagerServiceClient, self._environment.endpoints.apis_grpc)
